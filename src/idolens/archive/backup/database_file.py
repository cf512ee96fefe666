"""A database as a file: copied whole while others write to it, and looked through."""

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from idolens.archive.database import BUSY_MS, check_version, sqlite
from idolens.errors import BackupError

_HEARD_AT_MOST = 1_000_000
"""More news than there can have been since a backup."""
COUNTED = ("session", "frame", "answer", "report", "picture", "audit_entry")


def copy_whole(source: Path, target: Path) -> None:
    """Copy one moment of ``source``; a copy of the file itself would miss its log.

    Raises:
        BackupError: it is damaged.
    """
    check_version(sqlite.sqlite_version_info)
    with _open(source) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def faults_of(file: Path) -> list[str]:
    """Return what is wrong with ``file``, in SQLite's words; nothing if it is whole."""
    return damage_of(file) + [
        f"rows of {table} refer to rows of {parent} that are not there"
        for table, parent in broken_references(file)
    ]


def damage_of(file: Path) -> list[str]:
    """Return what SQLite says is damaged in ``file``; nothing if it is whole."""
    try:
        with _open(file) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchall()
    except BackupError as error:
        return [str(error)]
    return [str(line) for (line,) in found if line != "ok"]


def broken_references(file: Path) -> list[tuple[str, str]]:
    """Return table and parent of each row whose parent is not there."""
    with _open(file) as connection:
        found = connection.execute("PRAGMA foreign_key_check").fetchall()
    return [(str(table), str(parent)) for table, _, parent, _ in found]


def schema_of(file: Path) -> str:
    """Return the revision of the tables in ``file``."""
    with _open(file) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0])


def counts_of(file: Path) -> dict[str, int]:
    """Return how many rows the tables have that people ask about."""
    with _open(file) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own tables
            for table in COUNTED
        }


def pictures_of(file: Path) -> Iterator[tuple[str, str, int]]:
    """Yield each picture: its digest, that of its file, and the file's size."""
    with _open(file) as connection:
        yield from connection.execute(
            "SELECT sha256, file_sha256, size FROM picture ORDER BY sha256"
        )


def reports_of(file: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each report: its session, its digest, and what it says."""
    with _open(file) as connection:
        yield from connection.execute(
            "SELECT session_id, sha256, content FROM report ORDER BY id"
        )


def sources_of(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield each session's files (JSON), and whether it is done with them."""
    last = (
        "SELECT state FROM session_event WHERE session_id = session.id "
        "ORDER BY id DESC LIMIT 1"
    )
    with _open(file) as connection:
        yield from connection.execute(
            f"SELECT sources, ({last}) = 'done' FROM session"  # noqa: S608 - ours
        )


def sign_everybody_out(file: Path) -> None:
    """End all logins: some ended after the copy was made, and would live again."""
    with _open(file) as connection:
        connection.execute("DELETE FROM login")


def begin_news_anew(file: Path) -> None:
    """Drop the news, and number what comes higher than anybody can have heard.

    Clients that follow are told to read everything anew.
    """
    with _open(file) as connection:
        connection.execute("BEGIN IMMEDIATE")
        (last,) = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'news'"
        ).fetchone()
        connection.execute("DELETE FROM news")
        connection.execute("DELETE FROM sqlite_sequence WHERE name = 'news'")
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('news', ?)",
            (last + _HEARD_AT_MOST,),
        )
        connection.execute("COMMIT")


def ids(file: Path, query: str) -> set[str]:
    """Return the first column of a query of ours."""
    with _open(file) as connection:
        return {str(row[0]) for row in connection.execute(query)}


@contextmanager
def _open(file: Path) -> Generator[Any]:
    try:
        with closing(
            sqlite.connect(
                f"{file.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=BUSY_MS / 1000,
                isolation_level=None,
            )
        ) as connection:
            yield connection
    except sqlite.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite.SQLITE_FULL, sqlite.SQLITE_IOERR}:
            raise OSError(28, "No space left on device") from error
        raise BackupError(
            f"The database {file} cannot be read whole ({error}).",
            f"无法完整读取数据库 {file}({error})。",
        ) from error
