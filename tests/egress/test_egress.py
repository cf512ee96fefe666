"""Nothing is sent but to hosts that the settings name, where they were found first."""

import ast
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.egress import ForbiddenError, Limit, Reach, async_client, client, side_of
from idolens.egress.reach import host_of

REFUSALS = (httpx2.ConnectError, httpx2.InvalidURL)
SOURCE = Path(__file__).parents[2] / "src" / "idolens"
METADATA = (
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "169.254.43518",
    "①⑥⑨.②⑤④.①⑥⑨.②⑤④",
    "[::ffff:169.254.169.254]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "0.0.0.0",  # noqa: S104 - an address like others
)
LOOPBACK = (
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "①②⑦.⓪.⓪.①",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[::127.0.0.1]",
)


class Names:
    """A name server that gives one answer after the other, and the last for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def server():
    """A server that sends /to?… on, says a lot at /much, and notes whom it hears."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append(self.headers["host"])
            to = self.path.partition("?")[2]
            self.send_response(302 if to else 200)
            if to:
                self.send_header("location", to)
            body = b"x" * (200_000 if self.path == "/much" else 2)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    heard: list[str] = []
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(
        target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    yield running.server_port, heard
    running.shutdown()
    running.server_close()


def asking(reach: Reach, **more: object) -> httpx2.Client:
    return client(reach, timeout_s=5, **more)


@pytest.mark.parametrize("spelling", METADATA)
def test_metadata_is_never_asked_however_it_is_written(spelling):
    """Not even where the settings name it."""
    url = f"http://{spelling}:80/latest/meta-data"
    with pytest.raises(REFUSALS), asking(Reach([url])) as out:
        out.get(url)


@pytest.mark.parametrize("spelling", LOOPBACK)
def test_this_machine_is_not_asked_unless_named(server, spelling):
    """Neither by a name nor by a redirect that somebody else makes up."""
    port, heard = server
    url = f"http://{spelling}:{port}/"
    only = Reach(["http://models.example:80"], onwards=True)
    with pytest.raises(REFUSALS), asking(only, onwards=True) as out:
        out.get(url)

    assert heard == []


def test_what_is_named_is_asked_by_its_name(server):
    """The connection goes to the address, the request still names the host."""
    port, heard = server
    names = Names(["127.0.0.1"])
    with asking(Reach([f"http://gpu.lan:{port}"], look_up=names)) as out:
        assert out.get(f"http://gpu.lan:{port}/").status_code == 200

    assert heard == [f"gpu.lan:{port}"]
    assert names.asked == 1


def test_a_name_that_moves_inside_is_not_followed(server):
    """A rebinding name server: outside when it was judged, here when it counts."""
    port, heard = server
    reach = Reach(
        [f"http://hook.example:{port}"], look_up=Names(["8.8.8.8"], ["127.0.0.1"])
    )
    assert reach.addresses("hook.example", port) == ["8.8.8.8"]
    with pytest.raises(ForbiddenError, match="moved"), asking(reach) as out:
        out.get(f"http://hook.example:{port}/")

    assert heard == []


def test_what_is_judged_is_what_is_connected_to(server):
    """One look-up a connection: a second answer has nobody to hear it."""
    port, heard = server
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    with asking(Reach([f"http://gpu.lan:{port}"], look_up=names)) as out:
        assert out.get(f"http://gpu.lan:{port}/").status_code == 200

    assert len(heard) == names.asked == 1


@pytest.mark.parametrize(
    "answers", [["10.0.0.5", "8.8.8.8"], ["10.0.0.5", "169.254.169.254"], ["8.8.8.8"]]
)
def test_all_addresses_must_do(answers):
    """One bad among good ones spoils them; pictures never leave unasked."""
    reach = Reach(["gpu.example"], outside=False, look_up=lambda *_: answers)
    with pytest.raises(ForbiddenError):
        reach.addresses("gpu.example", 8000)


def test_redirects_are_not_followed(server):
    """Neither to the same host nor elsewhere: the caller sees the answer."""
    port, heard = server
    reach = Reach([f"http://127.0.0.1:{port}"])
    with asking(reach) as out:
        assert out.get(f"http://127.0.0.1:{port}/to?/else").status_code == 302

    assert len(heard) == 1


def test_a_hub_sends_on_to_the_internet_only(server):
    """A redirect into the house is refused, though the hub itself is in it."""
    port, heard = server
    reach = Reach([f"http://127.0.0.1:{port}"], onwards=True)
    with pytest.raises(ForbiddenError), asking(reach, onwards=True) as out:
        out.get(f"http://127.0.0.1:{port}/to?http://192.168.7.7:80/")

    assert len(heard) == 1
    assert Reach([], onwards=True, look_up=lambda *_: ["8.8.8.8"]).addresses(
        "cdn.example", 443
    ) == ["8.8.8.8"]


def test_event_loops_are_held_to_the_same(server):
    """The same judgement in the asynchronous client."""
    port, heard = server

    async def two() -> int:
        reach = Reach([f"http://127.0.0.1:{port}"])
        async with async_client(reach, timeout=httpx2.Timeout(5)) as out:
            answer = await out.get(f"http://127.0.0.1:{port}/")
            with pytest.raises(ForbiddenError):
                await out.get("http://localhost:1/")
            return answer.status_code

    assert anyio.run(two) == 200
    assert len(heard) == 1


def test_a_long_answer_is_cut(server):
    """In bytes; a slow one in seconds."""
    port, _ = server
    reach = Reach([f"http://127.0.0.1:{port}"])
    for limit in (Limit(10_000, 60), Limit(10_000_000, 0)):
        with (
            pytest.raises(httpx2.ReadError, match="does not end"),
            asking(reach, limit=limit) as out,
        ):
            out.get(f"http://127.0.0.1:{port}/much")


def test_the_environment_sends_nothing_elsewhere(server, monkeypatch):
    """No proxy that a variable names."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    port, _ = server
    with asking(Reach([f"http://127.0.0.1:{port}"])) as out:
        assert out.get(f"http://127.0.0.1:{port}/").status_code == 200


@pytest.mark.parametrize(
    ("address", "side"),
    [
        ("10.0.0.1", "inside"),
        ("100.64.0.9", "inside"),
        ("fd12::1", "inside"),
        ("::ffff:10.0.0.1", "inside"),
        ("198.18.0.7", "outside"),  # what a proxy makes up for names of the internet
        ("64:ff9b::808:808", "outside"),
        ("224.0.0.1", "never"),
        ("ff02::1", "never"),
        ("fec0::1", "never"),
        ("192.0.0.8", "never"),
        ("gpu.lan", "never"),
    ],
)
def test_sides(address, side):
    """Where Python's own judgement differs from ours."""
    assert side_of(address) == side


@given(st.ip_addresses(v=4))
def test_a_mapped_address_lies_where_the_plain_one_does(ip):
    """Another spelling is no other place."""
    assert side_of(f"::ffff:{ip}") == side_of(str(ip))


@given(st.ip_addresses(v=4))
def test_a_translated_address_never_leads_inside(ip):
    """It leads out or nowhere."""
    allowed = "outside" if side_of(str(ip)) == "outside" else "never"
    assert side_of(f"64:ff9b::{ip}") == allowed


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://GPU.Lan:8000/v1", "gpu.lan"),
        ("http://[::1]:80", "::1"),
        ("smtp.studio.cn", "smtp.studio.cn"),
        ("https://用户.example", "xn--zouo53b.example"),
        ("http://x:y", ""),
    ],
)
def test_hosts_are_named_as_connections_name_them(address, host):
    """Case, brackets and Chinese names."""
    assert host_of(address) == host


def test_nothing_else_opens_connections():
    """No module but egress makes a client or a socket; the client is for scripts."""
    makers = {
        "httpx2": {"Client", "AsyncClient", "get", "post", "stream", "request"},
        "smtplib": {"SMTP", "SMTP_SSL"},
        "socket": {"create_connection", "getaddrinfo", "gethostbyname"},
        "anyio": {"connect_tcp"},
        "asyncio": {"open_connection"},
        "urllib": set(),
        "requests": set(),
    }
    allowed = {
        "client/client.py": {"httpx2.Client"},  # runs in scripts, not in the service
        "vlm/endpoints/privacy.py": {"socket.getaddrinfo"},  # judges, sends nothing
    }
    found = {}
    for file in SOURCE.rglob("*.py"):
        name = str(file.relative_to(SOURCE))
        calls = {
            f"{call.func.value.id}.{call.func.attr}"
            for call in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.attr in makers.get(call.func.value.id, ())
        }
        if calls - allowed.get(name, set()) and not name.startswith("egress/"):
            found[name] = calls

    assert found == {}
