"""Standard Webhooks: signed, verified by the official library, honest in failure."""

import base64
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest

from idolens.errors import SettingsError
from idolens.outputs.delivery import (
    Delivered,
    Failed,
    Gone,
    again_in_s,
    sender_for,
    tries,
)
from idolens.outputs.delivery.posting import Post, retry_after_s
from idolens.outputs.delivery.schedule import WAITS_S
from idolens.outputs.delivery.webhook import WebhookSender
from idolens.settings.alerting import WebhookTarget
from tests.outputs.delivery.houses import open_house, said, webhook_house
from tests.outputs.delivery.letters import a_letter

OLD, NEW = (base64.b64encode(word * 24).decode() for word in (b"a", b"b"))


def sender(house, *secrets, **more):
    return WebhookSender(Post(f"{house.url}/hook", 5), secrets, **more)


@pytest.mark.parametrize("secret", [OLD, f"whsec_{OLD}"])
def test_the_official_library_verifies_it(secret):
    """Headers, time and signature are as the specification wants them."""
    with open_house(webhook_house(secret)) as house:
        assert sender(house, secret).send(a_letter("evt_9")) == Delivered("204")

    assert house.taken == ["alert.fired"]
    assert house.asked[0].headers["webhook-id"] == "evt_9"
    assert house.asked[0].headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("known", [OLD, NEW])
def test_a_secret_can_be_changed_without_a_gap(known):
    """While two are given, who knows either can verify."""
    with open_house(webhook_house(known)) as house:
        assert sender(house, NEW, OLD).send(a_letter()) == Delivered("204")
        assert len(house.asked[0].headers["webhook-signature"].split()) == 2


def test_a_wrong_secret_is_refused():
    """Whoever does not know the secret cannot make one up."""
    with open_house(webhook_house(OLD)) as house:
        assert sender(house, NEW).send(a_letter()) == Failed("401")


def test_time_is_told_in_utc_whatever_the_clocks_zone():
    """The official library takes any time for UTC; a zone must not shift it."""
    east = timezone(timedelta(hours=8))
    with open_house(webhook_house(OLD)) as house:
        chosen = sender(house, OLD, clock=lambda: datetime.now(east))

        assert chosen.send(a_letter()) == Delivered("204")
        stale = sender(
            house, OLD, clock=lambda: datetime.now(UTC) - timedelta(minutes=6)
        )
        assert stale.send(a_letter()) == Failed("401")


def test_every_answer_has_its_meaning():
    """Redirects are not followed, 410 ends it, Retry-After is heard."""
    replies = {
        (301, "location", "http://127.0.0.1:1/"): Failed("301"),
        (400, "x", "y"): Failed("400"),
        (410, "x", "y"): Gone("410"),
        (429, "retry-after", "120"): Failed("429", 120.0),
        (503, "retry-after", "nonsense"): Failed("503"),
        (202, "x", "y"): Delivered("202"),
    }
    with open_house(webhook_house(OLD)) as house:
        house.next_replies += [said({}, status, **{n: v}) for status, n, v in replies]
        chosen = sender(house, OLD)

        assert [chosen.send(a_letter()) for _ in replies] == list(replies.values())
        assert len(house.asked) == len(replies)


@contextmanager
def dripping(first: bytes, drop: bytes):
    """A server that answers, but never ends."""
    door = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve():
        peer, _ = door.accept()
        with peer:
            peer.recv(65536)
            try:
                peer.sendall(first)
                while not over.wait(0.02):
                    peer.sendall(drop)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        over.set()
        thread.join()
        door.close()


def test_a_server_that_drips_is_left_in_time():
    """Each byte comes in time, the whole does not: the time is for the whole."""
    with dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b"x") as url:
        assert Post(url, 0.3).send(b"{}") == Failed("timeout")


def test_a_server_that_floods_is_read_up_to_a_size():
    """What counts came first; the flood is left unread."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"
    with dripping(head, b"x" * 65536) as url:
        answer = Post(url, 20).send(b"{}")

    assert answer.status == 200
    assert answer.body == {}


def test_retry_after_may_be_a_date():
    """A date counts from now; one that is over, or none, is no wait."""
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

    assert retry_after_s("Mon, 23 Nov 2026 08:02:00 GMT", now) == 120
    assert retry_after_s("Mon, 23 Nov 2026 07:02:00 GMT", now) == 0
    assert retry_after_s("") == 0
    assert retry_after_s("-5") == 0


def test_the_schedule_is_the_recommended_one():
    """Ten tries, the first three within five minutes, the last after three days."""
    waits = [again_in_s(number, chance=0.0) for number in range(1, tries() + 1)]

    assert waits == [*WAITS_S[1:], None]
    assert tries() == 10
    assert 3 * 86400 <= sum(WAITS_S) <= 3.2 * 86400
    assert again_in_s(1, chance=1.0) == 5.5
    assert again_in_s(1, wait_s=90.0, chance=0.0) == 90
    assert again_in_s(3, wait_s=90.0, chance=0.0) == 1800
    assert again_in_s(1, wait_s=1e9, chance=0.0) == 86400
    assert again_in_s(10, wait_s=90.0) is None
    assert all(5.0 <= again_in_s(1) <= 5.5 for _ in range(50))


def test_a_secret_that_is_none_is_refused_by_name():
    """The message names the target and says how to make one, not the secret."""
    target = WebhookTarget(
        kind="webhook", name="ops", url="https://ops.lan/hook", secrets=("ü",)
    )
    with pytest.raises(SettingsError, match="'ops'") as caught:
        sender_for(target, 20)

    assert "ü" not in str(caught.value)
