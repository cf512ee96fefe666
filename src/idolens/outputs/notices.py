"""What programs are told that is no alarm; thin on purpose: an id and where to look."""

from datetime import UTC, datetime
from typing import Any

from idolens.vocabulary import SessionId


def report_ready(
    session_id: SessionId, *, place: str, address: str, at: datetime
) -> dict[str, Any]:
    """Return the body of the Standard Webhook about a new report.

    Args:
        session_id: whose report; its name and what is in it are for the link to tell.
        place: what the studio calls this machine.
        address: of the service; empty gives a link without a host.
        at: the time.
    """
    path = f"/api/v1/sessions/{session_id}/report"
    return {
        "type": "report.ready",
        "timestamp": at.astimezone(UTC).isoformat(timespec="seconds"),
        "data": {
            "place": place,
            "session": session_id,
            "link": f"{address.rstrip('/')}{path}",
        },
    }


def heartbeat(*, place: str, every_s: float, at: datetime) -> dict[str, Any]:
    """Return the body that says: whoever gives the alarm is awake.

    Args:
        place: what the studio calls this machine.
        every_s: when the next one comes; silence longer than this is an alarm.
        at: the time.
    """
    return {
        "type": "alerts.heartbeat",
        "timestamp": at.astimezone(UTC).isoformat(timespec="seconds"),
        "data": {"place": place, "every_s": every_s},
    }
