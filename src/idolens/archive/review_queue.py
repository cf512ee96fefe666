"""What waits for people, and who looks at what.

What waits follows from reports, so that it can be put together again at any time. That
somebody looks at something is only a courtesy to others: it ends by itself, and nothing
is lost with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects.sqlite import insert as insert_or_change

from idolens.archive import rows, schema
from idolens.archive.api_tables import verdict
from idolens.archive.database import Database
from idolens.archive.review_tables import review_claim, review_item, review_lot
from idolens.vocabulary import SessionId

CLAIM_MS = 5 * 60_000
"""How long something is with the one who took it."""
SKIP_MS = 8 * 3_600_000
"""How long what somebody skipped is not offered to them again."""
Kind = Literal["finding", "sample"]
Place = tuple[int, str, str]
"""Rank, session and target of an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A finding, or a passed frame of the QA sample, that wants a person.

    Attributes:
        target: as verdicts name it.
        question: its key; empty for a frame.
        level: how much it matters.
        rank: the highest comes first.
        looks: how many frames it stands for.
    """

    session_id: SessionId
    target: str
    kind: Kind
    question: str
    level: str
    rank: int
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLot:
    """What one report gives people to do.

    Attributes:
        report: digest of the report.
        passed: frames from which the QA sample was drawn.
        ready_at_ms: when the report was there, UTC.
    """

    session_id: SessionId
    report: str
    passed: int
    ready_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which items are meant; None is any.

    Attributes:
        again_by: instead of what is open, what others have judged and this person has
            not.
    """

    session_id: str | None = None
    policy: str | None = None
    level: str | None = None
    question: str | None = None
    kind: Kind | None = None
    again_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An item, and who looks at it now, if anybody does."""

    item: ReviewItem
    by: str | None
    until_ms: int | None


class ReviewQueue:
    """The queue of one installation.

    Args:
        database: where it stands.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def unsorted(self) -> list[tuple[SessionId, str, int]]:
        """Return the sessions whose newest report is not in the queue yet.

        Returns:
            Session, digest of the report, and when it was there (UTC, ms).
        """
        report = schema.report
        newest = select(func.max(report.c.id)).group_by(report.c.session_id)
        query = (
            select(report.c.session_id, report.c.sha256, report.c.at_ms)
            .outerjoin(review_lot, review_lot.c.session_id == report.c.session_id)
            .where(
                report.c.id.in_(newest),
                review_lot.c.report.is_distinct_from(report.c.sha256),
            )
            .order_by(report.c.id)
        )
        with self._database.read() as connection:
            return [
                (SessionId(row.session_id), row.sha256, row.at_ms)
                for row in connection.execute(query)
            ]

    def put(self, lot: ReviewLot, items: Sequence[ReviewItem]) -> None:
        """Put what a report gives people to do in the place of what was there."""
        with self._database.write() as connection:
            connection.execute(
                delete(review_lot).where(review_lot.c.session_id == lot.session_id)
            )
            connection.execute(
                insert(review_lot),
                {
                    "session_id": lot.session_id,
                    "report": lot.report,
                    "passed": lot.passed,
                    "ready_at_ms": lot.ready_at_ms,
                },
            )
            if items:
                connection.execute(insert(review_item), [_row(one) for one in items])

    def page(
        self, wanted: Wanted, limit: int, behind: Place | None = None
    ) -> list[Waiting]:
        """Return what waits, the most urgent first."""
        with self._database.read() as connection:
            query = _waiting(wanted).limit(limit)
            if behind is not None:
                query = query.where(_behind(behind))
            return _read(connection, query)

    def claim(
        self, wanted: Wanted, limit: int, by: str, skip: Sequence[tuple[str, str]] = ()
    ) -> list[Waiting]:
        """Take the most urgent items that nobody else looks at; renew one's own.

        Args:
            wanted: which are meant.
            limit: how many at most, with those that one has already.
            by: who takes them.
            skip: session and target of what is given back and not wanted again now.
        """
        now = rows.now_ms()
        with self._database.write() as connection:
            connection.execute(
                delete(review_claim).where(review_claim.c.until_ms <= now)
            )
            _take(connection, _known(connection, skip), by, now, skipped=True)
            others = _claims(
                (review_claim.c.made_by != by) & ~review_claim.c.skipped
                | (review_claim.c.made_by == by) & review_claim.c.skipped
            )
            query = _waiting(wanted).where(~others).limit(limit)
            taken = [
                (one.item.session_id, one.item.target)
                for one in _read(connection, query)
            ]
            _take(connection, taken, by, now, skipped=False)
            return _read(connection, query)

    def give_back(self, by: str) -> int:
        """Give back all that somebody took or skipped; return how much that was."""
        with self._database.write() as connection:
            gone = connection.execute(
                delete(review_claim).where(review_claim.c.made_by == by)
            )
            return gone.rowcount

    def lots(self, policy: str) -> list[ReviewLot]:
        """Return what the sessions of a policy gave people to do."""
        query = (
            select(review_lot)
            .join(schema.session, schema.session.c.id == review_lot.c.session_id)
            .where(schema.session.c.policy_name == policy)
            .order_by(review_lot.c.session_id)
        )
        with self._database.read() as connection:
            return [
                ReviewLot(
                    session_id=row["session_id"],
                    report=row["report"],
                    passed=row["passed"],
                    ready_at_ms=row["ready_at_ms"],
                )
                for row in connection.execute(query).mappings()
            ]

    def items(self, session_id: SessionId) -> list[ReviewItem]:
        """Return all that a session gave people to do, done or not."""
        query = (
            select(review_item)
            .where(review_item.c.session_id == session_id)
            .order_by(review_item.c.target)
        )
        with self._database.read() as connection:
            return [_item(dict(row)) for row in connection.execute(query).mappings()]

    def left(self, wanted: Wanted) -> int:
        """Return how many items wait."""
        counted = _waiting(wanted).order_by(None).subquery()
        with self._database.read() as connection:
            return connection.execute(
                select(func.count()).select_from(counted)
            ).scalar_one()


def _waiting(wanted: Wanted) -> Select[tuple[object, ...]]:
    item, session = review_item, schema.session
    query = select(item).order_by(item.c.rank.desc(), item.c.session_id, item.c.target)
    said = _verdicts()
    if wanted.again_by is None:
        query = query.where(~said)
    else:
        query = query.where(said, ~_verdicts(verdict.c.made_by == wanted.again_by))
    if wanted.policy is not None:
        query = query.join(session, session.c.id == item.c.session_id).where(
            session.c.policy_name == wanted.policy
        )
    for column, value in (
        (item.c.session_id, wanted.session_id),
        (item.c.level, wanted.level),
        (item.c.question, wanted.question),
        (item.c.kind, wanted.kind),
    ):
        if value is not None:
            query = query.where(column == value)
    return query


def _verdicts(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell of an item whether a verdict on it holds, or any of somebody's stands."""
    later = verdict.alias()
    own = (
        verdict.c.session_id == review_item.c.session_id,
        verdict.c.target == review_item.c.target,
    )
    if more:
        return exists().where(*own, *more)
    withdrawn = exists().where(
        later.c.session_id == verdict.c.session_id,
        later.c.target == verdict.c.target,
        later.c.version > verdict.c.version,
    )
    return exists().where(*own, verdict.c.decision != "withdrawn", ~withdrawn)


def _claims(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        review_claim.c.session_id == review_item.c.session_id,
        review_claim.c.target == review_item.c.target,
        which,
    )


def _behind(place: Place) -> ColumnElement[bool]:
    rank, session_id, target = place
    item = review_item.c
    return (item.rank < rank) | and_(
        item.rank == rank,
        tuple_(item.session_id, item.target) > tuple_(session_id, target),
    )


def _known(
    connection: Connection, places: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    query = select(review_item.c.session_id, review_item.c.target)
    return [
        place
        for place in places
        if connection.execute(
            query.where(
                review_item.c.session_id == place[0], review_item.c.target == place[1]
            )
        ).one_or_none()
    ]


def _take(
    connection: Connection,
    places: Sequence[tuple[str, str]],
    by: str,
    now: int,
    *,
    skipped: bool,
) -> None:
    """Note who has what; how long they have had it counts from the first time."""
    until = now + (SKIP_MS if skipped else CLAIM_MS)
    for session_id, target in places:
        added = insert_or_change(review_claim).values(
            session_id=session_id,
            target=target,
            made_by=by,
            at_ms=now,
            until_ms=until,
            skipped=skipped,
        )
        connection.execute(
            added.on_conflict_do_update(
                index_elements=["session_id", "target", "made_by"],
                set_={"until_ms": until, "skipped": skipped},
            )
        )


def _read(connection: Connection, query: Select[tuple[object, ...]]) -> list[Waiting]:
    items = [_item(dict(row)) for row in connection.execute(query).mappings()]
    claim = review_claim.c
    held = select(claim.session_id, claim.target, claim.made_by, claim.until_ms).where(
        ~claim.skipped,
        claim.until_ms > rows.now_ms(),
        claim.session_id.in_({one.session_id for one in items}),
    )
    by = {
        (row.session_id, row.target): (row.made_by, row.until_ms)
        for row in connection.execute(held)
    }
    waiting: list[Waiting] = []
    for item in items:
        who, until = by.get((item.session_id, item.target), (None, None))
        waiting.append(Waiting(item=item, by=who, until_ms=until))
    return waiting


def _row(item: ReviewItem) -> dict[str, object]:
    return {
        "session_id": item.session_id,
        "target": item.target,
        "kind": item.kind,
        "question": item.question,
        "level": item.level,
        "rank": item.rank,
        "looks": item.looks,
    }


def _item(row: rows.Row) -> ReviewItem:
    return ReviewItem(
        session_id=row["session_id"],
        target=row["target"],
        kind=row["kind"],
        question=row["question"],
        level=row["level"],
        rank=row["rank"],
        looks=row["looks"],
    )
