"""What the three houses' group bots have in common: the truth is in the body.

A refusal comes with status 200 like a success; only the code in the JSON tells.
"""

import json
from collections.abc import Mapping
from typing import Any

from idolens.outputs.delivery.outcome import Delivered, Failed, Outcome
from idolens.outputs.delivery.posting import Answer, judged


def as_json(body: Mapping[str, Any]) -> bytes:
    """Return a body as the bots want it: UTF-8, no escapes."""
    return json.dumps(body, ensure_ascii=False).encode()


def told(
    answer: Answer | Failed, house: str, field: str, waits: Mapping[int, float]
) -> Outcome:
    """Return what a bot's answer means.

    Args:
        answer: the answer, or why there is none.
        house: whose bot, for the reason.
        field: where its code stands; 0 is success.
        waits: codes that ask for a pause → how long, in seconds.
    """
    if isinstance(answer, Failed):
        return answer
    usual = judged(answer)
    if not isinstance(usual, Delivered):
        return usual
    code = _number(answer.body.get(field))
    if code == 0:
        return Delivered(f"{house} 0")
    if code is None:
        # A page of a proxy, or a login: it did not reach the bot.
        return Failed(f"{house} no answer")
    return Failed(f"{house} {code}", max(answer.wait_s, waits.get(code, 0.0)))


def _number(value: object) -> int | None:
    """Read a code; one house's documents show it both as a number and as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.lstrip("-").isdecimal():
        return int(value)
    return value if isinstance(value, int) else None
