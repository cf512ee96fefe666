"""Letters for the tests of senders."""

from typing import Any

from idolens.outputs.delivery import Letter, letter_of


def a_payload(**data: Any) -> dict[str, Any]:
    return {
        "type": "alert.fired",
        "timestamp": "2026-11-23T08:00:00+00:00",
        "data": {
            "severity": "critical",
            "title": {"zh": "[三号机房] 告警(严重):磁盘空间不足", "en": "Disk full"},
            "text": {"zh": "当前值:3.4 %\n怎么办:请腾出空间。", "en": "Now: 3.4 %"},
        }
        | data,
    }


def a_letter(event_id: str = "evt_1", language: str = "zh", **data: Any) -> Letter:
    return letter_of(event_id, a_payload(**data), language)


def long_letter() -> Letter:
    """Longer than any house takes."""
    return a_letter(text={"zh": "空间不足。\n" * 3000, "en": "x"})
