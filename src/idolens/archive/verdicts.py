"""What people say to findings: the newest holds, and none is ever changed.

Whoever withdraws a verdict adds one that says so; then it is as if nobody had said
anything, and the history stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, and_, delete, exists, insert, select

from idolens.archive import rows, schema
from idolens.archive.api_tables import verdict
from idolens.archive.audit import Deed
from idolens.archive.audit import note as note_deed
from idolens.archive.database import Database
from idolens.archive.news import tell
from idolens.archive.review_tables import review_claim, verdict_picture
from idolens.errors import BadInputError, ConflictError
from idolens.vocabulary import Milliseconds, SessionId, Sha256

Decision = Literal["confirmed", "dismissed", "corrected", "withdrawn"]
_FALSE: Decision = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a verdict is about.

    Attributes:
        key: a finding's id, or one made of question and time.
        question: its key in the policy.
        start: on the session clock.
        end: likewise.
        subject: the question in its words and the risky replies, as a digest; None
            where there is no finding.
        pictures: those that made it a finding.
    """

    key: str
    question: str
    start: Milliseconds
    end: Milliseconds
    subject: str | None = None
    pictures: tuple[Sha256, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one person said to one finding.

    Attributes:
        id: in the order in which they came.
        target: what it is about.
        version: 1 for the first verdict on this target, and so on.
        decision: what the person says of it.
        label: what it is instead, where the decision is ``corrected``.
        reason: code of why.
        note: why, in the person's words.
        by: who said it.
        at_ms: UTC.
        took_ms: from when the person took it from the queue; None if they did not.
    """

    id: int
    target: Target
    version: int
    decision: Decision
    label: str | None
    reason: str | None
    note: str
    by: str
    at_ms: int
    took_ms: int | None


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
        reason: str | None = None,
        note: str = "",
    ) -> Verdict:
        """Keep a verdict; whoever gives it is done with what they took.

        Args:
            session_id: of the session.
            target: what it is about.
            decision: what is said of it.
            by: who says it.
            seen: version of the newest verdict on it that this person saw; 0 for none.
            label: what it is instead.
            reason: code of why.
            note: why.

        Raises:
            ConflictError: somebody else has said something since.
            BadInputError: there is nothing to withdraw.
        """
        query = (
            select(verdict.c.version, verdict.c.decision)
            .where(verdict.c.session_id == session_id, verdict.c.target == target.key)
            .order_by(verdict.c.version.desc())
            .limit(1)
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
            "reason": reason,
            "note": note,
            "subject": target.subject,
            "made_by": by,
            "at_ms": rows.now_ms(),
        }
        with self._database.write() as connection:
            newest = connection.execute(query).one_or_none()
            version, last = (0, "withdrawn") if newest is None else newest
            if version != seen:
                raise ConflictError(
                    "Somebody else has judged this since: look again, then decide.",
                    "其他人已对此作出判定：请刷新查看后再决定。",
                )
            if decision == "withdrawn" == last:
                raise BadInputError(
                    "There is no verdict to withdraw: nobody has judged this.",
                    "没有可撤回的判定：此处尚无人判定。",
                )
            row["took_ms"] = _took(connection, session_id, target.key, row)
            added = connection.execute(insert(verdict), row)
            (number,) = added.inserted_primary_key or (0,)
            if target.pictures and decision != "withdrawn":
                connection.execute(
                    insert(verdict_picture),
                    [
                        {"verdict_id": number, "picture": picture}
                        for picture in target.pictures
                    ],
                )
            tell(
                connection,
                "verdict",
                session_id,
                target=target.key,
                version=seen + 1,
                decision=decision,
            )
            note_deed(connection, by, Deed.VERDICT, session_id, {"version": seen + 1})
        return _of(row | {"id": number})

    def newest(self, session_id: SessionId) -> dict[str, Verdict]:
        """Return the verdict that holds on each target of a session."""
        return {
            target: one
            for target, one in self.last(session_id).items()
            if one.decision != "withdrawn"
        }

    def last(self, session_id: SessionId) -> dict[str, Verdict]:
        """Return what was last said on each target, that it was withdrawn too."""
        query = (
            select(verdict)
            .where(verdict.c.session_id == session_id)
            .order_by(verdict.c.version)
        )
        with self._database.read() as connection:
            found = [_of(dict(row)) for row in connection.execute(query).mappings()]
        return {one.target.key: one for one in found}

    def all(self, session_ids: Iterable[SessionId]) -> dict[SessionId, list[Verdict]]:
        """Return all that was ever said in these sessions, the oldest first."""
        found: dict[SessionId, list[Verdict]] = {}
        with self._database.read() as connection:
            for session_id in session_ids:
                query = (
                    select(verdict)
                    .where(verdict.c.session_id == session_id)
                    .order_by(verdict.c.id)
                )
                listed = connection.execute(query).mappings()
                found[session_id] = [_of(dict(row)) for row in listed]
        return found

    def dismissed(
        self, session_id: SessionId, before_ms: int
    ) -> dict[tuple[str, Sha256], tuple[SessionId, Verdict]]:
        """Return which pictures of a session were dismissed in others, for what.

        Of each picture and subject the newest word counts that was spoken before
        ``before_ms``: what is said or withdrawn later changes nothing any more.
        """
        later = verdict.alias()
        frame, said = schema.frame, verdict_picture
        query = (
            select(verdict, said.c.picture)
            .join(said, said.c.verdict_id == verdict.c.id)
            .where(
                said.c.picture.in_(
                    select(frame.c.picture).where(frame.c.session_id == session_id)
                ),
                verdict.c.session_id != session_id,
                verdict.c.at_ms < before_ms,
                ~exists().where(
                    and_(
                        later.c.session_id == verdict.c.session_id,
                        later.c.target == verdict.c.target,
                        later.c.version > verdict.c.version,
                        later.c.at_ms < before_ms,
                    )
                ),
            )
            .order_by(verdict.c.id)
        )
        found: dict[tuple[str, Sha256], tuple[SessionId, Verdict]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query).mappings():
                where = (row["subject"], row["picture"])
                found[where] = (row["session_id"], _of(dict(row)))
        return {
            where: said for where, said in found.items() if said[1].decision == _FALSE
        }

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


def _took(
    connection: Connection, session_id: SessionId, target: str, row: rows.Row
) -> int | None:
    """Return how long somebody had it, and give it back."""
    own = and_(
        review_claim.c.session_id == session_id,
        review_claim.c.target == target,
        review_claim.c.made_by == row["made_by"],
    )
    query = select(review_claim.c.at_ms).where(
        own, ~review_claim.c.skipped, review_claim.c.until_ms > row["at_ms"]
    )
    since = connection.execute(query).scalar()
    connection.execute(delete(review_claim).where(own))
    return None if since is None else max(0, row["at_ms"] - since)


def _of(row: rows.Row) -> Verdict:
    return Verdict(
        id=row["id"],
        target=Target(
            key=row["target"],
            question=row["question"],
            start=row["start_ms"],
            end=row["end_ms"],
            subject=row["subject"],
        ),
        version=row["version"],
        decision=row["decision"],
        label=row["label"],
        reason=row["reason"],
        note=row["note"],
        by=row["made_by"],
        at_ms=row["at_ms"],
        took_ms=row["took_ms"],
    )
