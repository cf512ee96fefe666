"""Events of a service, line by line (server-sent events)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """One event.

    Attributes:
        kind: `session`, `job`, `report`, `verdict`, `policy`, `progress` or `reset`.
        data: what docs/http.md says of it.
        number: of the event; None for progress, which is not kept.
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    number: str | None = None


def heard(lines: Iterable[str]) -> Iterator[Heard]:
    """Read events out of the lines of a stream; half an event is none."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            if name:  # else a comment, which keeps the connection open
                fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields:
            yield Heard(
                fields.get("event", "message"),
                json.loads(fields["data"]),
                fields.get("id"),
            )
        fields = {}
