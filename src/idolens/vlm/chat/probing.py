"""Finds out what the server at hand is, and what it really does.

A server that ignores a field it does not know, that thinks although told not to, or
that answers without having seen the picture looks well from outside; so it is asked
about a test picture in the very way that questions will be asked.
"""

import json
import string
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

from idolens.errors import EngineError
from idolens.media.picture import Picture
from idolens.vlm.chat.labels import ids_of, variants
from idolens.vlm.chat.profiles import (
    PROFILES,
    Profile,
    Way,
    named,
    of_host,
    of_owner,
)
from idolens.vlm.chat.replies import Reply, Tokens, by_id
from idolens.vlm.chat.requests import about, closed_fields, shown
from idolens.vlm.endpoints import MissingError, RefusedError
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.models import ModelCard, has_routes, identity, pick
from idolens.vlm.endpoints.together import together
from idolens.vlm.engine import Model
from idolens.vlm.prompt import Prompt, render
from idolens.vlm.question import YesNo
from idolens.vocabulary import QuestionKey

CHAT = "/chat/completions"
_LABELS = (
    *("是", "否", "无法判断", "Yes", "No", "Unclear"),
    *string.ascii_uppercase,
    *string.digits,
)
_LEAST_PICTURE_TOKENS = 4
"""Fewer tokens than this more for a picture is only its frame: it was not seen."""
_NONE: Mapping[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a server has been found to be and to do.

    Attributes:
        profile: which kind it is.
        model: which model it has.
        way: how closed questions are read.
        ids: label → tokens that say it; empty unless ``way`` is ``token_ids``.
    """

    profile: Profile
    model: Model
    way: Way
    ids: Mapping[str, tuple[int, ...]]


async def find_out(endpoint: Endpoint, *, profile: str, model: str) -> Served:
    """Ask a server what it is, then ask it about a test picture.

    Args:
        endpoint: the server.
        profile: what the settings say it runs; ``auto`` finds out.
        model: what the settings call the model; empty takes the only one.

    Raises:
        EndpointDownError, EngineBusyError: it does not answer now.
        EngineError: it has no such model, does not look at pictures, or thinks
            although it is told not to.
        SettingsError: an unknown profile, or a model that must be named.
    """
    chosen = named(profile)
    card = await pick(endpoint, model, "chat")
    kind = chosen or await _kind(endpoint, card)
    way, ids = await _way(endpoint, kind, card.id)
    return Served(profile=kind, model=identity(card, kind.name, way), way=way, ids=ids)


async def _kind(endpoint: Endpoint, card: ModelCard) -> Profile:
    hosted = of_host(urlsplit(endpoint.api).hostname or "")
    told = hosted or of_owner(card.owned_by)
    if told is not None:
        return told
    if await has_routes(endpoint, "/load_model", "/v1/responses"):
        return PROFILES["transformers"]
    return PROFILES["openai"]


async def _way(
    endpoint: Endpoint, profile: Profile, model: str
) -> tuple[Way, Mapping[str, tuple[int, ...]]]:
    """Try the profile's ways on a test picture, the best first."""
    refusal: RefusedError | None = None
    for way in profile.ways:
        try:
            ids = await _token_ids(endpoint, model) if way == "token_ids" else _NONE
            reply = await _ask(endpoint, profile, model, way, ids, picture=True)
        except RefusedError as error:
            refusal = error
            continue
        if not _works(reply, way, ids):
            continue
        _check_thinking(reply, endpoint.address)
        await _check_sight(endpoint, profile, model, reply)
        return way, ids
    why = refusal.said if refusal else "no usable reply"
    raise EngineError(
        f"The model server {endpoint.address} does not answer a question about a"
        f" picture ({why}): serve a model that looks at pictures, or choose another"
        " profile in chat.profile.",
        f"模型服务器 {endpoint.address} 无法回答关于图片的问题({why}):"
        "请部署支持图片的模型,或在 chat.profile 中更换配置。",
    )


async def _token_ids(endpoint: Endpoint, model: str) -> Mapping[str, tuple[int, ...]]:
    """Ask the server's tokenizer for the tokens of every label.

    Raises:
        RefusedError: it can't be asked, or lacks labels; another way is to be tried.
    """
    ways = [
        way
        for label in _LABELS
        for word in variants(label)
        for way in (word, f" {word}")
    ]
    ways = list(dict.fromkeys(ways))
    encoded: dict[str, list[int]] = {}

    async def encode(number: int) -> None:
        body = {"model": model, "prompt": ways[number], "add_special_tokens": False}
        content = json.dumps(body, ensure_ascii=False).encode()
        with suppress(MissingError):  # it has no such route
            told = await endpoint.post_root("/tokenize", content, Tokens.model_validate)
            encoded[ways[number]] = told.tokens

    await together(encode, range(len(ways)))
    ids = ids_of(_LABELS, encoded)
    if not all(ids[label] for label in _prompt().labels):
        raise RefusedError(endpoint.address, 404, "no tokens for the labels")
    return ids


async def _ask(
    endpoint: Endpoint,
    profile: Profile,
    model: str,
    way: Way,
    ids: Mapping[str, tuple[int, ...]],
    *,
    picture: bool,
) -> Reply:
    prompt = _prompt()
    wanted = [token for label in prompt.labels for token in ids.get(label, ())]
    fields = {"model": model, **closed_fields(profile, way, prompt.labels, wanted)}
    body = about(
        shown(_picture()) if picture else None, prompt.role, prompt.text, fields
    )
    return await endpoint.post(CHAT, body, Reply.model_validate)


def _works(reply: Reply, way: Way, ids: Mapping[str, tuple[int, ...]]) -> bool:
    if way == "word":
        return True
    if not reply.steps:
        return False
    if way == "top":
        return len(reply.steps[0].top_logprobs) > 1
    wanted = {token for label in _prompt().labels for token in ids[label]}
    return wanted <= set(by_id(reply.steps[0]))


def _check_thinking(reply: Reply, address: str) -> None:
    if reply.thought:
        raise EngineError(
            f"The model of {address} thinks before it answers although it is told not"
            " to, so its answers can't be read: start its server with thinking off, or"
            " choose the right profile in chat.profile.",
            f"{address} 的模型在回答前仍会思考,无法读取答案:"
            "请在服务端关闭思考,或在 chat.profile 中选择正确的配置。",
        )


async def _check_sight(
    endpoint: Endpoint, profile: Profile, model: str, reply: Reply
) -> None:
    """The same question without the picture must be shorter by the picture."""
    try:
        blind = await _ask(endpoint, profile, model, "word", _NONE, picture=False)
    except RefusedError:
        return  # it wants a picture: so it looks
    with_picture = reply.usage.prompt_tokens if reply.usage else None
    without = blind.usage.prompt_tokens if blind.usage else None
    if with_picture is None or without is None:
        return
    if with_picture - without < _LEAST_PICTURE_TOKENS:
        raise EngineError(
            f"The model server {endpoint.address} answers without looking at the"
            " picture: serve a model that looks at pictures, with its image processor.",
            f"模型服务器 {endpoint.address} 没有看图就作答:"
            "请部署支持图片的模型,并确认其图像处理器已加载。",
        )


def _prompt() -> Prompt:
    return render(YesNo(key=QuestionKey("check"), instruction="图中是否有人?"))


def _picture() -> Picture:
    ramp = np.linspace(0, 255, 112 * 112 * 3).reshape(112, 112, 3)
    return Picture(ramp.astype(np.uint8))
