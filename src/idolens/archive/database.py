"""The SQLite database: how it is opened, written to, and what its errors mean."""

import json
from collections.abc import Generator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as driver  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from idolens.archive.reserve import Reserve
from idolens.errors import (
    ArchiveBusyError,
    ArchiveError,
    DiskFullError,
    IdolensError,
)

sqlite: Any = driver
OLDEST_SQLITE = (3, 51, 3)
"""Older ones can corrupt a database in WAL mode when two connections checkpoint."""
BUSY_MS = 5000


class Database:
    """The database file of one installation.

    Args:
        path: the file; made when absent.
        reserve: given up when the disk is full.
    """

    def __init__(self, path: Path, reserve: Reserve) -> None:
        check_version(sqlite.sqlite_version_info)
        self.path = path
        self._reserve = reserve
        self._engine = open_engine(path)
        self._writer = self._engine.execution_options(begin="IMMEDIATE")

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Give a connection that sees one moment of the database."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[Connection]:
        """Give a connection whose writes are kept together, or not at all.

        Raises:
            DiskFullError: nothing was written; deleting is possible now.
            ArchiveBusyError: another process wrote for too long.
            ArchiveError: the file is damaged or cannot be written.
        """
        with self._translated(), self._writer.begin() as connection:
            yield connection

    def tidy(self) -> None:
        """Give freed pages back to the disk, and empty the log of old rows."""
        with self._translated(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            # It frees a page for each of its empty rows that is fetched.
            cursor.execute("PRAGMA incremental_vacuum")
            cursor.fetchall()
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self, suffix: str) -> Path:
        """Copy the database to a whole new file beside it, and return its path."""
        target = self.path.with_name(f"{self.path.name}.{suffix}")
        target.unlink(missing_ok=True)
        with self._translated(), self._engine.connect() as connection:
            outside = connection.execution_options(begin="NONE")
            outside.exec_driver_sql("VACUUM INTO ?", (str(target),))
        return target

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._meaning(error.orig) from error
        except sqlite.Error as error:
            raise self._meaning(error) from error

    def _meaning(self, error: BaseException | None) -> IdolensError:
        code: int = getattr(error, "sqlite_errorcode", 0)
        primary = code & 0xFF
        if primary == sqlite.SQLITE_FULL or (
            primary == sqlite.SQLITE_IOERR and self._reserve.disk_is_full()
        ):
            self._reserve.give_up()
            return disk_full(self.path.parent)
        if primary in {sqlite.SQLITE_BUSY, sqlite.SQLITE_LOCKED}:
            return ArchiveBusyError(
                "Another process is writing to the archive: try again.",
                "另一个进程正在写入数据库:请稍后重试。",
            )
        return ArchiveError(
            f"The archive {self.path} cannot be used ({error}): run `idolens doctor`.",
            f"无法使用数据库 {self.path}({error}):请运行 `idolens doctor`。",
        )


def sqlite_version() -> str:
    """Return the version of the SQLite that the archive runs on, e.g. ``3.53.4``."""
    return sqlite.sqlite_version


def disk_full(folder: Path) -> DiskFullError:
    """Return the error that says so."""
    return DiskFullError(
        f"The disk of {folder} is full: free some space, then run `idolens resume`.",
        f"{folder} 所在磁盘已满:请释放空间,然后运行 `idolens resume`。",
    )


def check_version(version: tuple[int, ...]) -> None:
    """Refuse an SQLite that can corrupt the database.

    Raises:
        ArchiveError: ``version`` is too old.
    """
    if version < OLDEST_SQLITE:
        found = ".".join(map(str, version))
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise ArchiveError(
            f"SQLite {found} can damage the archive, {needed} or newer is needed: "
            "run `pip install --upgrade pysqlite3`.",
            f"SQLite {found} 可能损坏数据库,需要 {needed} 或更新版本:"
            "请运行 `pip install --upgrade pysqlite3`。",
        )


def open_engine(path: Path, *, foreign_keys: bool = True) -> Engine:
    """Make an engine for ``path`` with our pragmas; it opens no file yet."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        module=sqlite,
        hide_parameters=True,  # an error quotes the statement, not what was written
        json_serializer=partial(json.dumps, ensure_ascii=False, allow_nan=False),
    )

    def connected(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see `begun`
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        # Before the first page of a new file only: said again, it writes each time.
        if not connection.execute("PRAGMA auto_vacuum").fetchone()[0]:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
            "secure_delete=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def begun(connection: Connection) -> None:
        kind: str = connection.get_execution_options().get("begin", "DEFERRED")
        if kind != "NONE":
            connection.exec_driver_sql(f"BEGIN {kind}")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
