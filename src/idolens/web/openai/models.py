"""GET /v1/models: which model is behind the service."""

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from idolens.errors import UnknownModelError
from idolens.vlm.conversation import can_speak
from idolens.vlm.engine import Model
from idolens.web.eyes import Eyes
from idolens.web.openai.shape import Told
from idolens.web.problems import FAILURES


class ModelCard(Told):
    """One model."""

    id: str = Field(description="The name that requests give as `model`.")
    object: Literal["model"] = Field(default="model", description="Always `model`.")
    created: int = Field(default=0, description="Always 0: it is not known.")
    owned_by: Literal["idolens"] = Field(
        default="idolens", description="Always `idolens`."
    )
    revision: str = Field(
        description="Which weights these are; another revision may answer otherwise."
    )
    demonstration: bool = Field(
        description="True for the embedded demonstration model, which was trained on "
        "drawn scenes only."
    )
    engine: str = Field(description="Which engine answers, as `idolens engines` says.")
    speaks: bool = Field(description="Whether /v1/chat/completions works with it.")


class ModelList(Told):
    """The models that can be asked."""

    object: Literal["list"] = Field(default="list", description="Always `list`.")
    data: list[ModelCard] = Field(description="One: the engine that was chosen.")


def add_models(router: APIRouter, eyes: Eyes) -> None:
    """Add the routes; both run in a thread, for the first call loads the model."""

    @router.get(
        "/models", summary="List the model behind the service", responses=FAILURES
    )
    def models() -> ModelList:
        return ModelList(data=[_card(eyes)])

    @router.get(
        "/models/{name:path}",
        summary="Tell about the model behind the service",
        responses=FAILURES,
    )
    def model(name: str) -> ModelCard:
        check_model(name, eyes.engine.model)
        return _card(eyes)


def check_model(name: str, model: Model) -> None:
    """Refuse a request that means another model than the one that would answer.

    Raises:
        UnknownModelError: the name is not this model's.
    """
    if name != model.name:
        raise UnknownModelError(
            f"That model is not here; ask for {model.name!r}, as GET /v1/models says.",
            f"这里没有该模型;请改用 {model.name!r}(见 GET /v1/models)。",
        )


def _card(eyes: Eyes) -> ModelCard:
    engine = eyes.engine
    return ModelCard(
        id=engine.model.name,
        revision=engine.model.revision,
        demonstration=engine.model.demonstration,
        engine=engine.name,
        speaks=can_speak(engine),
    )
