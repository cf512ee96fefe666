"""What differs between the servers that speak OpenAI's chat protocol.

A profile says what may be sent. What the server at hand really does is found out by
asking it (probing.py): servers are upgraded, and some ignore what they do not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal

from idolens.errors import SettingsError
from idolens.vocabulary import Bilingual

Way = Literal["token_ids", "top", "word"]
"""How a closed question is read: the exact probabilities of its labels, those among
the likeliest tokens, or only the word that was said."""
Constraint = Literal["structured_outputs", "regex", "grammar", "none"]
"""How a server can be held to a few words."""

MOST_ALTERNATIVES = 20
"""Alternatives that servers tell of a token, by default."""
AUTO = "auto"

_TEMPLATE_OFF = {"chat_template_kwargs": {"enable_thinking": False}}
_TEMPLATE_ON = {"chat_template_kwargs": {"enable_thinking": True}}
# A checkpoint's generation_config may bring its own sampler (GLM's: temperature 0.8,
# top_k 2, repetition penalty 1.1), so each of its parts is turned off by name.
_PLAIN = {"temperature": 0, "top_p": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One kind of server.

    Attributes:
        name: what the setting ``chat.profile`` takes.
        title: what it is.
        owners: what its list of models says under ``owned_by``.
        ways: how closed questions may be read, the best first.
        health: route beside /v1 that tells whether it is well.
        thinking_off: fields that keep the model from thinking.
        thinking_on: fields that let it.
        sampling: fields that turn its own sampler off.
        constraint: how it is held to the labels when only the word can be read.
        schema: it takes ``response_format`` with a JSON schema.
        seed: it takes ``seed``.
        usage_in_stream: it takes ``stream_options.include_usage``.
        stagger: the first question about a picture goes alone, so that the rest find
            the picture in its cache.
        public: it stands outside the house.
    """

    name: str
    title: Bilingual
    owners: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ("top", "word")
    health: str = "/health"
    thinking_off: Mapping[str, Any] = field(default_factory=dict[str, Any])
    thinking_on: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sampling: Mapping[str, Any] = field(default_factory=lambda: dict(_PLAIN))
    constraint: Constraint = "none"
    schema: bool = True
    seed: bool = True
    usage_in_stream: bool = True
    stagger: bool = False
    public: bool = False


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            Profile(
                name="vllm",
                title=Bilingual(zh="vLLM 服务", en="vLLM's server"),
                owners=("vllm",),
                ways=("token_ids", "top", "word"),
                thinking_off=_TEMPLATE_OFF,
                thinking_on=_TEMPLATE_ON,
                sampling={**_PLAIN, "top_k": 0, "repetition_penalty": 1.0},
                constraint="structured_outputs",
            ),
            Profile(
                name="sglang",
                title=Bilingual(zh="SGLang 服务", en="SGLang's server"),
                owners=("sglang",),
                thinking_off=_TEMPLATE_OFF,
                thinking_on=_TEMPLATE_ON,
                sampling={**_PLAIN, "top_k": -1, "repetition_penalty": 1.0},
                constraint="regex",
                stagger=True,
            ),
            Profile(
                name="llamacpp",
                title=Bilingual(
                    zh="llama.cpp 的 llama-server", en="llama.cpp's llama-server"
                ),
                owners=("llamacpp",),
                thinking_off=_TEMPLATE_OFF,
                thinking_on=_TEMPLATE_ON,
                sampling={**_PLAIN, "repeat_penalty": 1.0, "cache_prompt": True},
                constraint="grammar",
            ),
            Profile(
                name="lmdeploy",
                title=Bilingual(zh="LMDeploy 服务", en="LMDeploy's server"),
                owners=("lmdeploy",),
                thinking_off=_TEMPLATE_OFF,
                thinking_on=_TEMPLATE_ON,
                sampling={**_PLAIN, "repetition_penalty": 1.0},
            ),
            Profile(
                name="transformers",
                title=Bilingual(zh="transformers serve", en="transformers serve"),
                ways=("word",),
                thinking_off=_TEMPLATE_OFF,
                thinking_on=_TEMPLATE_ON,
                sampling={"temperature": 0},
                schema=False,
                usage_in_stream=False,
            ),
            Profile(
                name="zhipu",
                title=Bilingual(zh="智谱开放平台", en="Zhipu's hosted API"),
                owners=("zhipu", "z-ai"),
                ways=("word",),
                health="",
                thinking_off={"thinking": {"type": "disabled"}},
                thinking_on={"thinking": {"type": "enabled"}},
                sampling={"do_sample": False},
                schema=False,
                seed=False,
                usage_in_stream=False,
                public=True,
            ),
            Profile(
                name="idolens",
                title=Bilingual(zh="另一台 idolens", en="another idolens"),
                owners=("idolens",),
                health="/livez",
                sampling=_PLAIN,
            ),
            Profile(
                name="openai",
                title=Bilingual(
                    zh="只用 OpenAI 标准字段的服务", en="any other, in OpenAI's terms"
                ),
                health="",
            ),
        )
    }
)
"""Name → profile. ``openai`` is what a server is taken for that says nothing else."""

_HOSTS = {"open.bigmodel.cn": "zhipu", "api.z.ai": "zhipu"}


def named(name: str) -> Profile | None:
    """Return the profile of this name; None for ``auto``.

    Raises:
        SettingsError: there is none of this name.
    """
    if name == AUTO:
        return None
    if name in PROFILES:
        return PROFILES[name]
    known = ", ".join((AUTO, *PROFILES))
    near = get_close_matches(name.casefold(), (AUTO, *PROFILES), n=1, cutoff=0.5)
    raise SettingsError(
        f"There is no profile {name!r}; choose one of: {known}."
        + (f" Did you mean {near[0]!r}?" if near else ""),
        f"没有名为 {name!r} 的 profile;可选:{known}。"
        + (f"是不是想写 {near[0]!r}?" if near else ""),
    )


def of_host(host: str) -> Profile | None:
    """Return the profile of a hosted service, by its name."""
    return PROFILES.get(_HOSTS.get(host.casefold(), ""))


def of_owner(owner: str) -> Profile | None:
    """Return the profile of a server whose models say that they belong to ``owner``."""
    return next(
        (one for one in PROFILES.values() if owner.casefold() in one.owners), None
    )
