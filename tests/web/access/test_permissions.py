"""The table of who may do what is whole and makes sense."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from idolens.vocabulary import Role
from idolens.web.access.cross_site import Sender, sender_of
from idolens.web.access.permissions import FOR_KEYS, OF_ROLE, RULES, Open, Permission

ROLES = list(Role)


def test_each_role_may_do_all_that_the_one_before_may():
    """And something more; an admin may do everything."""
    assert set(OF_ROLE) == set(Role)
    for lower, higher in pairwise(ROLES):
        assert OF_ROLE[lower] < OF_ROLE[higher]
    assert OF_ROLE[Role.ADMIN] == set(Permission)


@given(st.sampled_from(sorted(RULES)), st.sampled_from(ROLES), st.sampled_from(ROLES))
def test_whoever_rises_loses_nothing(address, one, other):
    """What a role may call, every higher role may call."""
    lower, higher = sorted((one, other), key=ROLES.index)
    rule = RULES[address]

    assert rule is Open.OPEN or ((rule in OF_ROLE[lower]) <= (rule in OF_ROLE[higher]))


def test_no_key_makes_keys_or_accounts():
    """Whatever scopes there are."""
    assert not FOR_KEYS & {Permission.KEYS, Permission.PEOPLE}


def test_only_what_shows_nothing_is_open():
    """A new open address is a decision, so it is written down here as well."""
    assert {address for address, rule in RULES.items() if rule is Open.OPEN} == {
        "GET /livez",
        "GET /icon.svg",
        "GET /page.css",
        "GET /page.js",
        "GET /sdk.js",
        "GET /sdk-demo.js",
        "GET /sign-in",
        "GET /setup",
        "GET /access.js",
        "GET /assets/{name}",
        "POST /api/v1/session",
        "POST /api/v1/setup",
    }


@pytest.mark.parametrize(
    ("method", "sent", "sender"),
    [
        ("GET", {"Sec-Fetch-Site": "cross-site"}, Sender.OWN),
        ("HEAD", {"Origin": "http://evil.example"}, Sender.OWN),
        ("OPTIONS", {"Origin": "http://evil.example"}, Sender.OWN),
        ("POST", {}, Sender.PROGRAM),
        ("POST", {"Sec-Fetch-Site": "same-origin"}, Sender.OWN),
        ("POST", {"Sec-Fetch-Site": "none"}, Sender.OWN),
        ("POST", {"Sec-Fetch-Site": "same-site"}, Sender.FOREIGN),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, Sender.FOREIGN),
        ("POST", {"Sec-Fetch-Site": ""}, Sender.FOREIGN),
        ("POST", {"Sec-Fetch-Site": "anything"}, Sender.FOREIGN),
        ("DELETE", {"Origin": "http://studio.lan:8080"}, Sender.OWN),
        ("DELETE", {"Origin": "https://STUDIO.lan:8080"}, Sender.OWN),
        ("PUT", {"Origin": "http://studio.lan"}, Sender.FOREIGN),
        ("PUT", {"Origin": "http://studio.lan:8081"}, Sender.FOREIGN),
        ("PATCH", {"Origin": "http://evil.example"}, Sender.FOREIGN),
        ("PATCH", {"Origin": "null"}, Sender.FOREIGN),
        ("PATCH", {"Origin": ""}, Sender.FOREIGN),
        ("POST", {"Origin": "http://["}, Sender.FOREIGN),
        ("POST", {"Origin": "https://console.lan"}, Sender.OWN),
        (
            "POST",
            {"Origin": "https://console.lan", "Sec-Fetch-Site": "cross-site"},
            Sender.OWN,
        ),
        (
            "POST",
            {"Origin": "http://studio.lan:8080", "Sec-Fetch-Site": "cross-site"},
            Sender.FOREIGN,
        ),
        ("WS", {"Origin": "http://evil.example"}, Sender.FOREIGN),
        ("WS", {"Origin": "http://studio.lan:8080"}, Sender.OWN),
        ("WS", {}, Sender.PROGRAM),
    ],
)
def test_a_page_of_somebody_else_is_told_apart(method, sent, sender):
    """By what every browser says; the table of Go 1.25."""
    headers = Headers({"Host": "studio.lan:8080", **sent})

    assert sender_of(method, headers, {"https://console.lan"}) is sender


@pytest.mark.parametrize("name", ["origin", "sec-fetch-site"])
def test_two_of_a_header_are_nobodys(name):
    """No browser sends two; whoever does has something in mind."""
    good = {"origin": b"http://studio.lan", "sec-fetch-site": b"same-origin"}[name]
    headers = Headers(
        raw=[(b"host", b"studio.lan"), (name.encode(), good), (name.encode(), good)]
    )

    assert sender_of("POST", headers) is Sender.FOREIGN
