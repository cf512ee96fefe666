"""/api/v1/review: what waits for people, who looks at what, and why they decide."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from idolens.archive.review_queue import Wanted
from idolens.review.review_rules import REASONS
from idolens.web.access.caller import caller_of
from idolens.web.api.reviewing import ItemTold, Reviewing
from idolens.web.api.shape import (
    Asked,
    Cursor,
    Limit,
    Page,
    Told,
    cursor_of,
    place_of,
)
from idolens.web.house import House
from idolens.web.problems import Message

MOST_CLAIMED = 20
"""How much one person may have at a time."""
Kind = Literal["finding", "sample"]
Level = Literal["none", "low", "medium", "high"]
_Text = Annotated[
    str | None, Query(max_length=80, description="Only of this one, by its name.")
]


class QueuePage(Page[ItemTold]):
    """Some of what waits, the most urgent first."""

    left: int = Field(description="How much waits in all.")


class PlaceAsked(Asked):
    """Names one item."""

    session: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Id of the session.",
        examples=["20261123-080000-abcdef"],
    )
    target: str = Field(
        max_length=300, description="Of the item.", examples=["exposure/yes/f000000"]
    )


class ClaimAsked(Asked):
    """How much somebody wants to look at next, and of what."""

    limit: int = Field(
        default=1,
        ge=1,
        le=MOST_CLAIMED,
        description="How many items, with those that one has already.",
    )
    session: str | None = Field(
        default=None, max_length=64, description="Only of this session."
    )
    policy: str | None = Field(
        default=None, max_length=80, description="Only of this policy."
    )
    level: Level | None = Field(default=None, description="Only of this level.")
    question: str | None = Field(
        default=None, max_length=40, description="Only findings of this question."
    )
    kind: Kind | None = Field(default=None, description="Only findings, or samples.")
    again: bool = Field(
        default=False,
        description="Instead of what is open: what others have judged and you have "
        "not, without what they said. The newest word holds.",
    )
    skip: list[PlaceAsked] = Field(
        default_factory=list[PlaceAsked],
        max_length=MOST_CLAIMED,
        description="What you give back, and do not want to see again for eight hours.",
    )


class Claimed(Told):
    """What somebody looks at now."""

    items: list[ItemTold] = Field(
        description="The most urgent first; nobody else is offered them for five "
        "minutes. Ask again to keep them longer."
    )
    left: int = Field(description="How much waits in all.")


class GivenBack(Told):
    """What somebody no longer looks at."""

    count: int = Field(description="How many items.")


class ReasonTold(Told):
    """A reason that verdicts can have."""

    code: str = Field(description="Give it as `reason`.")
    words: Message = Field(description="What a reviewer reads.")


class ReasonsTold(Told):
    """The reasons, in the order in which they are offered."""

    items: list[ReasonTold] = Field(description="Those that come along first.")


def add_review(router: APIRouter, house: House, reviewing: Reviewing) -> None:
    """Add the routes."""

    @router.get("/review/queue", summary="List what waits for people")
    def queue(  # noqa: PLR0913 - a filter each
        *,
        request: Request,
        limit: Limit = 50,
        cursor: Cursor = None,
        session: _Text = None,
        policy: _Text = None,
        question: _Text = None,
        level: Annotated[
            Level | None, Query(description="Only findings of this level.")
        ] = None,
        kind: Annotated[
            Kind | None, Query(description="Only findings, or sampled frames.")
        ] = None,
        again: Annotated[
            bool,
            Query(
                description="Instead of what is open: what others have judged and "
                "you have not, without what they said."
            ),
        ] = False,
    ) -> QueuePage:
        reviewing.sort_in()
        place = place_of(cursor, int, str, str)
        behind = None
        if place is not None:
            behind = (int(place[0]), str(place[1]), str(place[2]))
        wanted = Wanted(
            session_id=session,
            policy=policy,
            level=level,
            question=question,
            kind=kind,
            again_by=caller_of(request).actor if again else None,
        )
        found = house.archive.review.page(wanted, limit + 1, behind)
        shown = found[:limit]
        last = shown[-1].item if shown else None
        more = last is not None and len(found) > limit
        return QueuePage(
            items=reviewing.told(shown, blind=again),
            next=cursor_of(last.rank, last.session_id, last.target)
            if more and last
            else None,
            left=house.archive.review.left(wanted),
        )

    @router.post("/review/claims", summary="Take what to look at next")
    def claim(asked: ClaimAsked, request: Request) -> Claimed:
        reviewing.sort_in()
        actor = caller_of(request).actor
        wanted = Wanted(
            session_id=asked.session,
            policy=asked.policy,
            level=asked.level,
            question=asked.question,
            kind=asked.kind,
            again_by=actor if asked.again else None,
        )
        skip = [(one.session, one.target) for one in asked.skip]
        taken = house.archive.review.claim(wanted, asked.limit, actor, skip)
        return Claimed(
            items=reviewing.told(taken, blind=asked.again),
            left=house.archive.review.left(wanted),
        )

    @router.delete("/review/claims", summary="Give back all that you took or skipped")
    def give_back(request: Request) -> GivenBack:
        return GivenBack(count=house.archive.review.give_back(caller_of(request).actor))

    @router.get("/review/reasons", summary="List the reasons for verdicts")
    def reasons(policy: _Text = None) -> ReasonsTold:
        known = list(REASONS)
        if policy is not None:
            book = house.rules.named(policy)
            version = book.active or book.versions[0].version
            known += book.policy(version).reviewed.reasons
        return ReasonsTold(
            items=[
                ReasonTold(
                    code=one.code, words=Message(zh=one.words.zh, en=one.words.en)
                )
                for one in known
            ]
        )
