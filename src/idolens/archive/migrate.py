"""Bring the database's schema up to date; the steps stand in migrations/versions."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from idolens.archive.database import Database, open_engine
from idolens.archive.schema import HEAD
from idolens.errors import ArchiveError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database, target: str = HEAD) -> None:
    """Make or upgrade the tables of ``database``, in one transaction.

    A database that held something is copied first, next to itself; the copy is
    deleted once the upgrade stands.

    Raises:
        ArchiveError: a newer idolens wrote it, or the upgrade breaks a reference.
    """
    with database.read() as connection:
        found = revision(connection)
    if found == target:
        return
    _refuse_newer(found, database.path)
    backup = None if found is None else database.copy(f"before-{target}")
    engine = open_engine(database.path, foreign_keys=False)
    try:
        with (
            engine.connect().execution_options(begin="IMMEDIATE") as connection,
            connection.begin(),
        ):
            _step(connection, target, database.path)
    finally:
        engine.dispose()
    if backup is not None:
        backup.unlink()


def is_known(found: str) -> bool:
    """Tell whether this idolens can bring a database at ``found`` up to date."""
    return found in _alembic()[1]


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, or None when there are no tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _step(connection: Connection, target: str, path: Path) -> None:
    from alembic import command  # noqa: PLC0415 - see _alembic

    config, _ = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, target)  # does nothing if another process just has
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise ArchiveError(
            f"Upgrading {path} would lose {len(broken)} references; "
            "nothing was changed: please report this.",
            f"升级 {path} 会丢失 {len(broken)} 处引用,未作任何更改:请反馈此问题。",
        )


def _refuse_newer(found: str | None, path: Path) -> None:
    _, known = _alembic()
    if found is not None and found not in known:
        raise ArchiveError(
            f"{path} was written by a newer idolens (schema {found}): "
            "upgrade idolens, or set IDOLENS_HOME to another folder.",
            f"{path} 由更新版本的 idolens 写入(结构版本 {found}):"
            "请升级 idolens,或将 IDOLENS_HOME 设为其他目录。",
        )


def _alembic() -> "tuple[Config, set[str]]":
    # Alembic costs 130 ms and is needed only when the schema is behind.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return config, {script.revision for script in scripts}
