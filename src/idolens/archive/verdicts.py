"""What people say to findings: the newest holds, and none is ever changed."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, insert, select

from idolens.archive import rows
from idolens.archive.api_tables import verdict
from idolens.archive.audit import Deed
from idolens.archive.audit import note as note_deed
from idolens.archive.database import Database
from idolens.archive.news import tell
from idolens.errors import ConflictError
from idolens.vocabulary import Milliseconds, SessionId

Decision = Literal["confirmed", "dismissed", "corrected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a verdict is about.

    Attributes:
        key: a finding's id, or one made of question and time.
        question: its key in the policy.
        start: on the session clock.
        end: likewise.
    """

    key: str
    question: str
    start: Milliseconds
    end: Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one person said to one finding.

    Attributes:
        id: in the order in which they came.
        target: what it is about.
        version: 1 for the first verdict on this target, and so on.
        decision: what the person says of it.
        label: what it is instead, where the decision is ``corrected``.
        note: why, in the person's words.
        by: who said it.
        at_ms: UTC.
    """

    id: int
    target: Target
    version: int
    decision: Decision
    label: str | None
    note: str
    by: str
    at_ms: int


class Verdicts:
    """The verdicts of one installation.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(  # noqa: PLR0913 - a verdict has as many parts
        self,
        session_id: SessionId,
        target: Target,
        decision: Decision,
        *,
        by: str,
        seen: int,
        label: str | None = None,
        note: str = "",
    ) -> Verdict:
        """Keep a verdict.

        Args:
            session_id: of the session.
            target: what it is about.
            decision: what is said of it.
            by: who says it.
            seen: version of the newest verdict on it that this person saw; 0 for none.
            label: what it is instead.
            note: why.

        Raises:
            ConflictError: somebody else has said something since.
        """
        query = select(func.max(verdict.c.version)).where(
            verdict.c.session_id == session_id, verdict.c.target == target.key
        )
        row = {
            "session_id": session_id,
            "target": target.key,
            "version": seen + 1,
            "question": target.question,
            "start_ms": target.start,
            "end_ms": target.end,
            "decision": decision,
            "label": label,
            "note": note,
            "made_by": by,
            "at_ms": rows.now_ms(),
        }
        with self._database.write() as connection:
            if (connection.execute(query).scalar() or 0) != seen:
                raise ConflictError(
                    "Somebody else has judged this since: look again, then decide.",
                    "其他人已对此作出判定：请刷新查看后再决定。",
                )
            added = connection.execute(insert(verdict), row)
            tell(
                connection,
                "verdict",
                session_id,
                target=target.key,
                version=seen + 1,
                decision=decision,
            )
            note_deed(connection, by, Deed.VERDICT, session_id, {"version": seen + 1})
        (number,) = added.inserted_primary_key or (0,)
        return _of(row | {"id": number})

    def newest(self, session_id: SessionId) -> dict[str, Verdict]:
        """Return the verdict that holds on each target of a session."""
        query = (
            select(verdict)
            .where(verdict.c.session_id == session_id)
            .order_by(verdict.c.version)
        )
        with self._database.read() as connection:
            found = [_of(dict(row)) for row in connection.execute(query).mappings()]
        return {one.target.key: one for one in found}

    def page(
        self, session_id: SessionId, limit: int, behind: int | None = None
    ) -> list[Verdict]:
        """Return verdicts of a session, the newest first."""
        query = (
            select(verdict)
            .where(verdict.c.session_id == session_id)
            .order_by(verdict.c.id.desc())
            .limit(limit)
        )
        if behind is not None:
            query = query.where(verdict.c.id < behind)
        with self._database.read() as connection:
            return [_of(dict(row)) for row in connection.execute(query).mappings()]


def _of(row: rows.Row) -> Verdict:
    return Verdict(
        id=row["id"],
        target=Target(
            key=row["target"],
            question=row["question"],
            start=row["start_ms"],
            end=row["end_ms"],
        ),
        version=row["version"],
        decision=row["decision"],
        label=row["label"],
        note=row["note"],
        by=row["made_by"],
        at_ms=row["at_ms"],
    )
