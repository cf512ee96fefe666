"""Who is taken for whom, by where a request comes from."""

import anyio
import pytest
from starlette.requests import HTTPConnection

from idolens.errors import NotSignedInError
from idolens.settings import Settings
from idolens.vocabulary import Role
from idolens.web.access.callers import Callers
from tests.web.access.house import PASSWORD, archive_in


@pytest.fixture
def archive(tmp_path):
    with archive_in(tmp_path) as archive:
        yield archive


def request(client="127.0.0.1", host="127.0.0.1:8080", **headers):
    pairs = {"host": host, **headers}.items()
    return HTTPConnection(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in pairs
            ],
            "client": (client, 1),
        }
    )


def let_in(callers, connection):
    try:
        return anyio.run(callers.of, connection).kind
    except NotSignedInError:
        return None


@pytest.mark.parametrize(
    ("asked", "inside"),
    [
        (request(), True),
        (request(host="localhost:8080"), True),
        (request(client="::1", host="[::1]:8080"), True),
        (request(client="127.0.0.9", host="127.0.0.1"), True),
        (request(client="10.0.0.5"), False),
        (request(host="studio.lan"), False),
        (request(host="127.0.0.1.evil.example"), False),
        (request(host=""), False),
        (request(x_forwarded_for="10.0.0.5"), False),
        (request(x_real_ip="10.0.0.5"), False),
        (request(forwarded="for=10.0.0.5"), False),
        (request(via="1.1 proxy"), False),
    ],
)
def test_only_this_machine_is_let_in_without_an_account(archive, asked, inside):
    """By the address it comes from and the name it calls, not passed on by a proxy."""
    callers = Callers(lambda: archive, Settings())

    assert let_in(callers, asked) == ("open" if inside else None)


@pytest.mark.parametrize(
    ("settings", "inside"),
    [
        ({"access": "required"}, False),
        ({"host": "0.0.0.0"}, False),  # noqa: S104
        ({"host": "10.0.0.1"}, False),
        ({"host": "::1"}, True),
        ({"host": "0.0.0.0", "insecure_open_lan": True}, True),  # noqa: S104
        ({"access": "required", "insecure_open_lan": True}, False),
    ],
)
def test_nobody_is_let_in_where_others_could_come_from(archive, settings, inside):
    """Unless that is what the studio asked for."""
    callers = Callers(lambda: archive, Settings(**settings))

    assert let_in(callers, request()) == ("open" if inside else None)
    assert callers.is_open() == inside


def test_an_open_network_is_open_to_all_until_the_first_account(archive):
    """The flag says insecure, and an account ends it."""
    callers = Callers(
        lambda: archive, Settings(host="10.0.0.1", insecure_open_lan=True)
    )
    stranger = request(client="10.0.0.5", host="studio.lan")
    assert let_in(callers, stranger) == "open"
    archive.accounts.add("lin", Role.ADMIN, PASSWORD, "terminal")
    callers.account_made()
    assert let_in(callers, stranger) is None


def test_an_account_made_at_the_terminal_is_noticed_within_a_second(archive):
    """And from then on for good, without asking the database again."""
    now = [0.0]
    callers = Callers(lambda: archive, Settings(), lambda: now[0])
    assert let_in(callers, request()) == "open"
    archive.accounts.add("lin", Role.ADMIN, PASSWORD, "terminal")
    now[0] += 1.0
    assert let_in(callers, request()) is None
    assert not callers.is_open()
