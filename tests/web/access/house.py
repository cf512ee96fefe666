"""A service with people in it, and requests as they send them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from pwdlib.hashers.argon2 import Argon2Hasher

from idolens.archive import Archive
from idolens.archive.accounts import Accounts
from idolens.archive.passwords import Passwords
from idolens.vocabulary import Role
from tests.web.service import FakeEyes, empty_archive, running

PASSWORD = "a long enough password"  # noqa: S105 - of nobody
BROWSER = {"Sec-Fetch-Site": "same-origin"}
"""What a browser adds to what our own pages send."""


@contextmanager
def archive_in(folder: Path) -> Iterator[Archive]:
    """Yield an empty archive whose passwords cost next to nothing."""
    with empty_archive(folder / "home") as archive:
        cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        archive.accounts = Accounts(archive._database, cheap)
        yield archive


@contextmanager
def house(
    folder: Path, *names: str, **settings: object
) -> Iterator[tuple[httpx2.Client, Archive]]:
    """Yield a client and the archive of a service with the accounts ``names``.

    An account's role is the part of its name before the ``-``.
    """
    with archive_in(folder) as archive:
        for name in names:
            role = Role(name.partition("-")[0])
            archive.accounts.add(name, role, PASSWORD, "setup")
        chosen = {"home": folder / "home", **settings}
        eyes = FakeEyes(archive=archive)
        with running(eyes, folder / "logs", **chosen) as client:
            yield client, archive


def sign_in(client: httpx2.Client, name: str) -> httpx2.Response:
    """Sign ``client`` in."""
    reply = client.post(
        "/api/v1/session", json={"name": name, "password": PASSWORD}, headers=BROWSER
    )
    assert reply.status_code == 200, reply.text
    return reply


def bearer(text: str) -> dict[str, str]:
    """Return the header that a key goes in."""
    return {"Authorization": f"Bearer {text}"}
