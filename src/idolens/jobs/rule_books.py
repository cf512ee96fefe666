"""Which policies there are: those that come with idolens, and the studio's own.

Whoever begins an analysis (the command line, a script, HTTP) asks here, so that a
version which was activated once holds everywhere.
"""

from dataclasses import dataclass
from typing import Literal

from idolens.archive.policies import PolicyShelf, PolicyText
from idolens.errors import ConflictError, NotFoundError
from idolens.review import Policy, check_policy, load_policy, policy_text
from idolens.review import shipped_policies as shipped
from idolens.settings import Settings

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


class RuleBooks:
    """The policies of one installation.

    Args:
        shelf: the studio's own.
        settings: name those that are used where nobody names one.
    """

    def __init__(self, shelf: PolicyShelf, settings: Settings) -> None:
        self._shelf = shelf
        self._settings = settings

    def all(self) -> list[RuleBook]:
        """Return all policies by name."""
        brought = {policy.name: policy for policy in shipped()}
        names = sorted({*brought, *self._shelf.names()})
        return [self._book(name, brought.get(name)) for name in names]

    def named(self, name: str) -> RuleBook:
        """Return one policy by a name that a client gave; never a file.

        Raises:
            NotFoundError: there is none of this name.
        """
        for book in self.all():
            if book.name == name:
                return book
        raise NotFoundError(
            "There is no such policy: take a name from GET /api/v1/policies.",
            "没有这个策略：请使用 GET /api/v1/policies 列出的名称。",
        )

    def policy(self, name_or_file: str) -> Policy:
        """Return the active version of a policy, or read one from a file.

        Raises:
            PolicyError: there is no such policy or file, or its content is wrong.
            ConflictError: no version of it is active yet.
        """
        for book in self.all():
            if book.name == name_or_file:
                return book.policy()
        return load_policy(name_or_file)

    def usual(self, kind: Literal["recording", "picture"]) -> Policy:
        """Return the policy for recordings, or for pictures, where none is named."""
        chosen = self._settings
        return self.policy(
            chosen.policy if kind == "recording" else chosen.picture_policy
        )

    def shadow_of(self, policy: Policy) -> Policy | None:
        """Return the version that is judged beside ``policy``, if another one is."""
        version = self._shelf.chosen(policy.name, "shadow")
        if version in {None, policy.version}:
            return None
        return self.named(policy.name).policy(version)

    def _book(self, name: str, brought: Policy | None) -> RuleBook:
        versions = tuple(self._shelf.versions(name))
        if brought is not None:
            known = [one for one in versions if one.version != brought.version]
            versions = (*known, _as_text(brought))
        usual = brought.version if brought is not None else None
        return RuleBook(
            name=name,
            versions=versions,
            active=self._shelf.chosen(name, "active") or usual,
            shadow=self._shelf.chosen(name, "shadow"),
        )


def _as_text(policy: Policy) -> PolicyText:
    return PolicyText(
        name=policy.name,
        version=policy.version,
        content=policy_text(policy),
        by=BROUGHT,
        at_ms=0,
    )
