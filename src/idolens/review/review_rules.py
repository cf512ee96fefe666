"""What a policy says of people's review: why they dismiss, what they are also shown."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from idolens.review.record import Record, Words

QA_SHARE = 0.02
"""Share of the passed frames that people look at, where a policy says nothing."""
MOST_FALSE_ALARMS = 0.2
"""Share of false alarms that thresholds are proposed for, where it says nothing."""


class ReasonCode(Record):
    """A reason for a verdict, by a name that programs can count."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = Field(
        description="Lower-case letters, digits and underscores."
    )
    words: Words = Field(description="What a reviewer reads.")


REASONS = (
    ReasonCode(
        code="not_there", words=Words(zh="画面中没有", en="it is not in the picture")
    ),
    ReasonCode(code="allowed", words=Words(zh="属于允许的内容", en="it is allowed")),
    ReasonCode(
        code="by_design",
        words=Words(zh="角色设定如此", en="the character is drawn like that"),
    ),
    ReasonCode(
        code="confused",
        words=Words(zh="误认为其他东西", en="something else was taken for it"),
    ),
    ReasonCode(
        code="unclear", words=Words(zh="画面看不清", en="the picture is unclear")
    ),
    ReasonCode(
        code="brief", words=Words(zh="一闪而过，不影响", en="too brief to matter")
    ),
    ReasonCode(
        code="bad_question",
        words=Words(zh="问题表述不当", en="the question is put badly"),
    ),
    ReasonCode(code="other", words=Words(zh="其他", en="something else")),
)
"""Why people decide as they do; a policy may add to these."""


class ReviewRules(Record):
    """How people review what the machine found, and what it did not find."""

    qa_share: Annotated[float, Field(ge=0, le=1)] = Field(
        QA_SHARE,
        description="Share of the frames that passed which people look at too, drawn "
        "evenly over the session; 0 draws none.",
    )
    remember_dismissed: bool = Field(
        True,  # noqa: FBT003 - pydantic's own signature
        description="Whether a finding whose pictures people dismissed before, for the "
        "same question, is left out (the report names the verdict).",
    )
    most_false_alarms: Annotated[float, Field(ge=0, lt=1)] = Field(
        MOST_FALSE_ALARMS,
        description="Highest share of false alarms among findings that `idolens "
        "calibrate --from-verdicts` proposes thresholds for.",
    )
    reasons: tuple[ReasonCode, ...] = Field(
        (), description="More reasons than come along, each with code and words."
    )

    @model_validator(mode="after")
    def _reasons_differ(self) -> "ReviewRules":
        codes = [one.code for one in (*REASONS, *self.reasons)]
        if len(codes) != len(set(codes)):
            raise PydanticCustomError(
                "policy",
                "{en}",
                {
                    "en": "reasons: a code stands twice, or comes along already",
                    "zh": "reasons：某个 code 重复，或与自带的相同",
                },
            )
        return self
