"""The two value types that policies, findings and reports are made of."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from idolens.vocabulary import Language


class Record(BaseModel):
    """A value that never changes and refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Words(Record):
    """One text in the two languages that a studio reads.

    A plain string stands for both, so that a studio may write in one language.
    """

    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, given: Any) -> Any:
        return {"zh": given, "en": given} if isinstance(given, str) else given

    def within(self, language: Language) -> str:
        """Return the text in ``language``."""
        return self.zh if language == "zh" else self.en


def rounded(number: float) -> float:
    """Round to what a report prints: six decimals."""
    return round(float(number), 6)
