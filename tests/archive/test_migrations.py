"""The schema: made, brought up to date, refused; no row is lost on the way."""

import subprocess
import sys
import threading
from contextlib import closing

import pysqlite3.dbapi2 as sqlite
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select

from idolens.archive import access_tables, open_archive, rows, schema
from idolens.archive.database import Database, check_version, open_engine
from idolens.archive.migrate import MIGRATIONS, upgrade
from idolens.archive.reserve import Reserve
from idolens.errors import ArchiveError
from tests.archive.rooms import a_frame, a_session, an_answer, home
from tests.archive.test_archive import table_sizes


def revisions():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    return [script.revision for script in scripts.walk_revisions()][::-1]


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "idolens.sqlite", Reserve(tmp_path / "reserve", 0))
    yield database
    database.close()


def test_the_head_is_the_newest_migration():
    """The revision that start-up looks for is the last one there is."""
    assert revisions()[-1] == schema.HEAD


def test_migrations_make_what_the_tables_say(database):
    """An empty database, upgraded, has exactly the tables that the code expects."""
    upgrade(database)
    with database.read() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection), access_tables.metadata
        )

    assert differences == []


def test_every_append_only_table_has_its_trigger(database):
    """A later migration that remakes a table must make its trigger again."""
    upgrade(database)
    with database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        ).scalars()

        assert set(found) == set(schema.APPEND_ONLY)


@pytest.mark.parametrize("start", revisions())
def test_every_old_database_comes_up_with_all_its_rows(database, start):
    """From each revision, upgrading loses no row and breaks no reference."""
    upgrade(database, start)
    insert_a_row_everywhere(database)
    before = table_sizes(database.path)
    upgrade(database)

    assert before.items() <= table_sizes(database.path).items()
    assert all(before.values())
    assert list(database.path.parent.glob("*before*")) == []


STATES = {
    "session_event": {"state": "open"},
    "frame": {"state": "kept"},
    "outbox_delivery": {"state": "waiting"},
    "removal": {"kind": "pictures"},
    "review_item": {"kind": "finding"},
}


def insert_a_row_everywhere(database):
    """Fill every table by its own column list, so that old schemas work too."""
    with (
        closing(sqlite.connect(database.path)) as connection,
        connection,
    ):
        words = {
            "kind": "recording",
            "sources": "[]",
            "options": "{}",
            "id": None,
            "state": None,
            "status": "ok",
            "role": "viewer",
            "scopes": "[]",
            "detail": "{}",
            "outcome": "failed",
            "decision": "confirmed",
            "place": "active",
        }
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master "
                "WHERE type = 'table' AND name != 'alembic_version' "
                "AND name NOT LIKE 'sqlite_%'"
            )
        ]
        for table in tables:
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            row = {name: words.get(name, "1") for _, name, *_ in columns}
            row |= {"id": "1"} if "id" in row else {}
            row |= STATES.get(table, {})
            marks = ",".join("?" * len(row))
            connection.execute(
                f"INSERT INTO {table} ({','.join(row)}) VALUES ({marks})",  # noqa: S608 - our own tables
                list(row.values()),
            )


def test_answers_from_before_regions_have_none(database):
    """What was stored by 0005 is read by today's code."""
    upgrade(database, "0005")
    row = rows.answer_to_row("s1", a_frame().id, an_answer())
    del row["regions"]
    with database.write() as connection:
        connection.execute(insert(schema.session), rows.session_to_row(a_session()))
        connection.execute(insert(schema.frame), rows.frame_to_row("s1", a_frame()))
        connection.execute(insert(schema.answer), row)
    upgrade(database)

    with database.read() as connection:
        (found,) = connection.execute(select(schema.answer)).mappings()
    assert rows.answer_from_row(dict(found)) == an_answer()


def test_opening_again_changes_nothing(tmp_path):
    """What was stored is there at the next start."""
    for _ in range(2):
        with open_archive(home(tmp_path)) as archive:
            if not archive.sessions():
                archive.add_session(a_session())
                archive.store_chunk("s1", [a_frame()], {"f000000": [an_answer()]})

            assert archive.frames("s1") == [a_frame()]


def test_a_newer_archive_is_refused_and_left_alone(tmp_path):
    """The message says that a newer idolens wrote it; the file is not touched."""
    config = home(tmp_path)
    with open_archive(config) as archive:
        archive.add_session(a_session())
    path = config.home / "idolens.sqlite"
    with closing(sqlite.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = table_sizes(path)

    with (
        pytest.raises(ArchiveError, match="newer idolens \\(schema 9999\\)") as caught,
        open_archive(config),
    ):
        pass
    assert "升级 idolens" in caught.value.within("zh")
    assert table_sizes(path) == before
    assert list(config.home.glob("*before*")) == []


def test_two_that_start_at_once_make_one_schema(tmp_path):
    """Of two processes that find no database, one makes it and the other waits."""
    config = home(tmp_path)
    failures = []

    def start():
        try:
            with open_archive(config) as archive:
                archive.sessions()
        except ArchiveError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_an_sqlite_that_corrupts_is_refused(version):
    """Versions with the WAL-reset fault are named, with what to install."""
    with pytest.raises(ArchiveError, match="pip install --upgrade pysqlite3"):
        check_version(version)


def test_a_fixed_sqlite_is_taken():
    """The first fixed version, and the one installed, will do."""
    check_version((3, 51, 3))
    check_version(sqlite.sqlite_version_info)


def test_the_pragmas_hold_on_every_connection(tmp_path):
    """What keeps the data whole is on for each connection of the pool."""
    engine = open_engine(tmp_path / "x.sqlite")
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "busy_timeout": 5000,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }
    with engine.connect() as one, engine.connect() as two:
        for connection in (one, two):
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in expected
            }

            assert found == expected
    engine.dispose()


def test_a_file_that_is_no_database_is_reported(tmp_path):
    """Garbage in place of the database ends in a clear error, not in a traceback."""
    config = home(tmp_path)
    config.home.mkdir()
    (config.home / "idolens.sqlite").write_bytes(b"garbage" * 1000)

    with (
        pytest.raises(ArchiveError, match="idolens doctor"),
        open_archive(config),
    ):
        pass


def test_starting_does_not_wait_for_alembic(tmp_path):
    """With the schema up to date, Alembic is not even imported."""
    config = home(tmp_path)
    with open_archive(config):
        pass
    code = (
        "import sys\n"
        "from idolens.archive import open_archive\n"
        "from idolens.settings import Settings\n"
        f"settings = Settings(home={str(config.home)!r}, disk_reserve_mib=1)\n"
        "with open_archive(settings): pass\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "src"},
    )

    assert done.stdout.strip() == "False"
