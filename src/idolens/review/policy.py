"""What a studio asks of every picture, and what it thinks of the answers.

A policy is data: questions, and for some of them risks, each with thresholds on
the probability of the risky reply. Changing a policy makes a new version; old
answers can be judged by it again without asking the model. How a policy file is
read and which mistakes are explained is in policy_file.py.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from idolens.media.frame import DropReason
from idolens.review.calibration import Calibration, calibrated, digest_of
from idolens.review.record import Record, Words
from idolens.review.review_rules import ReviewRules
from idolens.vlm.answer import Answer
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo, check
from idolens.vocabulary import Language, QuestionKey, RiskLevel, Suggestion


def _word(given: Any) -> Any:
    """Take a level's number as the word that an answer has for it."""
    return str(given) if isinstance(given, int) else given


def _is_none(value: object) -> bool:
    """Leave a key out that older policies and reports do not have."""
    return value is None


Kind = Literal["yes_no", "choice", "score", "tags", "text"]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Reply = Annotated[str, BeforeValidator(_word)]
Share = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[float, Field(gt=0, le=1)]


class Risk(Record):
    """A reply that matters, and from which probability on it does."""

    when: Annotated[tuple[Reply, ...], Field(min_length=1)] = Field(
        description="The risky reply, or replies: yes or no, an option's word in the "
        "question's language, or a level's number. Their probabilities are added."
    )
    sub_label: Words = Field(description="What a finding of this risk is called.")
    level: RiskLevel = Field(
        RiskLevel.MEDIUM, description="How much it matters: low, medium or high."
    )
    review_at: Threshold = Field(
        0.5, description="Probability from which a person should look."
    )
    block_at: Threshold | None = Field(
        None, description="Probability from which the machine proposes to block."
    )
    min_consecutive: Annotated[int, Field(ge=1, le=1000)] = Field(
        1,
        description="How many looks in a row must reach a threshold before it counts; "
        "shorter sightings are counted in the totals as brief.",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_reply(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        keys = cast("dict[str, Any]", given)
        when = keys.get("when")
        return {**keys, "when": [when]} if isinstance(when, str | int) else keys

    @model_validator(mode="after")
    def _in_order(self) -> "Risk":
        if self.block_at is not None and self.block_at < self.review_at:
            raise _problem(
                "block_at must not be below review_at",
                "block_at 不能低于 review_at",
            )
        return self


class Moot(Record):
    """Another question's reply that settles an undecided one."""

    question: Key = Field(description="Key of the other question.")
    answer: Reply = Field(description="Its reply that leaves nothing to decide.")


class PolicyQuestion(Record):
    """One question and everything the studio thinks of its answers."""

    key: Key = Field(description="Stable name; answers are stored under it.")
    kind: Kind = Field(description="yes_no, choice, score, tags or text.")
    instruction: Words = Field(description="The question as it is put to the model.")
    label: Words = Field(description="What the question is called in a report.")
    options: tuple[Words, ...] = Field(
        (),
        description="Choices, levels from low to high, or the only tags that are kept.",
    )
    language: Language = Field(
        "zh", description="Language it is asked in; the policy's own unless said."
    )
    namespace: Key | None = Field(
        None, description="Tag namespace that the replies go to; none makes no tags."
    )
    tag_at: Threshold = Field(
        0.5, description="Probability from which a reply counts as a tag."
    )
    risks: tuple[Risk, ...] = Field((), description="The replies that matter.")
    bridge_s: Annotated[float, Field(ge=0)] = Field(
        0.0,
        description="Longest gap, in seconds, that a finding may run across where "
        "nothing is known: dropped, failed, unanswered or undecided time. A look that "
        "was answered otherwise always ends it.",
    )
    when_undecided: Literal["pass", "review"] | None = Field(
        None,
        description="What follows where the model cannot tell: nothing (pass) or a "
        "person's look (review) once a limit below is passed. Questions with risks "
        "default to review, all others to pass.",
    )
    undecided_share: Share = Field(
        0.1, description="Undecided share of the session that is still tolerated."
    )
    undecided_stretch_s: Annotated[float, Field(ge=0)] = Field(
        600.0, description="Longest undecided stretch still tolerated, in seconds."
    )
    moot_when: Moot | None = Field(
        None,
        description="A reply to another question about the same picture that makes "
        "an undecided answer harmless, e.g. nobody is in the picture.",
    )
    reuse_similar: bool | None = Field(
        None,
        exclude_if=_is_none,
        description="Whether an answer may be taken over from a picture of the same "
        "session that looks the same, with no scene cut between. Tags and text without "
        "risks are by default, all others are not.",
    )

    @model_validator(mode="after")
    def _can_be_asked(self) -> "PolicyQuestion":
        if self.kind in ("yes_no", "text") and self.options:
            raise _problem(
                f"a {self.kind} question has no options",
                f"{self.kind} 类问题不带 options",
            )
        replies = self.replies
        for risk in self.risks:
            for reply in risk.when:
                if replies and reply not in replies:
                    raise _problem(
                        f"when: {reply!r} is not a reply of this question; "
                        f"take one of {', '.join(replies)}",
                        f"when：{reply!r} 不是该问题的回答；"
                        f"请从 {'、'.join(replies)} 中选取",
                    )
        if self.kind == "text" and self.risks:
            raise _problem(
                "free text has no probabilities, so it can carry no risk; ask yes_no",
                "自由文本没有概率，不能带 risks；请改用 yes_no 提问",
            )
        return self

    @property
    def replies(self) -> tuple[str, ...]:
        """The replies that an answer can have; empty where any word can come."""
        if self.kind == "yes_no":
            return ("yes", "no")
        if self.kind == "score":
            return tuple(str(number) for number in range(1, len(self.options) + 1))
        return tuple(option.within(self.language) for option in self.options)

    @property
    def undecided_matters(self) -> bool:
        """Whether a person must look where the model cannot tell."""
        if self.when_undecided is None:
            return bool(self.risks)
        return self.when_undecided == "review"

    @property
    def reuses_similar(self) -> bool:
        """Whether an answer may be taken over from a picture that looks the same."""
        if self.reuse_similar is None:
            return self.kind in ("tags", "text") and not self.risks
        return self.reuse_similar

    def question(self) -> Question:
        """Return the question as an engine takes it."""
        key = QuestionKey(self.key)
        words = self.instruction.within(self.language)
        options = tuple(option.within(self.language) for option in self.options)
        match self.kind:
            case "yes_no":
                return YesNo(key=key, instruction=words, language=self.language)
            case "choice":
                return Choice(
                    key=key, instruction=words, options=options, language=self.language
                )
            case "score":
                return Score(
                    key=key, instruction=words, levels=options, language=self.language
                )
            case "tags":
                return Tags(
                    key=key, instruction=words, options=options, language=self.language
                )
            case _:
                return Text(key=key, instruction=words, language=self.language)

    def shown(self, reply: str) -> Words:
        """Return ``reply`` as a reader sees it, in both languages."""
        if self.kind == "yes_no":
            return YES_NO[reply]
        if reply in self.replies:
            return self.options[self.replies.index(reply)]
        return Words(zh=reply, en=reply)


YES_NO = {"yes": Words(zh="是", en="yes"), "no": Words(zh="否", en="no")}


CANNOT_TELL = Words(zh="无法判断", en="cannot tell")


class Policy(Record):
    """A named set of questions with limits (审核策略)."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")] = (
        Field(description="Lower-case letters, digits and hyphens.")
    )
    title: Words = Field(description="What it is called in a report.")
    language: Language = Field(
        "zh", description="Language that its questions are asked in."
    )
    kind: Literal["recording", "pictures"] = Field(
        "recording", description="What it is written for: recording or pictures."
    )
    max_unexamined: Share = Field(
        0.05,
        description="Share of the session that may go unexamined (failed, unanswered, "
        "dropped, never sampled) before a person must look.",
    )
    harmless_drops: tuple[DropReason, ...] = Field(
        (DropReason.BLACK, DropReason.BLANK),
        description="Drop reasons that do not count as unexamined, because the gate "
        "itself saw that there is nothing to see.",
    )
    calibration: Calibration | None = Field(
        None,
        exclude_if=_is_none,
        description="A file that `idolens calibrate SET` wrote, by its path beside the "
        "policy's own; thresholds then mean calibrated probabilities.",
    )
    review: ReviewRules | None = Field(
        None,
        exclude_if=_is_none,
        description="How people review: why they dismiss, which passed frames they "
        "are shown, how many false alarms are borne.",
    )
    questions: Annotated[tuple[PolicyQuestion, ...], Field(min_length=1)] = Field(
        description="What is asked of every picture, in the report's order."
    )

    @model_validator(mode="before")
    @classmethod
    def _pass_language_on(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        keys = cast("dict[str, Any]", given)
        listed = keys.get("questions")
        if not isinstance(listed, list):
            return keys
        language = keys.get("language", "zh")
        questions = [
            {"language": language, **question}
            if isinstance(question, dict)
            else question
            for question in cast("list[dict[str, Any] | object]", listed)
        ]
        return {**keys, "questions": questions}

    @model_validator(mode="after")
    def _hangs_together(self) -> "Policy":
        check(self.asked())
        by_key = {question.key: question for question in self.questions}
        for question in self.questions:
            moot = question.moot_when
            if moot is None:
                continue
            other = by_key.get(moot.question)
            if other is None or other is question:
                raise _problem(
                    f"moot_when of {question.key!r} must name another question "
                    "of this policy",
                    f"{question.key!r} 的 moot_when 必须指向本策略中的另一个问题",
                )
            if other.replies and moot.answer not in other.replies:
                raise _problem(
                    f"moot_when of {question.key!r}: {moot.answer!r} is not a reply "
                    f"of {other.key!r}",
                    f"{question.key!r} 的 moot_when：{moot.answer!r} "
                    f"不是 {other.key!r} 的回答",
                )
        return self

    @model_validator(mode="after")
    def _is_calibrated_as_worded(self) -> "Policy":
        for question in self.questions:
            curve = self.calibration and self.calibration.curve(question.key)
            if curve and curve.content != digest_of(question.question()):
                raise _problem(
                    f"question {question.key!r} was changed after it was calibrated; "
                    "run `idolens calibrate` again",
                    f"问题 {question.key!r} 在校准之后被改动过；"
                    "请重新运行 `idolens calibrate`",
                )
        return self

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change whenever the policy's content does.

        Comments, order of keys and layout of the file do not count.
        """
        canonical = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]

    @property
    def reviewed(self) -> ReviewRules:
        """How people review; as comes along where the policy says nothing."""
        return self.review or ReviewRules.model_validate({})

    def calibrated(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        """Return ``answers`` as thresholds are held against them.

        Without a calibration they are the engine's own; with one, answers of another
        engine, model or wording than it was fitted to become errors.
        """
        if self.calibration is None:
            return answers
        questions = {question.key: question for question in self.asked()}
        return calibrated(answers, questions, self.calibration)

    def asked(self) -> tuple[Question, ...]:
        """Return all questions as an engine takes them."""
        return tuple(question.question() for question in self.questions)


def worst(suggestions: "list[Suggestion]") -> Suggestion:
    """Return the most severe of ``suggestions``; pass where there is none."""
    order = list(Suggestion)
    return max(suggestions, key=order.index, default=Suggestion.PASS)


def _problem(en: str, zh: str) -> PydanticCustomError:
    return PydanticCustomError("policy", "{en}", {"en": en, "zh": zh})
