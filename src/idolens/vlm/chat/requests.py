"""The JSON that is sent: the picture first, byte for byte the same every time.

Servers recognise a prompt that begins like an earlier one and skip what they have
read. So role and picture are written once per picture, before anything that differs.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idolens.media.picture import Picture
from idolens.vlm.chat.profiles import MOST_ALTERNATIVES, Profile, Way
from idolens.vlm.conversation import Sampling, Turn
from idolens.vlm.data_url import data_url
from idolens.vlm.markup import harmless

WORD_TOKENS = 8
"""Most tokens of a reply that is read as a word: the longest label has a few."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as JSON: the part of the messages that does not change."""

    sha256: str
    part: bytes


def shown(picture: Picture) -> Shown:
    """Write a picture without loss, so that every engine sees the same pixels."""
    return Shown(picture.sha256, _json(_image(picture)))


def about(
    picture: Shown | None, role: str, text: str, fields: Mapping[str, Any]
) -> bytes:
    """Return the body that asks ``text`` about ``picture`` (or about nothing)."""
    head = b'{"messages":[' + _json({"role": "system", "content": harmless(role)})
    parts = [picture.part] if picture else []
    parts.append(_json({"type": "text", "text": harmless(text)}))
    user = b',{"role":"user","content":[' + b",".join(parts) + b"]}],"
    return head + user + _json(fields)[1:]


def conversation(turns: Sequence[Turn], fields: Mapping[str, Any]) -> bytes:
    """Return the body that goes on with a conversation."""
    return _json({"messages": [_turn(turn) for turn in turns], **fields})


def closed_fields(
    profile: Profile, way: Way, labels: Iterable[str], ids: Iterable[int] = ()
) -> dict[str, Any]:
    """Return the fields that read a closed question."""
    fields = {**profile.sampling, **profile.thinking_off}
    if way == "word":
        return {**fields, "max_tokens": WORD_TOKENS, **_held(profile, list(labels))}
    fields |= {"max_tokens": 1, "logprobs": True}
    if way == "token_ids":
        return {
            **fields,
            "top_logprobs": 0,
            "logprob_token_ids": sorted(set(ids)),
            "return_tokens_as_token_ids": True,
        }
    return {**fields, "top_logprobs": MOST_ALTERNATIVES}


def open_fields(profile: Profile, way: Way, max_tokens: int) -> dict[str, Any]:
    """Return the fields that let the model list or describe."""
    fields = {**profile.sampling, **profile.thinking_off, "max_tokens": max_tokens}
    return fields if way == "word" else {**fields, **_told(1)}


def spoken_fields(
    profile: Profile, way: Way, sampling: Sampling, *, thinking: bool
) -> dict[str, Any]:
    """Return the fields that stream a reply."""
    fields = dict(profile.sampling)
    if sampling.temperature > 0:
        fields.pop("do_sample", None)
        fields |= {"temperature": sampling.temperature, "top_p": sampling.top_p}
    fields |= profile.thinking_on if thinking else profile.thinking_off
    budget = sampling.thinking_tokens if thinking else 0
    fields |= {"max_tokens": sampling.max_tokens + budget, "stream": True}
    if profile.usage_in_stream:
        fields["stream_options"] = {"include_usage": True}
    if way != "word":
        fields |= _told(max(sampling.top_logprobs, 1))
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    if sampling.seed is not None and profile.seed:
        fields["seed"] = sampling.seed
    if sampling.schema is not None:
        fields["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": dict(sampling.schema)},
        }
    return fields


def _told(alternatives: int) -> dict[str, Any]:
    """Ask for probabilities; llama.cpp takes none at all from 0 alternatives."""
    return {"logprobs": True, "top_logprobs": alternatives}


def _held(profile: Profile, labels: list[str]) -> dict[str, Any]:
    """Hold the server to the labels, where it can be held."""
    if profile.constraint == "structured_outputs":
        return {"structured_outputs": {"choice": labels}}
    if profile.constraint == "regex":
        return {"regex": "(" + "|".join(re.escape(label) for label in labels) + ")"}
    if profile.constraint == "grammar":
        words = " | ".join(json.dumps(label, ensure_ascii=False) for label in labels)
        return {"grammar": f"root ::= {words}"}
    return {}


def _turn(turn: Turn) -> dict[str, Any]:
    text = harmless(turn.text)
    if not turn.pictures:
        return {"role": turn.role, "content": text}
    pictures = [_image(picture) for picture in turn.pictures]
    return {"role": turn.role, "content": [*pictures, {"type": "text", "text": text}]}


def _image(picture: Picture) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": data_url(picture)}}


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
