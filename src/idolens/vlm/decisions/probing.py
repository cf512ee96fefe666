"""Finds out which form a server takes, by asking it about a test picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import numpy as np

from idolens.errors import EngineError, SettingsError
from idolens.media.picture import Picture
from idolens.vlm.data_url import data_url
from idolens.vlm.decisions.forms import SHAPES
from idolens.vlm.decisions.shapes import Request, Shape
from idolens.vlm.endpoints import EndpointDownError, MissingError, RefusedError
from idolens.vlm.endpoints.endpoint import Endpoint
from idolens.vlm.endpoints.models import identity, pick
from idolens.vlm.engine import Model
from idolens.vlm.prompt import render
from idolens.vlm.question import Choice
from idolens.vocabulary import QuestionKey

AUTO = "auto"
_LIKELY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "idolens": ("openai",),
        "sglang": ("sglang", "systemone"),
        "vllm": ("systemone",),  # its /v1/decisions takes no pictures
        "llamacpp": ("systemone",),
    }
)
"""``owned_by`` of the server's models → forms to try first."""
_OWN_CANNOT_TELL = frozenset({"idolens"})
_LEAST_PICTURE_TOKENS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a server has been found to take.

    Attributes:
        shape: the form of its questions.
        model: which model it has.
        offers_cannot_tell: it offers 无法判断 by itself.
    """

    shape: Shape
    model: Model
    offers_cannot_tell: bool


def named(shape: str) -> tuple[str, ...] | None:
    """Return the forms that the setting names; None for ``auto``.

    Raises:
        SettingsError: there is no such form.
    """
    if shape == AUTO:
        return None
    if shape in SHAPES:
        return (shape,)
    known = ", ".join((AUTO, *SHAPES))
    near = get_close_matches(shape.casefold(), (AUTO, *SHAPES), n=1, cutoff=0.5)
    raise SettingsError(
        f"There is no shape {shape!r}; choose one of: {known}."
        + (f" Did you mean {near[0]!r}?" if near else ""),
        f"没有名为 {shape!r} 的 shape;可选:{known}。"
        + (f"是不是想写 {near[0]!r}?" if near else ""),
    )


async def find_out(endpoint: Endpoint, *, shape: str, model: str) -> Served:
    """Ask a server a typed question about a test picture, in one form after another.

    Raises:
        EndpointDownError, EngineBusyError: it does not answer now.
        EngineError: it takes none of the forms, or does not look at pictures.
        SettingsError: an unknown form, or a model that must be named.
    """
    chosen = named(shape)
    card = await pick(endpoint, model, "decisions")
    owner = card.owned_by.casefold()
    first = _LIKELY.get(owner, ())
    names = chosen or tuple(dict.fromkeys((*first, *SHAPES)))
    why = "no such route"
    for form in (form for name in names for form in SHAPES[name]):
        request = _test(card.id, offers=owner in _OWN_CANNOT_TELL)
        try:
            tokens = await ask_tokens(endpoint, form, request)
        except (RefusedError, MissingError) as error:
            why = error.said if isinstance(error, RefusedError) else why
            continue
        except EndpointDownError as error:
            why = str(error)
            if not error.misread:
                raise
            continue
        await _check_sight(endpoint, form, request, tokens)
        return Served(
            shape=form,
            model=identity(card, form.name),
            offers_cannot_tell=request.offers_cannot_tell,
        )
    raise EngineError(
        f"The model server {endpoint.address} answers no typed question about a"
        f" picture ({why}): serve a model that looks at pictures, or use the engine"
        " chat.",
        f"模型服务器 {endpoint.address} 无法回答关于图片的类型化问题({why}):"
        "请部署支持图片的模型,或改用 chat 引擎。",
    )


async def ask_tokens(endpoint: Endpoint, form: Shape, request: Request) -> int | None:
    """Ask, check that the answer can be read, and return how many tokens it took."""

    def read(content: Any) -> int | None:
        form.read(content, request)
        return form.tokens(content)

    body = json.dumps(form.body(request), ensure_ascii=False).encode()
    return await endpoint.post(form.path, body, read)


async def _check_sight(
    endpoint: Endpoint, form: Shape, request: Request, tokens: int | None
) -> None:
    """The same question without the picture must be shorter by the picture."""
    blind = Request(
        model=request.model,
        role=request.role,
        picture=None,
        questions=request.questions,
        offers_cannot_tell=request.offers_cannot_tell,
    )
    try:
        without = await ask_tokens(endpoint, form, blind)
    except RefusedError:
        return  # it wants a picture: so it looks
    if tokens is None or without is None:
        return
    if tokens - without < _LEAST_PICTURE_TOKENS:
        raise EngineError(
            f"The model server {endpoint.address} answers without looking at the"
            " picture: serve a model that looks at pictures, with its image processor.",
            f"模型服务器 {endpoint.address} 没有看图就作答:"
            "请部署支持图片的模型,并确认其图像处理器已加载。",
        )


def _test(model: str, *, offers: bool) -> Request:
    question = Choice(
        key=QuestionKey("check"), instruction="图中有什么?", options=("人物", "渐变")
    )
    ramp = np.linspace(0, 255, 112 * 112 * 3).reshape(112, 112, 3)
    return Request(
        model=model,
        role=render(question).role,
        picture=data_url(Picture(ramp.astype(np.uint8))),
        questions=(question,),
        offers_cannot_tell=offers,
    )
