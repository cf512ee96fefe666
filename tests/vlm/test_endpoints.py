"""Which server is asked, for how long, and what happens when it fails."""

import shutil
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.errors import EngineBusyError, EngineError, SettingsError, TemporaryError
from idolens.settings import ChatSettings
from idolens.vlm.endpoints import (
    EndpointDownError,
    MissingError,
    RefusedError,
    open_fleet,
)
from idolens.vlm.endpoints.breaker import LONGEST_REST_S, Breaker
from idolens.vlm.endpoints.endpoint import split
from idolens.vlm.endpoints.failures import from_status, retry_after_s, words_of
from idolens.vlm.endpoints.privacy import refuse_public
from idolens.vlm.endpoints.together import together
from tests.vlm.servers.engines import QUICK
from tests.vlm.servers.listening import Call, Said, listen


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Echo:
    """Answers what it is sent."""

    def handle(self, call: Call) -> Said:
        if call.method == "GET":
            return Said(200, {"status": "ok"})
        return Said(200, {"got": call.body})


@contextmanager
def fleet_of(*servers, **settings):
    urls = tuple(server.url for server in servers)
    fleet = open_fleet(
        ChatSettings(endpoints=urls, **(QUICK | settings)), "chat", allow_public=False
    )
    try:
        yield fleet
    finally:
        fleet.close()


def ask(fleet, content=b"{}", affinity="", seconds=10.0):
    until = time.monotonic() + seconds
    return fleet.run(
        lambda: fleet.pool.ask(
            lambda endpoint: endpoint.post("/x", content, _got),
            affinity=affinity,
            until=until,
        )
    )


def _got(told):
    if "got" not in told:
        raise ValueError("no answer in it")
    return told["got"]


def times(count, said):
    """Say ``said`` to the first ``count`` calls."""
    return lambda number, _: said if number < count else None


# The breaker


def test_the_breaker_opens_rests_and_tries_once():
    """Three failures open it; after the rest one request may try, and only one."""
    clock = Clock()
    breaker = Breaker(failures=3, rest_s=2.0, clock=clock)
    for _ in range(3):
        assert breaker.may_ask
        breaker.asks()
        breaker.failed()

    assert (breaker.state, breaker.may_ask, breaker.ready_in_s) == ("open", False, 2.0)
    clock.now += 2.0
    assert (breaker.state, breaker.may_ask) == ("half_open", True)
    breaker.asks()
    assert not breaker.may_ask
    breaker.succeeded()
    assert (breaker.state, breaker.may_ask) == ("closed", True)


def test_each_failed_trial_doubles_the_rest_up_to_a_minute():
    """2, 4, 8 … 60 seconds; stragglers that fail meanwhile do not count."""
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=2.0, clock=clock)
    rests = []
    for _ in range(8):
        breaker.asks()
        breaker.failed()
        breaker.failed()  # asked before it opened
        rests.append(breaker.ready_in_s)
        clock.now += breaker.ready_in_s

    assert rests == [2.0, 4.0, 8.0, 16.0, 32.0, *[LONGEST_REST_S] * 3]


def test_a_busy_server_is_not_a_broken_one():
    """Being told to wait never opens the breaker."""
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=2.0, clock=clock)

    breaker.asks()
    breaker.rests(7.0)

    assert (breaker.state, breaker.may_ask, breaker.ready_in_s) == ("closed", False, 7)
    clock.now += 7.0
    assert breaker.may_ask


def test_an_asker_that_leaves_frees_the_trial():
    """A cancelled trial is no verdict: the next may try."""
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=1.0, clock=clock)
    breaker.failed()
    clock.now += 1.0
    breaker.asks()
    breaker.left()

    assert breaker.may_ask


@given(st.lists(st.sampled_from(["asks", "succeeded", "failed", "left", "wait"])))
def test_the_breaker_never_locks_a_server_out(events):
    """Whatever happens, within a minute somebody may ask again."""
    clock = Clock()
    breaker = Breaker(failures=2, rest_s=1.0, clock=clock)
    asking = 0
    for event in events:
        if event == "wait":
            clock.now += 1.0
        elif event == "asks":
            if breaker.may_ask:
                breaker.asks()
                asking += 1
        elif asking:
            getattr(breaker, event)()
            asking -= 1
    for _ in range(asking):
        breaker.failed()

    assert breaker.ready_in_s <= LONGEST_REST_S
    clock.now += LONGEST_REST_S
    assert breaker.may_ask


# What failures mean


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (401, EngineError),
        (403, EngineError),
        (404, MissingError),
        (413, RefusedError),
        (422, RefusedError),
        (429, EngineBusyError),
        (500, EndpointDownError),
        (501, RefusedError),
        (502, EndpointDownError),
        (503, EngineBusyError),
        (504, EndpointDownError),
        (302, EngineError),
        (522, EndpointDownError),
    ],
)
def test_statuses_say_whether_to_try_again(status, kind):
    """Every status is an error of ours, with the server's words and its address."""
    error = from_status(status, {}, b'{"error": {"message": "why"}}', "http://gpu/v1")

    assert type(error) is kind
    passes = kind in (EngineBusyError, EndpointDownError)
    assert isinstance(error, TemporaryError) == passes
    for language in ("zh", "en"):
        assert "http://gpu/v1" in error.within(language)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "m", "code": 1}}', "m"),
        (b'{"error": "e"}', "e"),
        (b'{"message": "m"}', "m"),
        (b'{"detail": [{"msg": "x"}]}', '[{"msg": "x"}]'),
        (b"<html>", "<html>"),
        (b"", ""),
        (b"\xff", "\ufffd"),
        (b"[1]", "[1]"),
    ],
)
def test_the_servers_words_are_found(body, words):
    """Each framework hides its message elsewhere."""
    assert words_of(body) == words


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value, seconds):
    """Both forms of the standard; nonsense is as if it were not there."""
    assert retry_after_s({"retry-after": value}, now=1795435200.0) == seconds


@pytest.mark.parametrize(
    ("address", "api", "root"),
    [
        ("http://gpu:8000", "http://gpu:8000/v1", "http://gpu:8000"),
        ("http://gpu:8000/", "http://gpu:8000/v1", "http://gpu:8000"),
        ("http://gpu:8000/v1/", "http://gpu:8000/v1", "http://gpu:8000"),
        (
            "https://a.cn/api/paas/v4",
            "https://a.cn/api/paas/v4",
            "https://a.cn/api/paas/v4",
        ),
        ("http://[::1]:8/v1", "http://[::1]:8/v1", "http://[::1]:8"),
    ],
)
def test_an_address_may_end_in_v1_or_not(address, api, root):
    """The API's address, and that of what stands beside it."""
    assert split(address) == (api, root)


@pytest.mark.parametrize(
    "address", ["", "gpu:8000", "ftp://gpu", "http://", "http://gpu:x", "http://g?a=1"]
)
def test_what_is_no_address_is_refused_at_once(address):
    """The message shows how an address looks."""
    with pytest.raises(EngineError, match=r"http://10\.0\.0\.5:8000/v1"):
        open_fleet(ChatSettings(endpoints=(address,)), "chat", allow_public=True)


def test_no_server_is_named_so():
    """The setting to fill in is named."""
    with pytest.raises(SettingsError, match=r"chat\.endpoints"):
        open_fleet(ChatSettings(), "chat", allow_public=True)


# Privacy


@pytest.mark.parametrize("host", ["8.8.8.8", "[2001:4860:4860::8888]", "1.2.3.4:8000"])
def test_pictures_do_not_leave_the_house(host):
    """A public address is refused before anything is sent."""
    with pytest.raises(SettingsError, match="allow_public_engine"):
        refuse_public(f"http://{host}/v1")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.4",
        "[::1]",
        "[fd00::1]",
        "localhost",
        "g.lan",
    ],
)
def test_the_house_is_the_house(host):
    """Private addresses and names are fine."""
    refuse_public(f"http://{host}:8000/v1")


def test_a_name_that_moves_out_takes_no_picture_along(monkeypatch):
    """In the house when it was judged, out of it when a picture is to be sent."""
    answers = ["10.0.0.5", "8.8.8.8"]

    def look_up(_host, port, **_):
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, 0, 0, "", (answer, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    there = ChatSettings(endpoints=("http://gpu.studio.cn:8000",), **QUICK)
    fleet = open_fleet(there, "chat", allow_public=False)
    try:
        with pytest.raises(EndpointDownError, match="outside the house"):
            ask(fleet)
    finally:
        fleet.close()


# Retries, routing, deadline


def test_an_answer_comes_through():
    """JSON in, JSON out, with the key in the header and nothing compressed."""
    with listen(Echo()) as server, fleet_of(server, api_key="geheim") as fleet:
        assert ask(fleet, b'{"a": 1}') == {"a": 1}

    (call,) = server.calls
    assert call.path == "/v1/x"
    assert call.headers["authorization"] == "Bearer geheim"
    assert call.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "said",
    [
        Said(500, {"error": "boom"}),
        Said(502, "bad gateway"),
        Said(fault="reset"),
        Said(fault="half"),
        Said(fault="not_json"),
        Said(fault="wrong_json"),
        Said(429, {}, {"retry-after": "0.05"}),
        Said(503, {}, {"retry-after": "0.05"}),
    ],
    ids=lambda said: said.fault or str(said.status),
)
def test_what_may_pass_is_tried_again(said):
    """One bad answer costs a little time and nothing else."""
    with listen(Echo(), times(1, said)) as server, fleet_of(server) as fleet:
        assert ask(fleet, b"7") == 7

    assert len(server.calls) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_what_will_not_pass_is_not_tried_again(status):
    """A refusal is said once."""
    kind = EngineError if status in (401, 404) else RefusedError
    with (
        listen(Echo(), times(9, Said(status, {}))) as server,
        fleet_of(server) as fleet,
        pytest.raises(kind),
    ):
        ask(fleet)

    assert len(server.calls) == 1


@pytest.mark.parametrize("fault", ["slow_loris", "slow_head", "hang"])
def test_a_slow_answer_is_cut_and_asked_elsewhere(fault):
    """A byte now and then does not keep a question waiting beyond request_s."""
    slow = Said(fault=fault)
    with (
        listen(Echo(), times(99, slow)) as bad,
        listen(Echo()) as good,
        fleet_of(bad, good, request_s=0.5) as fleet,
    ):
        begin = time.monotonic()
        answers = [ask(fleet, b"1", affinity=str(at)) for at in range(6)]

    assert answers == [1] * 6
    assert bad.calls
    assert time.monotonic() - begin < 30


def test_the_deadline_holds_whatever_the_server_does():
    """An answer that never ends is over at the deadline, with a temporary error."""
    with (
        listen(Echo(), times(99, Said(fault="hang"))) as server,
        fleet_of(server, request_s=30) as fleet,
    ):
        begin = time.monotonic()
        with pytest.raises(EndpointDownError, match="deadline"):
            ask(fleet, seconds=0.4)
        took = time.monotonic() - begin

    assert took < 15


def test_retry_after_is_waited_for():
    """Half a second asked for, half a second waited."""
    busy = Said(429, {}, {"retry-after": "0.5"})
    with listen(Echo(), times(1, busy)) as server, fleet_of(server) as fleet:
        begin = time.monotonic()
        assert ask(fleet, b"1") == 1

    assert time.monotonic() - begin >= 0.5


def test_a_wait_beyond_the_deadline_is_not_begun():
    """What cannot be in time is said at once."""
    busy = Said(503, {}, {"retry-after": "30"})
    with listen(Echo(), times(9, busy)) as server, fleet_of(server) as fleet:
        begin = time.monotonic()
        with pytest.raises(EngineBusyError) as raised:
            ask(fleet, seconds=20)
        took = time.monotonic() - begin

    assert took < 15
    assert raised.value.delay_s == 30
    assert len(server.calls) == 1


def test_a_busy_server_sends_us_to_the_other_at_once():
    """Nobody waits while another server is free."""
    busy = Said(503, {}, {"retry-after": "20"})
    with (
        listen(Echo(), times(99, busy)) as full,
        listen(Echo()) as free,
        fleet_of(full, free) as fleet,
    ):
        begin = time.monotonic()
        assert [ask(fleet, b"1", affinity=str(at)) for at in range(8)] == [1] * 8

    assert time.monotonic() - begin < 15
    assert len(full.calls) == 1
    assert len(free.calls) == 8


def test_a_broken_server_is_left_alone():
    """After three failures it gets no questions until its rest is over."""
    broken = Said(500, {})
    with (
        listen(Echo(), times(9, broken)) as bad,
        listen(Echo()) as good,
        fleet_of(bad, good, rest_s=60.0) as fleet,
    ):
        assert [ask(fleet, b"1", affinity=str(at)) for at in range(20)] == [1] * 20
        (state,) = [
            one.breaker.state for one in fleet.pool.endpoints if one.address == bad.url
        ]

    assert len(bad.calls) == 3
    assert state == "open"


def test_a_server_that_is_back_is_asked_again():
    """The health check sees it before the rest is over."""
    with (
        listen(Echo(), times(3, Said(500, {}))) as server,
        fleet_of(server, attempts=3, rest_s=60.0, health_every_s=0.05) as fleet,
    ):
        with pytest.raises(EndpointDownError):
            ask(fleet, seconds=3)
        fleet.watch("/health")
        end = time.monotonic() + 30
        while fleet.pool.endpoints[0].breaker.state == "open":
            assert time.monotonic() < end
            time.sleep(0.02)

        assert ask(fleet, b"1", seconds=20) == 1


def test_a_server_that_falls_ill_is_noticed_without_a_question():
    """Health checks open the breaker of a server that nobody asks."""
    ill = Said(503, {})
    with (
        listen(Echo(), times(999, ill)) as server,
        fleet_of(server, health_every_s=0.02) as fleet,
    ):
        fleet.watch("/health")
        end = time.monotonic() + 20
        while fleet.pool.endpoints[0].breaker.state == "closed":
            assert time.monotonic() < end
            time.sleep(0.02)

    assert len(server.calls) >= 3


def test_the_same_picture_goes_to_the_same_server():
    """Affinity: every server gets its own pictures, and only those."""
    with listen(Echo()) as first, listen(Echo()) as second, listen(Echo()) as third:
        servers = (first, second, third)
        with fleet_of(*servers) as fleet:
            for _ in range(2):
                for number in range(40):
                    ask(fleet, str(number).encode(), affinity=f"picture {number}")

    seen = [[call.body for call in server.calls] for server in servers]
    assert all(seen)
    for bodies in seen:
        assert sorted(bodies) == sorted(list(set(bodies)) * 2)


def test_a_crowded_server_gives_pictures_away():
    """When one server has far more to do, the idlest one gets the question."""
    with (
        listen(Echo()) as first,
        listen(Echo()) as second,
        fleet_of(first, second) as fleet,
    ):
        pool = fleet.pool
        own = pool.choose("a picture")
        own.in_flight += 17
        other = pool.choose("a picture")
        own.in_flight -= 1
        again = pool.choose("a picture")

    assert other is not own
    assert again is own


def test_not_more_at_once_than_agreed():
    """at_once bounds what one server gets."""
    with (
        listen(Echo(), lambda *_: time.sleep(0.05)) as server,
        fleet_of(server, at_once=3) as fleet,
    ):
        until = time.monotonic() + 20

        async def one(_: int) -> None:
            await fleet.pool.ask(
                lambda endpoint: endpoint.post("/x", b"{}", _got),
                affinity="",
                until=until,
            )

        fleet.run(lambda: together(one, range(12)))

    assert len(server.calls) == 12
    assert server.most_at_once <= 3


def test_all_servers_down_is_temporary_and_named():
    """Nothing listens: the message names the address, and a job may try later."""
    with listen(Echo()) as server:
        url = server.url
    fleet = open_fleet(
        ChatSettings(endpoints=(url,), **(QUICK | {"attempts": 2})),
        "chat",
        allow_public=False,
    )
    with pytest.raises(EndpointDownError, match=url):
        ask(fleet, seconds=5)
    fleet.close()


def test_a_reply_without_end_is_not_kept():
    """More than any answer has is cut, not swallowed."""
    huge = Said(200, {"got": "x" * 9_000_000})
    with (
        listen(Echo(), times(9, huge)) as server,
        fleet_of(server, attempts=1) as fleet,
        pytest.raises(EndpointDownError, match="bytes"),
    ):
        ask(fleet)


def test_a_closed_fleet_says_so():
    """Asking after close is an error, not a hang."""
    with listen(Echo()) as server, fleet_of(server) as fleet:
        fleet.close()
        with pytest.raises(EngineError, match="closed"):
            ask(fleet)


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    """Pictures go where the settings say, not where HTTP_PROXY says."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with listen(Echo()) as server, fleet_of(server, attempts=1) as fleet:
        assert ask(fleet, b"1") == 1


def test_a_kept_connection_that_was_closed_is_no_failure():
    """A server that hangs up after each answer is asked again at once."""
    with (
        listen(
            Echo(), lambda number, _: Said(fault="reset") if number == 1 else None
        ) as server,
        fleet_of(server, attempts=1) as fleet,
    ):
        assert [ask(fleet, b"1") for _ in range(3)] == [1] * 3
        assert fleet.pool.endpoints[0].breaker.state == "closed"

    assert len(server.calls) == 4


# Certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that nobody has signed but itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, pem = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(pem)),
        ],
        check=True,
        capture_output=True,
    )
    return key, pem


@contextmanager
def secure(certificate):
    key, pem = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    with listen(Echo(), tls=context) as server:
        yield server


def test_a_certificate_that_nobody_trusts_is_refused(certificate):
    """At once, with the setting that would trust it, and not tried again."""
    with (
        secure(certificate) as server,
        fleet_of(server) as fleet,
        pytest.raises(EngineError, match="certificates"),
    ):
        ask(fleet)

    assert server.calls == []


def test_the_studios_own_authority_is_trusted_when_named(certificate):
    """The setting `certificates` names its file."""
    own = certificate[1]
    with secure(certificate) as server, fleet_of(server, certificates=own) as fleet:
        assert ask(fleet, b"1") == 1


def test_a_file_that_holds_no_certificate_is_named(tmp_path):
    """Before anything is sent."""
    wrong = tmp_path / "notes.pem"
    wrong.write_text("hello")

    with pytest.raises(EngineError, match=r"notes\.pem"):
        open_fleet(
            ChatSettings(endpoints=("https://127.0.0.1:1",), certificates=wrong),
            "chat",
            allow_public=False,
        )
