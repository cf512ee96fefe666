"""Which policies there are: those that come with idolens, and the studio's own."""

from dataclasses import dataclass
from typing import Literal

from idolens.archive.policies import PolicyText
from idolens.errors import ConflictError, NotFoundError
from idolens.review import Policy, check_policy, load_policy, policy_text
from idolens.review import shipped_policies as shipped
from idolens.web.house import House

BROUGHT = "idolens"
"""Who wrote the policies that come along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """A policy by its name, with all its versions.

    Attributes:
        versions: the newest first; the one that came along last.
        active: what sessions begin with; None while a studio's own has none yet.
        shadow: what is judged beside it without deciding, if anything is.
    """

    name: str
    versions: tuple[PolicyText, ...]
    active: str | None
    shadow: str | None

    @property
    def origin(self) -> Literal["idolens", "studio"]:
        """Whether it came along, or is the studio's own from the beginning."""
        return "idolens" if self.versions[-1].by == BROUGHT else "studio"

    def text(self, version: str) -> str:
        """Return a version as it was written.

        Raises:
            NotFoundError: there is no such version.
        """
        for one in self.versions:
            if one.version == version:
                return one.content
        raise NotFoundError(
            "The policy has no such version: see its versions.",
            "该策略没有这个版本：请查看其版本列表。",
        )

    def policy(self, version: str | None = None) -> Policy:
        """Return a version; the active one where none is named.

        Raises:
            NotFoundError: there is no such version.
            ConflictError: none is active yet.
        """
        wanted = version or self.active
        if wanted is None:
            raise ConflictError(
                "No version of the policy is active yet: activate one first.",
                "该策略尚无启用的版本：请先启用一个版本。",
            )
        return check_policy(self.text(wanted))


def rule_books(house: House) -> list[RuleBook]:
    """Return all policies by name."""
    brought = {policy.name: policy for policy in shipped()}
    names = sorted({*brought, *house.archive.policies.names()})
    return [_book(house, name, brought.get(name)) for name in names]


def rule_book(house: House, name: str) -> RuleBook:
    """Return one policy by a name that a client gave; never a file.

    Raises:
        NotFoundError: there is none of this name.
    """
    for book in rule_books(house):
        if book.name == name:
            return book
    raise NotFoundError(
        "There is no such policy: take a name from GET /api/v1/policies.",
        "没有这个策略：请使用 GET /api/v1/policies 列出的名称。",
    )


def usual_policy(house: House, name_or_file: str) -> Policy:
    """Return the policy that a setting names, which may be a file."""
    for book in rule_books(house):
        if book.name == name_or_file:
            return book.policy()
    return load_policy(name_or_file)


def _book(house: House, name: str, brought: Policy | None) -> RuleBook:
    shelf = house.archive.policies
    versions = tuple(shelf.versions(name))
    if brought is not None:
        known = [one for one in versions if one.version != brought.version]
        versions = (*known, _as_text(brought))
    usual = brought.version if brought is not None else None
    return RuleBook(
        name=name,
        versions=versions,
        active=shelf.chosen(name, "active") or usual,
        shadow=shelf.chosen(name, "shadow"),
    )


def _as_text(policy: Policy) -> PolicyText:
    return PolicyText(
        name=policy.name,
        version=policy.version,
        content=policy_text(policy),
        by=BROUGHT,
        at_ms=0,
    )
