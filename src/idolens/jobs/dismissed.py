"""What people had dismissed by the time when a session began."""

from idolens.archive import Archive, Session
from idolens.review.dismissals import Dismissal, Dismissals


def dismissals_for(archive: Archive, session: Session) -> Dismissals:
    """Return which of a session's pictures people had dismissed in others, for what.

    What is said after its beginning does not count: judging it again gives the same.
    """
    began = archive.events(session.id)[0].at
    began_ms = round(began.timestamp() * 1000)
    return {
        about: Dismissal(
            verdict=verdict.id,
            session=other,
            finding=verdict.target.key,
            by=verdict.by,
            at_ms=verdict.at_ms,
            reason=verdict.reason,
        )
        for about, (other, verdict) in archive.verdicts.dismissed(
            session.id, began_ms
        ).items()
    }
