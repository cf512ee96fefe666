"""`idolens accounts`, `keys` and `audit`, as somebody at the terminal uses them."""

import sqlite3
from contextlib import closing

import pytest

PASSWORD = "a long enough password"  # noqa: S105 - of nobody


@pytest.fixture
def house(shell):
    """A terminal where the account lin exists."""
    shell.type(PASSWORD)
    made = shell.run("accounts", "create-admin", "lin")
    assert made.status == 0, made.err
    return shell


def test_accounts_are_made_listed_and_closed(house):
    """The last admin cannot be disabled; a new password lets an account in again."""
    last = house.run("accounts", "disable", "lin")
    house.type(PASSWORD)
    house.run("accounts", "create-admin", "mei")
    disabled = house.run("accounts", "disable", "LIN")
    listed = house.run("accounts", "list")
    house.type(PASSWORD)
    reset = house.run("accounts", "reset-password", "lin")

    assert last.status == 2
    assert "another admin first" in last.err
    assert disabled.status == 0, disabled.err
    assert [line.split() for line in listed.out.splitlines()[1:]] == [
        ["lin", "admin", "disabled"],
        ["mei", "admin", "active"],
    ]
    assert reset.status == 0, reset.err
    assert "disabled" not in house.run("accounts", "list").out


def test_a_short_password_is_refused(shell):
    """2, and nothing is made."""
    shell.type("short")
    done = shell.run("accounts", "create-admin", "lin")

    assert done.status == 2
    assert "12 to 256" in done.err
    assert "lin" not in shell.run("accounts", "list").out


def test_others_are_made_once_there_is_an_admin(shell):
    """A viewer alone could let nobody else in."""
    shell.type(PASSWORD)
    alone = shell.run("accounts", "create", "mei", "--role", "reviewer")
    shell.type(PASSWORD)
    shell.run("accounts", "create-admin", "lin")
    shell.type(PASSWORD)
    made = shell.run("accounts", "create", "mei", "--role", "reviewer")

    assert alone.status == 2
    assert "create-admin" in alone.err
    assert made.status == 0, made.err
    assert "reviewer" in shell.run("accounts", "list").out


def test_nobody_of_that_name(house):
    """The message says where to look."""
    done = house.run("accounts", "disable", "nobody")

    assert done.status == 2
    assert "accounts list" in done.err


def test_the_setup_link_is_for_a_house_without_accounts(shell):
    """Each call prints a new one, until there is an account."""
    link = shell.run("accounts", "setup-link")
    shell.type(PASSWORD)
    shell.run("accounts", "create-admin", "lin")
    late = shell.run("accounts", "setup-link")

    assert link.out.startswith("http://127.0.0.1:8080/setup?token=")
    assert late.status == 2
    assert "reset-password" in late.err


def test_a_key_is_printed_once(shell):
    """On standard output, alone, so that a script can take it."""
    made = shell.run("keys", "create", "bot", "--scope", "ask", "--days", "0")
    key = made.out.strip()
    listed = shell.run("keys", "list")
    revoked = shell.run("keys", "revoke", key.split("_")[1])

    assert made.status == 0, made.err
    assert key.startswith("idl_")
    assert key.split("_", 2)[2] not in listed.out + listed.err + made.err
    assert "for ever" in listed.out
    assert revoked.status == 0, revoked.err
    assert "revoked" in shell.run("keys", "list").out


@pytest.mark.parametrize("scope", ["keys", "people", "self", "everything"])
def test_no_key_is_made_for_keys_or_people(shell, scope):
    """2, and the scopes that there are."""
    done = shell.run("keys", "create", "bot", "--scope", scope)

    assert done.status == 2
    assert "ingest" in done.err


def test_the_log_tells_who_did_what(house):
    """And that it is whole; its head, noted, shows later what was cut off."""
    house.run("keys", "create", "bot")
    listed = house.run("audit", "list")
    whole = house.run("audit", "verify")
    again = house.run("audit", "verify", "--noted", whole.out.strip())
    with closing(sqlite3.connect(house.folder / "data" / "idolens.sqlite")) as file:
        file.execute("DROP TRIGGER audit_entry_is_never_deleted")
        file.execute("DELETE FROM audit_entry WHERE seq = 2")
        file.commit()
    cut = house.run("audit", "verify", "--noted", whole.out.strip())
    unnoticed = house.run("audit", "verify")

    assert "account_created" in listed.out
    assert "key_created" in listed.out
    assert "terminal" in listed.out
    assert (whole.status, again.status) == (0, 0)
    assert whole.out.startswith("2:")
    assert cut.status == 1
    assert "entry 2" in cut.err
    assert unnoticed.status == 0


def test_a_wrong_head_is_explained(shell):
    """What --noted takes."""
    done = shell.run("audit", "verify", "--noted", "yesterday")

    assert done.status == 2
    assert "audit verify" in done.err
