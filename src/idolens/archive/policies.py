"""The studio's own policies as texts: every version there was, and which one holds."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_not

from idolens.archive import rows
from idolens.archive.api_tables import policy_choice, policy_version
from idolens.archive.audit import Deed, note
from idolens.archive.database import Database
from idolens.archive.news import tell

Place = Literal["active", "shadow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """One version of a policy.

    Attributes:
        version: digest of its content.
        content: as it was written (YAML).
        by: who wrote it.
        at_ms: UTC.
    """

    name: str
    version: str
    content: str
    by: str
    at_ms: int


class PolicyShelf:
    """The policies of one installation.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, version: str, content: str, *, by: str) -> bool:
        """Keep a version; return whether it is a new one."""
        row = {
            "name": name,
            "version": version,
            "content": content,
            "made_by": by,
            "at_ms": rows.now_ms(),
        }
        with self._database.write() as connection:
            added = connection.execute(
                insert_or_not(policy_version).on_conflict_do_nothing(), row
            )
            if added.rowcount:
                tell(connection, "policy", None, name=name, version=version)
                note(connection, by, Deed.POLICY_CHANGED, name, {"version": version})
            return bool(added.rowcount)

    def names(self) -> list[str]:
        """Return the names of all policies that were ever kept."""
        query = select(policy_version.c.name).distinct().order_by("name")
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def versions(self, name: str) -> list[PolicyText]:
        """Return the versions of a policy, the newest first."""
        query = (
            select(policy_version)
            .where(policy_version.c.name == name)
            .order_by(policy_version.c.at_ms.desc(), policy_version.c.version)
        )
        with self._database.read() as connection:
            return [
                PolicyText(
                    name=row["name"],
                    version=row["version"],
                    content=row["content"],
                    by=row["made_by"],
                    at_ms=row["at_ms"],
                )
                for row in connection.execute(query).mappings()
            ]

    def choose(self, name: str, place: Place, version: str | None, *, by: str) -> None:
        """Let a version hold from now on, or stand in the shadow; None for none."""
        row = {
            "name": name,
            "place": place,
            "version": version,
            "made_by": by,
            "at_ms": rows.now_ms(),
        }
        with self._database.write() as connection:
            connection.execute(insert(policy_choice), row)
            tell(connection, "policy", None, name=name, version=version, place=place)
            detail = {"version": version, "place": place}
            note(connection, by, Deed.POLICY_CHANGED, name, detail)

    def chosen(self, name: str, place: Place) -> str | None:
        """Return the version that was chosen last, or None."""
        newest = select(func.max(policy_choice.c.id)).where(
            policy_choice.c.name == name, policy_choice.c.place == place
        )
        query = select(policy_choice.c.version).where(
            policy_choice.c.id == newest.scalar_subquery()
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()
