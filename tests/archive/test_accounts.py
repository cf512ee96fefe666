"""Accounts, logins, keys and the setup token: who gets in, how long, and who not."""

import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher

from idolens.archive import open_archive
from idolens.archive.accounts import Accounts, Change
from idolens.archive.keys import Keys
from idolens.archive.logins import IDLE_MS, LONGEST_MS, Logins
from idolens.archive.passwords import Passwords
from idolens.archive.setup_token import LASTS_MS, SetupToken
from idolens.errors import BadInputError, ConflictError, NotFoundError
from idolens.vocabulary import Role
from tests.archive.rooms import home

PASSWORD = "correct horse battery"  # noqa: S105 - of nobody


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock):
    with open_archive(home(tmp_path)) as archive:
        cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        archive.accounts = Accounts(archive._database, cheap)
        archive.logins = Logins(archive._database, clock)
        archive.keys = Keys(archive._database, clock)
        yield archive


@pytest.fixture
def lin(archive):
    return archive.accounts.add("Lin", Role.ADMIN, PASSWORD, "setup")


def bytes_of(archive):
    archive._database.tidy()
    folder = archive._database.path.parent
    return b"".join(
        file.read_bytes() for file in folder.glob("idolens.sqlite*") if file.is_file()
    )


def test_name_and_password_open_the_door(archive, lin):
    """Whatever the case it is typed in; a wrong password or name opens nothing."""
    assert archive.accounts.signing_in("  LIN ", PASSWORD) == lin
    assert archive.accounts.signing_in("lin", PASSWORD + "!") is None
    assert archive.accounts.signing_in("nobody", PASSWORD) is None
    assert archive.accounts.signing_in("lin", "x" * 10_000) is None


@pytest.mark.usefixtures("lin")
def test_a_wrong_password_is_in_the_log_without_what_was_typed(archive):
    """The name of an account, and nothing that may have been meant as a password."""
    archive.accounts.signing_in("lin", "typed it wrong")
    archive.accounts.signing_in("my password is here", PASSWORD)

    (refused,) = [e for e in archive.audit.entries() if "refused" in e.action]
    assert (refused.subject, refused.detail) == ("account:lin", {})
    assert b"typed it wrong" not in bytes_of(archive)
    assert b"my password is here" not in bytes_of(archive)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 257])
def test_a_password_has_twelve_characters_at_least(archive, password):
    """What is too short or absurdly long is refused with what to do."""
    with pytest.raises(BadInputError, match="12 to 256"):
        archive.accounts.add("lin", Role.VIEWER, password, "setup")


@pytest.mark.parametrize("name", ["", " ", "a" * 65, "a\nb", "<b>", "a  b", "a/b"])
def test_nobody_is_called_like_that(archive, name):
    """Names are shown to others, so they hold nothing that a page could trip over."""
    with pytest.raises(BadInputError, match="A name has"):
        archive.accounts.add(name, Role.VIEWER, PASSWORD, "setup")


@pytest.mark.parametrize("name", ["林", "lin.mei@studio", "Lin Mei", "a_b-c+d"])
def test_people_may_be_called_like_that(archive, name):
    """Chinese names, addresses, first and last names."""
    assert archive.accounts.add(name, Role.VIEWER, PASSWORD, "setup").name


@pytest.mark.usefixtures("lin")
def test_a_name_is_taken_once(archive):
    """Also in other letters' clothes."""
    with pytest.raises(ConflictError, match="lin already"):
        archive.accounts.add("\uff2cin", Role.VIEWER, PASSWORD, "setup")


@pytest.mark.usefixtures("lin")
def test_the_first_account_is_made_once(archive):
    """The setup link opens the door for one."""
    with pytest.raises(ConflictError, match="already"):
        archive.accounts.add("mei", Role.ADMIN, PASSWORD, "setup", first=True)


def test_the_last_admin_stays(archive, lin):
    """Nobody can lock everybody out."""
    for change in (Change(disabled=True), Change(role=Role.VIEWER)):
        with pytest.raises(ConflictError, match="last account"):
            archive.accounts.change(lin.id, change, "terminal")
    archive.accounts.add("mei", Role.ADMIN, PASSWORD, "terminal")

    archive.accounts.change(lin.id, Change(disabled=True), "terminal")
    assert archive.accounts.signing_in("lin", PASSWORD) is None
    assert archive.accounts.has_admin()


def test_a_password_is_nowhere_kept(archive, lin):
    """Of a password or a login only a hash is in the file."""
    token = archive.logins.begin(lin)
    _, text = archive.keys.add("bot", ["read"], "account:lin", None)

    kept = bytes_of(archive)
    assert PASSWORD.encode() not in kept
    assert token.encode() not in kept
    assert text.rpartition("_")[2].encode() not in kept


def test_a_login_ends_after_twelve_idle_hours(archive, lin, clock):
    """Use keeps it alive; a night without use ends it."""
    token = archive.logins.begin(lin)
    clock.now += IDLE_MS - 1
    assert archive.logins.whose(token) == lin
    clock.now += IDLE_MS - 1
    assert archive.logins.whose(token) == lin
    clock.now += IDLE_MS
    assert archive.logins.whose(token) is None


def test_a_login_ends_after_a_week_whatever_happens(archive, lin, clock):
    """Even one in use all day."""
    token, began = archive.logins.begin(lin), clock.now
    while clock.now < began + LONGEST_MS:
        assert archive.logins.whose(token) == lin
        clock.now += IDLE_MS // 2

    assert archive.logins.whose(token) is None


def test_signing_in_again_changes_the_token(archive, lin):
    """What was in the browser before is worth nothing after."""
    old = archive.logins.begin(lin)
    new = archive.logins.begin(lin, instead_of=old)

    assert new != old
    assert archive.logins.whose(old) is None
    assert archive.logins.whose(new) == lin


def test_signing_out_ends_one_login(archive, lin):
    """The other browser stays signed in."""
    one, other = archive.logins.begin(lin), archive.logins.begin(lin)
    archive.logins.end(one)

    assert archive.logins.whose(one) is None
    assert archive.logins.whose(other) == lin


@pytest.mark.parametrize(
    "change",
    [Change(role=Role.REVIEWER), Change(password=PASSWORD), Change(disabled=True)],
    ids=["role", "password", "disabled"],
)
def test_a_change_ends_every_login(archive, lin, change):
    """A new role, a new password, a closed account: all must sign in again."""
    mei = archive.accounts.add("mei", Role.OPERATOR, PASSWORD, lin.actor)
    token = archive.logins.begin(mei)
    archive.accounts.change(mei.id, change, lin.actor)

    assert archive.logins.whose(token) is None


def test_a_key_works_until_it_is_revoked(archive):
    """Its text is shown once; later there is only what it may do."""
    made, text = archive.keys.add("bot", ["read", "ask"], "account:lin", None)

    assert archive.keys.of(text).id == made.id
    assert archive.keys.of(text[:-1] + ("A" if text[-1] != "A" else "B")) is None
    archive.keys.revoke(made.id, "account:lin")
    assert archive.keys.of(text) is None
    with pytest.raises(NotFoundError):
        archive.keys.revoke("nosuchid", "account:lin")


def test_two_keys_of_a_name_replace_each_other(archive, clock):
    """The new one is handed out, the old one revoked; a third is one too many."""
    _, old_text = archive.keys.add("bot", ["read"], "account:lin", 1000)
    _, new_text = archive.keys.add("bot", ["read"], "account:lin", None)
    assert archive.keys.of(old_text)
    assert archive.keys.of(new_text)
    with pytest.raises(ConflictError, match="Two keys"):
        archive.keys.add("BOT", ["read"], "account:lin", None)

    clock.now += 1000  # the old one's time is over
    assert archive.keys.of(old_text) is None
    third, _ = archive.keys.add("bot", ["read"], "account:lin", None)
    archive.keys.revoke(third.id, "account:lin")
    archive.keys.add("bot", ["read"], "account:lin", None)


def test_the_last_use_is_noted_to_the_minute(archive, clock):
    """So that a key nobody uses can be found, without a write for every request."""
    _, text = archive.keys.add("bot", ["read"], "account:lin", None)
    first = clock.now
    archive.keys.of(text)
    clock.now += 30_000
    archive.keys.of(text)
    assert [key.used_at_ms for key in archive.keys.all()] == [first]
    clock.now += 30_000
    archive.keys.of(text)
    assert [key.used_at_ms for key in archive.keys.all()] == [clock.now]


def test_the_setup_token_lasts_half_an_hour(tmp_path, clock):
    """One at a time, in a file for one pair of eyes."""
    token = SetupToken(tmp_path / "home", clock)
    assert not token.fits("")
    old, new = token.issue(), token.issue()

    assert stat.S_IMODE(token.path.stat().st_mode) == 0o600
    assert [file.name for file in token.path.parent.iterdir()] == ["setup-token"]
    assert not token.fits(old)
    assert token.fits(new)
    clock.now += LASTS_MS
    assert not token.fits(new)


def test_a_withdrawn_or_damaged_token_fits_nothing(tmp_path):
    """No file and half a file are no way in."""
    token = SetupToken(tmp_path)
    text = token.issue()
    token.path.write_text("{", encoding="utf-8")
    assert not token.fits(text)
    token.withdraw()
    assert not token.fits(text)


@given(
    deeds=st.lists(
        st.tuples(
            st.integers(0, 2),
            st.one_of(
                st.builds(Change, role=st.sampled_from(Role)),
                st.builds(Change, disabled=st.booleans()),
            ),
        ),
        max_size=8,
    )
)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_changed_somebody_can_look_after_it(archive, deeds):
    """No order of changes leaves a house without an admin, or the log without them."""
    people = archive.accounts.all() or [
        archive.accounts.add(name, role, PASSWORD, "setup")
        for name, role in (("a", Role.ADMIN), ("b", Role.ADMIN), ("c", Role.VIEWER))
    ]
    before = archive.audit.head().seq
    done = 0
    for which, change in deeds:
        try:
            archive.accounts.change(people[which].id, change, "terminal")
        except ConflictError:
            continue
        done += 1

    assert archive.accounts.has_admin()
    assert archive.audit.head().seq == before + done
    assert archive.audit.broken_at() is None
