"""The audit log: what is in it stays in it, and what was touched is found."""

import threading

import pysqlite3.dbapi2 as sqlite
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idolens.archive import open_archive
from idolens.archive.audit import BEGINNING, Deed, Head
from idolens.errors import ArchiveError
from tests.archive.rooms import home


@pytest.fixture
def archive(tmp_path):
    with open_archive(home(tmp_path)) as archive:
        yield archive


def filled(archive, entries=4):
    for number in range(entries):
        archive.audit.record(
            "account:lin", Deed.VERDICT, f"session:{number}", {"findings": number}
        )
    return archive.audit


def forge(archive, statement, *values):
    """Change the file as somebody would who has it in hands."""
    connection = sqlite.connect(archive._database.path)
    connection.execute("DROP TRIGGER audit_entry_is_never_changed")
    connection.execute("DROP TRIGGER audit_entry_is_never_deleted")
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def test_what_was_done_is_there_in_order(archive):
    """Who, what, to what, when; one number after the other."""
    entries = filled(archive).entries()

    assert [entry.seq for entry in entries] == [1, 2, 3, 4]
    assert entries[0].previous_hash == BEGINNING
    assert entries[2].detail == {"findings": 2}
    assert archive.audit.broken_at() is None
    assert [entry.seq for entry in archive.audit.newest(2)] == [3, 4]
    assert archive.audit.entries(after=4) == []


def test_an_empty_log_holds(archive):
    """Nothing was done, nothing is broken."""
    assert archive.audit.broken_at() is None
    assert archive.audit.head() == Head(0, BEGINNING)


@pytest.mark.parametrize(
    "deed", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"]
)
def test_the_database_refuses_to_touch_an_entry(archive, deed):
    """Not even our own code can, by mistake."""
    filled(archive)
    with (
        pytest.raises(ArchiveError, match="append-only"),
        archive._database.write() as connection,
    ):
        connection.exec_driver_sql(deed)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at_ms", 1),
        ("actor", "account:mei"),
        ("action", "exported"),
        ("subject", "session:9"),
        ("detail", '{"findings": 0}'),
        ("previous_hash", "0" * 64),
        ("hash", "0" * 64),
    ],
)
def test_a_changed_entry_is_named(archive, column, value):
    """Whichever part of it was changed."""
    filled(archive)
    forge(archive, f"UPDATE audit_entry SET {column} = ? WHERE seq = 2", value)  # noqa: S608 - our own columns

    assert archive.audit.broken_at() == 2


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_missing_entry_is_named(archive, seq):
    """The chain breaks where it was taken out."""
    filled(archive)
    forge(archive, "DELETE FROM audit_entry WHERE seq = ?", seq)

    assert archive.audit.broken_at() == seq


def test_a_shortened_log_shows_against_a_head_that_was_noted(archive):
    """Its end can be cut without a trace in it; the noted head tells."""
    noted = filled(archive).head()
    forge(archive, "DELETE FROM audit_entry WHERE seq > 2")
    assert archive.audit.broken_at() is None
    assert archive.audit.broken_at(noted) == 3

    archive.audit.record("account:lin", Deed.VERDICT, "session:2")
    archive.audit.record("account:lin", Deed.VERDICT, "session:3")
    assert archive.audit.broken_at() is None
    assert archive.audit.broken_at(noted) == 4


def test_many_who_write_at_once_make_one_chain(archive):
    """No number twice, no link missing."""
    threads = [
        threading.Thread(target=filled, args=(archive, 5), daemon=True)
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert archive.audit.head().seq == 20
    assert archive.audit.broken_at() is None


@given(
    detail=st.dictionaries(
        st.text(max_size=8),
        st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text()),
        max_size=4,
    ),
    subject=st.text(max_size=20),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_stands_in_it_the_chain_holds(archive, detail, subject):
    """The hash of an entry that was read is the hash of the one that was written."""
    if any("\ud800" <= letter <= "\udfff" for letter in subject + str(detail)):
        return
    archive.audit.record("account:lin", Deed.EXPORTED, subject, detail)

    assert archive.audit.newest(1)[0].detail == detail
    assert archive.audit.broken_at() is None
