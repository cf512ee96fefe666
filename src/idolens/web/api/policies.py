"""/api/v1/policies: the rule books, their versions, which one holds."""

import difflib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import ConfigDict, Field

from idolens.archive.policies import PolicyText
from idolens.jobs import RuleBook
from idolens.review import check_policy, load_policy
from idolens.web.access.caller import caller_of
from idolens.web.api.shape import (
    Asked,
    Cursor,
    Limit,
    Page,
    Told,
    cursor_of,
    place_of,
    utc,
)
from idolens.web.house import House
from idolens.web.problems import Message

PolicyPath = Annotated[
    str,
    Path(max_length=80, description="Name of a policy.", examples=["livestream-zh"]),
]
_VERSION = r"^[0-9a-f]{12}$"
_EXAMPLE = """\
name: our-stage
title: {zh: 我们的舞台, en: Our stage}
questions:
  - key: logo
    kind: yes_no
    instruction: 画面中是否有未授权的LOGO?
    label: {zh: 未授权LOGO, en: Unauthorised logo}
    risks:
      - {when: yes, sub_label: {zh: 未授权LOGO, en: Unauthorised logo}, level: high}
"""


class PolicyTold(Told):
    """A policy and which of its versions hold."""

    name: str = Field(description="Its name.")
    title: Message | None = Field(
        description="Of the active version; null while there is none."
    )
    origin: Literal["idolens", "studio"] = Field(description="Who first wrote it.")
    active: str | None = Field(description="The version that sessions begin with.")
    shadow: str | None = Field(
        description="The version that is judged beside it and never decides."
    )
    versions: int = Field(description="How many there are.")


class PolicyPage(Page[PolicyTold]):
    """Some policies, by name."""


class VersionTold(Told):
    """One version of a policy."""

    version: str = Field(description="Digest of its content.")
    by: str = Field(description="Who wrote it; `idolens` for what came along.")
    at: str | None = Field(description="When, UTC; null for what came along.")
    active: bool = Field(description="Whether sessions begin with it.")
    shadow: bool = Field(description="Whether it is judged beside the active one.")


class VersionPage(Page[VersionTold]):
    """Some versions, the newest first."""


class PolicyWhole(PolicyTold):
    """A policy with the text of one version."""

    version: str = Field(description="Which version the text is.")
    text: str = Field(description="As YAML.")


class PolicyAsked(Asked):
    """A new version of a policy."""

    text: str = Field(
        min_length=1,
        max_length=200_000,
        description="YAML, as docs/policy.md says; its `name` says of which policy. It "
        "holds only once it is activated.",
        examples=[_EXAMPLE],
    )


def _with_example(schema: dict[str, Any]) -> None:
    """Add an example that works: a version that comes along changes its name."""
    schema["examples"] = [{"version": load_policy("livestream-zh").version}]


class VersionAsked(Asked):
    """Which version is meant."""

    model_config = ConfigDict(json_schema_extra=_with_example)

    version: str = Field(pattern=_VERSION, description="Of the policy's versions.")


class ShadowAsked(Asked):
    """Which version is to be judged beside the active one."""

    model_config = ConfigDict(json_schema_extra=_with_example)

    version: str | None = Field(
        pattern=_VERSION, description="Of the policy's versions; null for none."
    )


class PolicyDiff(Told):
    """What changed from one version to another."""

    before: str = Field(description="The version that `-` lines are from.")
    after: str = Field(description="The version that `+` lines are from.")
    lines: list[str] = Field(description="A unified diff; empty where nothing did.")


def add_policies(router: APIRouter, house: House) -> None:
    """Add the routes."""
    _add_reading(router, house)
    _add_writing(router, house)


def _add_reading(router: APIRouter, house: House) -> None:
    @router.get("/policies", summary="List the policies")
    def policies(limit: Limit = 50, cursor: Cursor = None) -> PolicyPage:
        place = place_of(cursor, str)
        books = [
            book
            for book in house.rules.all()
            if place is None or book.name > str(place[0])
        ]
        return PolicyPage(
            items=[_told(book) for book in books[:limit]],
            next=cursor_of(books[limit - 1].name) if len(books) > limit else None,
        )

    @router.get("/policies/{name}", summary="Show a policy")
    def policy(
        name: PolicyPath,
        version: Annotated[
            str | None,
            Query(pattern=_VERSION, description="The active one if not given."),
        ] = None,
    ) -> PolicyWhole:
        book = house.rules.named(name)
        wanted = version or book.active or book.versions[0].version
        return PolicyWhole(
            **_told(book).model_dump(), version=wanted, text=book.text(wanted)
        )

    @router.get("/policies/{name}/versions", summary="List a policy's versions")
    def versions(
        name: PolicyPath, limit: Limit = 50, cursor: Cursor = None
    ) -> VersionPage:
        book = house.rules.named(name)
        place = place_of(cursor, int)
        first = int(place[0]) if place else 0
        more = len(book.versions) > first + limit
        return VersionPage(
            items=[_version(book, one) for one in book.versions[first : first + limit]],
            next=cursor_of(first + limit) if more else None,
        )

    @router.get("/policies/{name}/diff", summary="Compare two versions of a policy")
    def diff(
        name: PolicyPath,
        before: Annotated[
            str, Query(alias="from", pattern=_VERSION, description="The older version.")
        ],
        after: Annotated[
            str, Query(alias="to", pattern=_VERSION, description="The newer version.")
        ],
    ) -> PolicyDiff:
        book = house.rules.named(name)
        lines = difflib.unified_diff(
            book.text(before).splitlines(),
            book.text(after).splitlines(),
            before,
            after,
            lineterm="",
        )
        return PolicyDiff(before=before, after=after, lines=list(lines))


def _add_writing(router: APIRouter, house: House) -> None:
    @router.post("/policies", summary="Add a version of a policy", status_code=201)
    def add(asked: PolicyAsked, request: Request, response: Response) -> PolicyWhole:
        policy = check_policy(asked.text)
        actor = caller_of(request).actor
        shelf = house.archive.policies
        books = {book.name: book for book in house.rules.all()}
        known = books.get(policy.name)
        if known is None or all(
            one.version != policy.version for one in known.versions
        ):
            shelf.add(policy.name, policy.version, asked.text, by=actor)
        else:
            response.status_code = 200
        book = house.rules.named(policy.name)
        response.headers["Location"] = (
            f"/api/v1/policies/{policy.name}?version={policy.version}"
        )
        return PolicyWhole(
            **_told(book).model_dump(),
            version=policy.version,
            text=book.text(policy.version),
        )

    @router.post("/policies/{name}/activate", summary="Let a version hold from now on")
    def activate(name: PolicyPath, asked: VersionAsked, request: Request) -> PolicyTold:
        house.rules.named(name).text(asked.version)
        house.archive.policies.choose(
            name, "active", asked.version, by=caller_of(request).actor
        )
        return _told(house.rules.named(name))

    @router.post(
        "/policies/{name}/shadow",
        summary="Let a version be judged beside the active one, without deciding",
    )
    def shadow(name: PolicyPath, asked: ShadowAsked, request: Request) -> PolicyTold:
        book = house.rules.named(name)
        if asked.version is not None:
            book.text(asked.version)
        house.archive.policies.choose(
            name, "shadow", asked.version, by=caller_of(request).actor
        )
        return _told(house.rules.named(name))


def _told(book: RuleBook) -> PolicyTold:
    title = book.policy().title if book.active else None
    return PolicyTold(
        name=book.name,
        title=title and Message(zh=title.zh, en=title.en),
        origin=book.origin,
        active=book.active,
        shadow=book.shadow,
        versions=len(book.versions),
    )


def _version(book: RuleBook, one: PolicyText) -> VersionTold:
    return VersionTold(
        version=one.version,
        by=one.by,
        at=utc(one.at_ms) if one.at_ms else None,
        active=one.version == book.active,
        shadow=one.version == book.shadow,
    )
