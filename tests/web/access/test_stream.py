"""A stream of events ends with the login of whoever listens to it."""

import anyio
import pytest

from idolens.settings import Settings
from idolens.vocabulary import Role
from idolens.web.access import AccessGate, Callers
from idolens.web.access.stream import EVERY_S
from idolens.web.app import create_api
from tests.web.access.house import PASSWORD, archive_in
from tests.web.service import FakeEyes


@pytest.fixture
def archive(tmp_path):
    with archive_in(tmp_path) as archive:
        yield archive


def heard(archive, headers, between, length=None):
    """Return the parts of an answer of three parts that get through.

    ``between`` is called after each; then more time passes than may go unlooked at.
    """
    now, parts = [0.0], []

    async def app(_scope, _receive, send):
        extra = [] if length is None else [(b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": extra})
        for part in (b"1", b"2", b"3"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
            between()
            now[0] += EVERY_S
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        parts.append(message)

    callers = Callers(lambda: archive, Settings(access="required"))
    routes = create_api(FakeEyes(), Settings()).routes
    gate = AccessGate(app, routes, callers, 1000, "en", lambda: now[0])
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/me",
        "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 5),
    }
    anyio.run(gate, scope, receive, send)
    bodies = [part for part in parts if part["type"] == "http.response.body"]
    assert [part["more_body"] for part in bodies].count(False) == 1
    return b"".join(part["body"] for part in bodies)


def test_a_stream_goes_on_while_its_listener_is_known(archive):
    """However long."""
    _, text = archive.keys.add("bot", ["read"], "terminal", None)
    key = [(b"authorization", f"Bearer {text}".encode())]

    assert heard(archive, key, lambda: None) == b"123"


def test_a_stream_ends_with_the_key(archive):
    """A revoked key hears nothing more than what is under way."""
    made, text = archive.keys.add("bot", ["read"], "terminal", None)
    key = [(b"authorization", f"Bearer {text}".encode())]

    def revoke():
        archive.keys.revoke(made.id, "terminal")

    assert heard(archive, key, revoke) == b"1"


def test_a_stream_ends_with_the_login(archive):
    """Signed out is signed out, in the other window too."""
    lin = archive.accounts.add("lin", Role.VIEWER, PASSWORD, "terminal")
    token = archive.logins.begin(lin)
    cookie = [(b"cookie", f"idolens={token}".encode())]

    assert heard(archive, cookie, lambda: archive.logins.end(token)) == b"1"


def test_a_file_that_was_begun_comes_whole(archive):
    """Half a picture helps nobody, and its length was promised."""
    made, text = archive.keys.add("bot", ["read"], "terminal", None)
    key = [(b"authorization", f"Bearer {text}".encode())]

    def revoke():
        archive.keys.revoke(made.id, "terminal")

    assert heard(archive, key, revoke, b"3") == b"123"
