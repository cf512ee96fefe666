"""Stand-ins for decision servers, as strict as the real ones.

Written from the published wheels: OpenAI's Python client 3.54 (types/decision*.py),
SGLang 0.5.23 (openai/protocol.py, systemone/protocol.py), vLLM 0.33
(structured_decisions/protocol.py), transformers 5.23 (serving/systemone.py).
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from tests.vlm.servers import mind
from tests.vlm.servers.listening import Call, Said

MODEL = "zai-org/GLM-4.6V-Flash"
Distributions = dict[str, dict[str, float]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Text(_Strict):
    type: Literal["input_text"]
    text: str


class _Image(_Strict):
    type: Literal["input_image"]
    image_url: str
    detail: Literal["low", "high", "auto", "original"] = "auto"


class _Message(_Strict):
    type: Literal["message"] = "message"
    role: Literal["user"]
    content: list[Annotated[_Text | _Image, Field(discriminator="type")]]


class _Value(_Strict):
    value: str | bool
    description: str | None = None


class _Level(_Strict):
    label: str
    description: str | None = None


class _Predicate(_Strict):
    type: Literal["predicate"]
    instructions: str = Field(min_length=1)
    name: str | None = None


class _OpenAiChoice(_Strict):
    type: Literal["choice"]
    instructions: str = Field(min_length=1)
    choices: list[_Value] = Field(min_length=2, max_length=255)
    name: str | None = None


class _OpenAiScore(_Strict):
    type: Literal["score"]
    instructions: str = Field(min_length=1)
    levels: list[_Level] = Field(min_length=2, max_length=10)
    name: str | None = None


class OpenAiRequest(_Strict):
    model: str
    input: str | list[_Message]
    questions: list[
        Annotated[
            _Predicate | _OpenAiChoice | _OpenAiScore, Field(discriminator="type")
        ]
    ] = Field(min_length=1, max_length=400)


class _Option(_Strict):
    name: str
    description: str | None = None


class _YesNo(_Strict):
    id: str
    type: Literal["yes_no"]
    question: str = Field(min_length=1)


class _SglangChoice(_Strict):
    id: str
    type: Literal["choice"]
    question: str = Field(min_length=1)
    options: list[_Option] = Field(min_length=2, max_length=26)


class _SglangScore(_Strict):
    id: str
    type: Literal["score"]
    question: str = Field(min_length=1)
    levels: list[str] = Field(min_length=2, max_length=10)


class SglangRequest(_Strict):
    model: str
    input: str = Field(min_length=1)
    images: list[str] = Field(default_factory=list)
    questions: list[
        Annotated[_YesNo | _SglangChoice | _SglangScore, Field(discriminator="type")]
    ] = Field(min_length=1)


class _Noul(_Strict):
    type: Literal["noul"]
    instructions: str
    criteria: dict[Literal["true", "false"], str] | None = None


class _Choice(_Strict):
    type: Literal["choice"]
    instructions: str
    criteria: dict[str, str | None] = Field(min_length=1, max_length=255)


class _Score(_Strict):
    type: Literal["score"]
    instructions: str
    criteria: list[str] = Field(min_length=1, max_length=10)


class SystemOneRequest(_Strict):
    """As vLLM takes it; `transformers serve` has assets where others have images."""

    model: str
    state: str
    images: list[str] | None = None
    questions: dict[
        str, Annotated[_Noul | _Choice | _Score, Field(discriminator="type")]
    ] = Field(min_length=1, max_length=64)


class _Asset(_Strict):
    data_base64: str


class AssetsRequest(_Strict):
    model: str
    state: str
    questions: dict[
        str, Annotated[_Noul | _Choice | _Score, Field(discriminator="type")]
    ] = Field(min_length=1, max_length=64)
    assets: dict[str, _Asset] = Field(default_factory=dict, max_length=4)


@dataclass
class DecisionStub:
    """A decision server whose model is `mind`.

    Attributes:
        owner: what its models say under ``owned_by``.
        serves: route → how it is answered.
        refuses: a word that no question may have.
        declines: a word to which OpenAI's form answers with a refusal.
        blind: pictures do not reach its model.
    """

    owner: str
    serves: Mapping[str, str]
    refuses: str = "拒绝"
    declines: str = "婉拒"
    blind: bool = False
    model: str = MODEL
    requests: list[Any] = field(default_factory=list)

    def handle(self, call: Call) -> Said:
        if call.path == "/v1/models":
            card = {"id": self.model, "owned_by": self.owner, "created": time.time_ns()}
            return Said(200, {"data": [card]})
        if call.path not in self.serves:
            return Said(404, {"detail": "Not Found"})
        try:
            return self._decide(self.serves[call.path], call.body)
        except ValidationError as error:
            detail = error.errors(include_url=False, include_context=False)
            return Said(422, {"detail": str(detail[0])})

    def _decide(self, form: str, body: Any) -> Said:
        request = TypeAdapter(_FORMS[form]).validate_python(body)
        self.requests.append(request)
        if self.refuses in str(body):
            return Said(400, {"error": {"message": "a question is not acceptable"}})
        if request.model != self.model:
            return Said(404, {"error": {"message": "no such model"}})
        content, tokens = _SAY[form](request, self)
        usage = {"input_tokens": tokens, "output_tokens": 0}
        usage |= {"prompt_tokens": tokens} if form == "sglang" else {}
        return Said(200, {"model": self.model, "usage": usage, **content})

    def tokens(self, pictures: list[str], questions: int) -> int:
        return 20 * questions + (0 if self.blind else 16 * len(pictures))


def chances(picture: str, instruction: str, names: list[str]) -> dict[str, float]:
    """Spread 1 over the names, by picture and instruction alone."""
    shares = mind.distribution(picture, f"{instruction}\nA. a\nB. b\nC. c")
    start = [share for word, share in shares.items() if word[:1] in "ABC"]
    weights = [start[at % len(start)] + 0.01 * at for at in range(len(names))]
    return dict(
        zip(names, (weight / math.fsum(weights) for weight in weights), strict=True)
    )


def mass(picture: str, instruction: str) -> float:
    """How much of the vocabulary the labels have."""
    return 0.4 + 0.6 * chances(picture, instruction, ["a", "b"])["a"]


def _openai(request: OpenAiRequest, stub: DecisionStub) -> tuple[Any, int]:
    parts = request.input[0].content if isinstance(request.input, list) else []
    kinds = [part.type for part in parts]
    assert kinds == sorted(kinds), "the picture does not stand first"
    shown = [mind.digest_of(one.image_url) for one in parts if isinstance(one, _Image)]
    picture = "".join(shown)
    answers = [_openai_answer(picture, one, stub) for one in request.questions]
    return {"answers": answers}, stub.tokens(shown, len(answers))


def _openai_answer(picture: str, question: Any, stub: DecisionStub) -> dict[str, Any]:
    named = {"name": question.name}
    if stub.declines in question.instructions:
        return {"type": "refusal", **named}
    if isinstance(question, _Predicate):
        told = chances(picture, question.instructions, ["yes", "no"])
        return {"type": "predicate", "probability": told["yes"], **named}
    if isinstance(question, _OpenAiChoice):
        names = [str(one.value) for one in question.choices]
        told = chances(picture, question.instructions, names)
        listed = [{"value": name, "probability": p} for name, p in told.items()]
        best = max(told, key=lambda name: told[name])
        rest = {"choice": best, "confidence": told[best], "probabilities": listed}
        return {"type": "choice", **rest, **named}
    names = [level.label for level in question.levels]
    told = chances(picture, question.instructions, names)
    levels = [
        {"label": name, "value": at, "probability": told[name]}
        for at, name in enumerate(names)
    ]
    score = math.fsum(one["value"] * one["probability"] for one in levels)
    rest = {"score": score, "confidence": 0.5, "probabilities": levels}
    return {"type": "score", **rest, **named}


def _sglang(request: SglangRequest, stub: DecisionStub) -> tuple[Any, int]:
    shown = [mind.digest_of(url) for url in request.images]
    picture = "".join(shown)
    answers: dict[str, Any] = {}
    for question in request.questions:
        if isinstance(question, _YesNo):
            names = ["yes", "no"]
        elif isinstance(question, _SglangChoice):
            names = [option.name for option in question.options]
        else:
            names = [str(at) for at in range(len(question.levels))]
        answers[question.id] = {
            "type": question.type,
            "probabilities": chances(picture, question.question, names),
            "label_mass": mass(picture, question.question),
        }
    content = {"object": "decisions", "prompt_format_version": 1, "answers": answers}
    return content, stub.tokens(shown, len(answers))


def _systemone(request: SystemOneRequest, stub: DecisionStub) -> tuple[Any, int]:
    shown = [mind.digest_of(url) for url in request.images or []]
    picture = "".join(shown)
    answers = {
        name: _systemone_answer(picture, question)
        for name, question in request.questions.items()
    }
    beside = {
        name: {
            "label_mass": mass(picture, question.instructions),
            "argmax_is_label": True,
        }
        for name, question in request.questions.items()
    }
    return {"answers": answers, "diagnostics": beside}, stub.tokens(shown, len(answers))


def _assets(request: AssetsRequest, stub: DecisionStub) -> tuple[Any, int]:
    placed = [name for name in request.assets if name in request.state]
    assert len(placed) == len(request.assets), "an asset that the state does not show"
    shown = [mind.digest_of(request.assets[name].data_base64) for name in placed]
    answers = {
        name: _systemone_answer("".join(shown), question)
        for name, question in request.questions.items()
    }
    return {"answers": answers}, stub.tokens(shown, len(answers))


def _systemone_answer(picture: str, question: Any) -> dict[str, Any]:
    if isinstance(question, _Noul):
        told = chances(picture, question.instructions, ["yes", "no"])
        return {"type": "noul", "noul": told["yes"]}
    if isinstance(question, _Choice):
        told = chances(picture, question.instructions, list(question.criteria))
        return {"type": "choice", "probabilities": told}
    names = [str(at) for at in range(len(question.criteria))]
    told = chances(picture, question.instructions, names)
    return {"type": "score", "probabilities": told, "legend": {}}


_FORMS: dict[str, Any] = {
    "openai": OpenAiRequest,
    "sglang": SglangRequest,
    "systemone": SystemOneRequest,
    "assets": AssetsRequest,
}
_SAY: dict[str, Callable[[Any, DecisionStub], tuple[Any, int]]] = {
    "openai": _openai,
    "sglang": _sglang,
    "systemone": _systemone,
    "assets": _assets,
}


def openai_stub() -> DecisionStub:
    return DecisionStub("openai", {"/v1/decisions": "openai"})


def sglang_stub() -> DecisionStub:
    return DecisionStub("sglang", {"/v1/decisions": "sglang"})


def vllm_stub() -> DecisionStub:
    return DecisionStub("vllm", {"/v1/systemone": "systemone"})


def transformers_stub() -> DecisionStub:
    return DecisionStub("", {"/v1/systemone": "assets"})


DECISION_STUBS = {
    "openai": openai_stub,
    "sglang": sglang_stub,
    "vllm": vllm_stub,
    "transformers": transformers_stub,
}
