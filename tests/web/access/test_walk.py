"""Every address × everybody × {http, websocket, page, mounted files}: in or out.

The app is asked directly, without a network, so that websockets are walked too.
"""

import re

import anyio
import pytest
from fastapi import FastAPI, WebSocket
from fastapi.routing import iter_route_contexts
from starlette.staticfiles import StaticFiles

from idolens.settings import Settings
from idolens.vocabulary import Role
from idolens.web.access import AccessGate, Callers
from idolens.web.access.permissions import FOR_KEYS, OF_ROLE, RULES, Open, Permission
from idolens.web.app import create_api
from tests.web.access.house import PASSWORD, archive_in
from tests.web.service import FakeEyes

LATER = {"GET /metrics"}
"""Rules of addresses that are still to come."""
NOBODY = "nobody"


class Behind:
    """Stands for all that lies behind the gate."""

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def walkers(tmp_path_factory):
    """Who walks: one of each role, a key of each scope, nobody; with their headers."""
    with archive_in(tmp_path_factory.mktemp("walk")) as archive:
        people = {NOBODY: ({}, frozenset())}
        for role in Role:
            account = archive.accounts.add(role.value, role, PASSWORD, "setup")
            cookie = {"cookie": f"idolens={archive.logins.begin(account)}"}
            people[role.value] = (cookie, OF_ROLE[role])
        for scope in sorted(FOR_KEYS):
            _, text = archive.keys.add(f"bot-{scope}", [scope], "terminal", None)
            header = {"authorization": f"Bearer {text}"}
            people[f"key:{scope}"] = (header, {scope, Permission.SELF})
        yield archive, people


def gate_before(archive, routes, behind=None, **settings):
    callers = Callers(lambda: archive, Settings(**settings))
    return AccessGate(behind or Behind(), routes, callers, 1000, "en")


async def asked(gate, kind, method, path, headers):
    """Return the status that the gate, or what is behind it, answers with."""
    said = []
    sent = {"host": "127.0.0.1:8080", "sec-fetch-site": "same-origin", **headers}
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [
            (name.encode(), value.encode()) for name, value in sent.items() if value
        ],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8080),
        "scheme": "http",
    }
    if kind == "http":
        scope["method"] = method

    async def receive():
        return {"type": f"{kind}.{'request' if kind == 'http' else 'connect'}"}

    async def send(message):
        said.append(message)

    await gate(scope, receive, send)
    first = said[0]
    return first.get("status", {"websocket.accept": 299}.get(first["type"], 403))


def ask(gate, *request):
    """Send one request: kind, method, path, headers."""
    return anyio.run(asked, gate, *request)


def ask_all(gate, requests):
    """Send many, one after the other; return their answers."""

    async def walk():
        return [await asked(gate, *request) for request in requests]

    return anyio.run(walk)


def example(pattern):
    return re.sub(r"\{[^}]*\}", "f000000", pattern)


def split(address):
    method, _, pattern = address.partition(" ")
    return method, example(pattern)


def wanted(rule, who, may):
    if rule is Open.OPEN or rule in may:
        return 299
    return 401 if who == NOBODY else 403


def addresses(routes):
    """Yield the address in the table of every route, as the gate calls it."""
    for route in iter_route_contexts(routes):
        for method in sorted(route.methods or {"WS"}):
            if method != "HEAD":
                yield f"{method} {route.path_format}"


@pytest.fixture(scope="module")
def api():
    return create_api(FakeEyes(), Settings())


def test_every_address_has_a_rule_and_every_rule_an_address(api):
    """Who adds a route says who may use it; who removes one removes its line."""
    there = set(addresses(api.routes))

    assert there - set(RULES) == set(), "add these to web/access/permissions.py"
    assert set(RULES) - there - LATER == set(), "these rules are for nothing"


def test_everybody_gets_where_they_may_and_nowhere_else(api, walkers):
    """Each address, with each method that it takes, as each of the walkers."""
    archive, people = walkers
    walks = [
        (address, who) for address in addresses(api.routes) for who in sorted(people)
    ]
    answers = ask_all(
        gate_before(archive, api.routes),
        [("http", *split(address), people[who][0]) for address, who in walks],
    )
    wrong = [
        (address, who, status)
        for (address, who), status in zip(walks, answers, strict=True)
        if status != wanted(RULES[address], who, people[who][1])
    ]

    assert len(answers) > 500
    assert wrong == []


def test_no_other_method_opens_an_address(api, walkers):
    """A stranger learns nothing from trying."""
    archive, _ = walkers
    taken = set(addresses(api.routes))
    others = [
        ("http", *split(f"{method} {pattern}"), {})
        for pattern in {address.partition(" ")[2] for address in taken}
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
        if f"{method} {pattern}" not in taken
    ]

    assert set(ask_all(gate_before(archive, api.routes), others)) == {401}


def test_no_address_is_open_to_a_websocket(api, walkers):
    """There is none yet, so each attempt ends at the gate, whoever tries."""
    archive, people = walkers
    tries = [
        ("websocket", *split(address), headers)
        for address in addresses(api.routes)
        for headers, _ in people.values()
    ]

    assert set(ask_all(gate_before(archive, api.routes), tries)) == {403}


@pytest.fixture
def rooms(tmp_path, monkeypatch):
    """Return an app with a websocket, files and a sub-app, some with a rule."""
    (tmp_path / "a.css").write_text("a")
    app, inner = FastAPI(), FastAPI()

    @app.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()

    @app.websocket("/quiet")
    async def quiet(socket: WebSocket) -> None:
        await socket.accept()

    @inner.get("/secret")
    def secret() -> str:
        return "secret"

    @app.get("/forgotten")
    def forgotten() -> str:
        return "forgotten"

    app.mount("/media", StaticFiles(directory=tmp_path))
    app.mount("/bare", StaticFiles(directory=tmp_path))
    app.mount("/inner", inner)
    rules = dict(RULES) | {
        "WS /live": Permission.STREAM,
        "GET /media/{path}": Permission.READ,
    }
    monkeypatch.setattr("idolens.web.access.gate.RULES", rules)
    return app


@pytest.mark.parametrize(
    ("kind", "path", "needs"),
    [
        ("websocket", "/live", Permission.STREAM),
        ("websocket", "/quiet", None),
        ("http", "/media/a.css", Permission.READ),
        ("websocket", "/media/a.css", None),
        ("http", "/bare/a.css", None),
        ("http", "/inner/secret", None),
        ("http", "/inner/openapi.json", None),
        ("http", "/forgotten", None),
        ("http", "/docs", None),
    ],
)
def test_sockets_files_and_apps_are_closed_unless_they_have_a_rule(
    walkers, rooms, kind, path, needs
):
    """Those of a framework's own that slip past other guards too; an admin as well."""
    archive, people = walkers
    gate = gate_before(archive, rooms.routes, rooms)
    requests = [(kind, "GET", path, headers) for headers, _ in people.values()]
    answers = dict(zip(people, ask_all(gate, requests), strict=True))

    for who, status in answers.items():
        if needs in people[who][1]:
            assert status in {200, 299}, who
        else:
            refused = 401 if who == NOBODY and kind == "http" else 403
            assert status == refused, who


def test_what_is_not_there_is_told_to_those_who_are_known(api, walkers):
    """Others learn of no address whether it exists."""
    archive, people = walkers
    gate = gate_before(archive, api.routes)
    for path in ("/nothing", "/api/v1/nothing", "//livez", "/livez/", "/LIVEZ"):
        assert ask(gate, "http", "GET", path, {}) == 401
        assert ask(gate, "http", "GET", path, people["admin"][0]) == 404


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1/livez?", "127.0.0.1:8080/livez#", "127.0.0.1/setup/..", "x@/livez"],
)
def test_a_host_header_cannot_pretend_another_path(api, walkers, host):
    """The gate goes by the path that the app takes (CVE-2026-48710)."""
    archive, _ = walkers
    gate = gate_before(archive, api.routes)

    assert ask(gate, "http", "GET", "/api/v1/accounts", {"host": host}) == 401


def changing(api):
    """Return every address that changes something."""
    harmless = {"GET", "OPTIONS"}
    found = [split(address) for address in addresses(api.routes)]
    return [(method, path) for method, path in found if method not in harmless]


def test_a_foreign_page_changes_nothing(api, walkers):
    """Whoever looks at it; reading is left to the browser's own rules."""
    archive, people = walkers
    gate = gate_before(archive, api.routes)
    foreign = {"sec-fetch-site": "cross-site", "origin": "http://evil.example"}
    for who in (NOBODY, "viewer", "admin"):
        headers = people[who][0] | foreign
        tries = [("http", *one, headers) for one in changing(api)]
        assert set(ask_all(gate, tries)) <= {401, 403}


def test_a_key_is_a_key_wherever_it_comes_from(api, walkers):
    """No browser sends one by itself, so a page that has one may use it."""
    archive, people = walkers
    gate = gate_before(archive, api.routes)
    foreign = {"sec-fetch-site": "cross-site", "origin": "http://console.lan"}

    headers = people["key:ask"][0] | foreign
    assert ask(gate, "http", "POST", "/vlm/infer", headers) == 299


def test_a_program_uses_a_key_and_no_cookie(api, walkers):
    """Without the headers of a browser a cookie changes nothing; a key does."""
    archive, people = walkers
    gate = gate_before(archive, api.routes)
    bare = {"sec-fetch-site": None}
    cookie, key = people["admin"][0], people["key:ask"][0]
    text = key["authorization"].removeprefix("Bearer ")

    def post(headers):
        return ask(gate, "http", "POST", "/vlm/infer", headers | bare)

    assert post(cookie) == 403
    assert post(key) == 299
    assert post({"x-api-key": text}) == 299
    assert post({"authorization": f"bearer {text}"}) == 299
    assert ask(gate, "http", "GET", "/api/v1/me", cookie | bare) == 299
