"""The words that every folder shares; see docs/glossary.md for what they mean."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NewType

Milliseconds = NewType("Milliseconds", int)
"""A time or a duration on the session clock; always a whole number."""
Probability = NewType("Probability", float)
"""0 … 1."""
Sha256 = NewType("Sha256", str)
"""64 lower-case hexadecimal digits."""
SessionId = NewType("SessionId", str)
FrameId = NewType("FrameId", str)
QuestionKey = NewType("QuestionKey", str)
"""A question's stable name inside a policy, e.g. ``exposure``."""

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One sentence in the two languages that a studio reads."""

    zh: str
    en: str

    def within(self, language: Language) -> str:
        """Return the sentence in ``language``."""
        return self.zh if language == "zh" else self.en


class Suggestion(StrEnum):
    """What the machine review proposes (处置建议), from mild to severe."""

    PASS = "pass"  # noqa: S105 - not a password
    REVIEW = "review"
    BLOCK = "block"


class RiskLevel(StrEnum):
    """How much a finding matters (风险等级)."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Role(StrEnum):
    """What somebody may do (角色); each may do all that the ones before it may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"
