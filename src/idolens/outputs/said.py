"""What people said to a report's findings, as it is shown beside them.

The report itself stays as it was signed: people's words are handed over apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from idolens.review.record import Words

DECISIONS: Mapping[str, Words] = {
    "confirmed": Words(zh="属实", en="confirmed"),
    "dismissed": Words(zh="误报", en="dismissed"),
    "corrected": Words(zh="更正为", en="is really"),
    "withdrawn": Words(zh="已撤回", en="withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The newest verdict on one finding, or on a time without one.

    Attributes:
        question: key of the question.
        start_ms: begin on the session clock.
        end_ms: end, likewise.
        decision: what was said.
        label: what it is instead, where it was corrected.
        note: why.
        by: who said it.
        at: when, UTC.
    """

    question: str
    start_ms: int
    end_ms: int
    decision: Literal["confirmed", "dismissed", "corrected", "withdrawn"]
    label: str | None
    note: str
    by: str
    at: str

    @property
    def words(self) -> Words:
        """The decision, in both languages."""
        said = DECISIONS[self.decision]
        if self.label is None:
            return said
        return Words(zh=f"{said.zh}“{self.label}”", en=f"{said.en} “{self.label}”")
