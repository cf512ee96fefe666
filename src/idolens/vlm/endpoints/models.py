"""Which models a server has, as OpenAI's /v1/models tells it."""

import hashlib
import json
from typing import Any

import anyio
from pydantic import BaseModel, ConfigDict, Field

from idolens.errors import EngineError, SettingsError, TemporaryError
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.failures import (
    EndpointDownError,
    MissingError,
    RefusedError,
)
from idolens.vlm.endpoints.pool import Pool
from idolens.vlm.endpoints.together import together
from idolens.vlm.engine import Model

MEET_S = 10.0
"""Longest wait for the list of models of a server that is not needed yet."""
_CRASHED = 500


class ModelCard(BaseModel):
    """One model in a server's list; what is stable of it makes its revision."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    owned_by: str = ""
    root: str | None = None
    parent: str | None = None
    max_model_len: int | None = None
    revision: str | None = None
    demonstration: bool = False
    meta: dict[str, Any] | None = None


class _List(BaseModel):
    data: list[ModelCard] = Field(default_factory=list[ModelCard])


class _Routes(BaseModel):
    paths: dict[str, Any] = Field(default_factory=dict[str, Any])


async def list_models(endpoint: Endpoint) -> list[ModelCard]:
    """List a server's models; some tell none, or only what lies in their cache."""
    try:
        return (await endpoint.get("/models", _List.model_validate)).data
    except (RefusedError, MissingError):
        return []
    except EndpointDownError as error:
        if error.status != _CRASHED:
            raise
        return []  # transformers serve crashes here when it has no cache folder


async def pick(endpoint: Endpoint, model: str, group: str) -> ModelCard:
    """Return the model that the settings name, or the only one there is.

    Args:
        endpoint: the server.
        model: the name in the settings; may be empty.
        group: the settings' name (``chat``), for messages.

    Raises:
        SettingsError: a model must be named.
    """
    cards = await list_models(endpoint)
    if model:
        return next((card for card in cards if card.id == model), ModelCard(id=model))
    if len(cards) == 1:
        return cards[0]
    listed = ", ".join(card.id for card in cards[:10]) or "-"
    raise SettingsError(
        f"The model server {endpoint.address} lists not one model but these: {listed}."
        f" Name one in the setting {group}.model.",
        f"模型服务器 {endpoint.address} 列出的模型不止一个,或没有列出:{listed}。"
        f"请在 {group}.model 设置中指定其一。",
    )


async def has_routes(endpoint: Endpoint, *routes: str) -> bool:
    """Tell whether the server's own description names all these routes."""
    try:
        told = await endpoint.get_root("/openapi.json", _Routes.model_validate)
    except (RefusedError, EngineError):
        return False
    except EndpointDownError as error:
        if not error.misread and error.status is None:
            raise  # it may answer the next time
        return False
    return set(routes) <= set(told.paths)


async def hold_to(pool: Pool, model: str) -> None:
    """Refuse servers with other models; one that is down is met when it is back.

    Raises:
        EngineError: a server lists models, and not this one.
    """

    async def meet(number: int) -> None:
        endpoint = pool.endpoints[number]
        try:
            with anyio.fail_after(MEET_S):
                cards = await list_models(endpoint)
        except (TemporaryError, TimeoutError):
            return
        if cards and all(card.id != model for card in cards):
            raise EngineError(
                f"The model server {endpoint.address} has no model {model!r}: all"
                " servers of one engine must have the same model.",
                f"模型服务器 {endpoint.address} 没有模型 {model!r}:"
                "同一引擎的所有服务器须使用同一模型。",
            )

    await together(meet, range(len(pool.endpoints)))


def identity(card: ModelCard, *how: str) -> Model:
    """Name a model; what may change its answers goes into the revision.

    Args:
        card: what the server tells of it.
        how: the ways in which it is asked.
    """
    facts = card.model_dump(exclude={"owned_by", "demonstration"})
    told = json.dumps([*how, facts], sort_keys=True, ensure_ascii=False)
    return Model(
        name=card.id,
        revision=hashlib.sha256(told.encode()).hexdigest()[:12],
        demonstration=card.demonstration,
    )
