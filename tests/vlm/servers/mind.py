"""What a stub server's model thinks: decided by picture and words alone.

It has a tokenizer of its own, in which 无法判断 and Unclear are two tokens (as in real
ones), and spreads what it thinks over several ways of writing a label.
"""

import base64
import hashlib
import io
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from idolens.media.picture import Picture

_WORDS = (
    *("是", "否", "无法", "判断", "Yes", "yes", "YES", "No", "no", "NO", "Un", "un"),
    *("clear", "The", "图", "<think>", "</think>", "、", "。", " "),
    *("微笑", "舞台灯光", "汉服", "a smile", "stage lights"),
    *"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    *(f" {word}" for word in ("Yes", "No", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
)
IDS = {word: 100 + at for at, word in enumerate(dict.fromkeys(_WORDS))}
TOKENS = {number: word for word, number in IDS.items()}
PICTURE_TOKENS = 16


def tokenize(text: str) -> list[int]:
    """Split greedily into the longest known words; other characters are their code."""
    ids: list[int] = []
    while text:
        known = max((w for w in IDS if text.startswith(w)), key=len, default="")
        ids.append(IDS[known] if known else 10_000 + ord(text[0]))
        text = text[len(known) or 1 :]
    return ids


def distribution(picture: str, text: str) -> dict[str, float]:
    """Return token → probability at the first place of the reply; they sum to 1."""
    words = _labels(text)
    seed = hashlib.sha256(f"{picture}\n{text}".encode()).digest()
    chance = np.random.default_rng(int.from_bytes(seed[:8], "big"))
    shares = chance.dirichlet(np.full(len(words), 0.6)) * (0.55 + 0.44 * seed[9] / 255)
    found: dict[str, float] = {}
    for ways, share in zip(words, shares, strict=True):
        for number, way in enumerate(ways):
            part = share * (0.9 if number == 0 and len(ways) > 1 else 1.0)
            part = share * 0.1 / (len(ways) - 1) if number else part
            found[way] = float(part)
    left = 1.0 - math.fsum(found.values())
    return found | {"The": left * 0.75, "图": left * 0.25}


def meant(picture: str, text: str) -> dict[str, float]:
    """Return label → probability, as an engine ought to read it."""
    told = distribution(picture, text)
    return {
        _whole(ways[0]): math.fsum(told[way] for way in ways) for ways in _labels(text)
    }


def words(picture: str, text: str) -> list[tuple[str, float]]:
    """Return the tokens of a free reply, with their log-probabilities."""
    seed = hashlib.sha256(f"{picture}\n{text}".encode()).digest()
    first = ("微笑", "汉服")[seed[0] % 2]
    return [(first, -0.1), ("、", -0.2), ("舞台灯光", -0.3 - seed[1] / 255)]


def likeliest(picture: str, text: str) -> str:
    """Return the word that is said when one may not see probabilities."""
    told = meant(picture, text)
    return max(told, key=lambda label: told[label])


def pictures_of(parts: Any) -> list[str]:
    """Return the digests of the pictures in a message's content."""
    if isinstance(parts, str):
        return []
    return [
        digest_of(part["image_url"]["url"])
        for part in parts
        if part["type"] == "image_url"
    ]


@lru_cache(maxsize=64)
def digest_of(url: str) -> str:
    """Decode a data URL and return the digest of its pixels."""
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64", head
    with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as image:
        return Picture(np.asarray(image.convert("RGB"))).sha256


def _labels(text: str) -> list[tuple[str, ...]]:
    letters = re.findall(r"^([A-Z])[.:] ", text, re.MULTILINE)
    digits = re.findall(r"^(\d)[.:] ", text, re.MULTILINE)
    if letters:
        return [(letter, f" {letter}") for letter in letters]
    if digits:
        return [(digit,) for digit in digits]
    if "Yes" in text:
        return [("Yes", "yes", " Yes"), ("No", "no"), ("Un",)]
    return [("是", "Yes"), ("否", "No"), ("无法",)]


def _whole(way: str) -> str:
    return {"无法": "无法判断", "Un": "Unclear"}.get(way, way)


Distribution = Mapping[str, float]
