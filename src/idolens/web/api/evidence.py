"""Pictures as the one who asks may see them: clear, blurred, or gone.

Whoever lacks the permission `unredact` gets pictures of delicate findings blurred; of
whoever has it, the audit log says once a day which of them they saw.
"""

from collections.abc import Collection
from dataclasses import dataclass

from idolens.archive import Session
from idolens.archive.audit import Deed
from idolens.errors import GoneError
from idolens.media import blurred
from idolens.review.evidence import delicate_pictures
from idolens.settings import Settings
from idolens.vocabulary import Sha256
from idolens.web.access.caller import Caller
from idolens.web.access.permissions import Permission
from idolens.web.api.judging import Judging
from idolens.web.house import House


@dataclass(frozen=True, slots=True)
class Shown:
    """Which of a session's pictures somebody may see, and how.

    Attributes:
        clear: as they are.
        blurred: made coarse.
        gone: not kept any more.
    """

    clear: frozenset[Sha256]
    blurred: frozenset[Sha256]
    gone: frozenset[Sha256]

    @property
    def tag(self) -> str:
        """Changes when the same pictures are shown otherwise."""
        return ",".join([*sorted(self.blurred), "", *sorted(self.gone)])


NOTHING = Shown(frozenset(), frozenset(), frozenset())


class Evidence:
    """Shows the pictures of one studio's sessions.

    Args:
        house: where they are.
        judging: says what was found in them.
        settings: which findings are delicate.
    """

    def __init__(self, house: House, judging: Judging, settings: Settings) -> None:
        self._house = house
        self._judging = judging
        self._delicate = settings.keep.blurred

    def shown(
        self, session: Session, digests: Collection[Sha256], caller: Caller
    ) -> Shown:
        """Return how ``caller`` sees pictures of ``session``, and note what is clear.

        Raises:
            IdolensError: it cannot be noted; then they are not shown.
        """
        if not digests:
            return NOTHING
        there = self._house.archive.pictures.there(digests)
        delicate = self._delicate_of(session, there)
        may = Permission.UNREDACT in caller.permissions
        if may:
            for digest in sorted(delicate):
                self._house.archive.audit.record_daily(
                    caller.actor, Deed.UNREDACTED, f"{session.id}/{digest[:12]}"
                )
        hidden = frozenset[Sha256]() if may else delicate
        return Shown(there - hidden, hidden, frozenset(digests) - there)

    def jpeg(self, digest: Sha256, shown: Shown) -> bytes:
        """Return a picture's file as it is ``shown``.

        Raises:
            NotFoundError: it is not kept.
        """
        data = self._house.archive.pictures.get(digest)
        return blurred(data) if digest in shown.blurred else data

    def jpegs(self, shown: Shown) -> dict[Sha256, bytes]:
        """Return all that is ``shown``."""
        return {
            digest: self.jpeg(digest, shown) for digest in shown.clear | shown.blurred
        }

    def _delicate_of(
        self, session: Session, there: frozenset[Sha256]
    ) -> frozenset[Sha256]:
        """Return which of these pictures not everybody should see."""
        try:
            findings = self._judging.of(session).findings
        except GoneError:  # nobody knows any more what they show
            return there
        said = self._house.archive.verdicts.newest(session.id)
        decisions = {target: one.decision for target, one in said.items()}
        return there & delicate_pictures(findings, decisions, self._delicate)
