"""Every parameter of a picture, and how they are drawn by lot."""

import random
from dataclasses import dataclass

from training.scenes.vocabulary import ATTRIBUTES

HELD_OUT = 10_000_000
"""Seeds from here on are never trained on."""

_KINDS = {
    "idol": 0.85,
    "empty": 0.06,
    "black": 0.01,
    "flat colour": 0.01,
    "noise": 0.01,
    "photo": 0.03,
    "abstract": 0.03,
}
_FRAMINGS = {"bust": 0.28, "half": 0.47, "full": 0.15, "face": 0.05, "body": 0.05}


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn: the same scene and size give the same bytes."""

    kind: str = "idol"
    """idol, empty, black, flat colour, noise, photo or abstract."""
    detail: int = 0
    """Seed of everything that has no field of its own."""
    count: str = "一个人"
    hair_style: str = "长直发"
    hair_color: str = "黑色"
    clothing: str = "T恤"
    clothing_color: str = "白色"
    head_accessory: str = "无头饰"
    hand_accessory: str = "空手"
    expression: str = "微笑"
    scene: str = "室内舞台"
    light: str = "自然光"
    exposure: str = "正常着装"
    brand: str = "无标志"
    style: str = "日常"
    framing: str = "half"
    """face, bust, half, full, or body (the head lies outside the picture)."""
    facing: str = "front"
    """front or back."""
    mirrored: bool = False
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    """Of the figure, in heads."""
    tilt: float = 0.0
    """Of the head, degrees."""
    lean: float = 0.0
    """Of the body, degrees."""
    skin: int = 0
    line: float = 1.6
    """Outline in pixels of a 224-pixel picture; 0 draws none."""
    toned_line: bool = True
    shading: str = "cel"
    """flat, gradient or cel."""
    brand_place: str = "corner"
    """corner, backdrop or chest."""
    backdrop_blur: float = 0.0
    beams: int = 3
    clutter: int = 1
    overlay: str = "none"
    """none, subtitle, danmaku, hud, letterbox or frame."""
    grain: float = 0.0
    softness: float = 0.0
    jpeg: int = 0
    """Quality; 0 leaves the picture uncompressed."""
    brightness: float = 1.0
    contrast: float = 1.0
    vignette: float = 0.0
    bokeh: int = 0


def _weighted(chance: random.Random, weights: dict[str, float]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def sample(seed: int) -> Scene:
    """Draws a scene by lot: endless, deterministic, balanced.

    Args:
        seed: Any integer; those from HELD_OUT on are kept for measuring.
    """
    chance = random.Random(seed * 7919 + 17)
    words = {key: chance.choice(values) for key, values in ATTRIBUTES.items()}
    words["count"] = _weighted(
        chance, {"一个人": 0.6, "两个人": 0.2, "三人及以上": 0.2}
    )
    words["exposure"] = _weighted(
        chance, {"正常着装": 0.46, "暴露着装": 0.27, "穿模": 0.27}
    )
    words["brand"] = _weighted(
        chance, {"无标志": 0.4, "自家徽标": 0.27, "未授权LOGO": 0.33}
    )
    words["style"] = _weighted(
        chance, {"日常": 0.28, "古风": 0.24, "赛博朋克": 0.24, "奇幻": 0.24}
    )
    kind = _weighted(chance, _KINDS)
    if kind != "idol":
        words["count"] = "没有人"
    framing = _weighted(chance, _FRAMINGS)
    if words["count"] in {"两个人", "三人及以上"} and framing in {"face", "body"}:
        framing = "half"
    return Scene(
        kind=kind,
        detail=chance.getrandbits(40),
        **words,
        framing=framing,
        facing="back" if chance.random() < 0.04 else "front",  # noqa: PLR2004
        mirrored=chance.random() < 0.5,  # noqa: PLR2004
        zoom=chance.uniform(0.92, 1.08),
        shift=(chance.uniform(-0.35, 0.35), chance.uniform(-0.12, 0.15)),
        tilt=chance.gauss(0, 4.5),
        lean=chance.gauss(0, 2.0),
        skin=chance.randrange(4),
        line=chance.choice((0.0, 1.0, 1.4, 1.8, 2.4)),
        toned_line=chance.random() < 0.6,  # noqa: PLR2004
        shading=chance.choice(("flat", "gradient", "cel")),
        brand_place=chance.choice(("corner", "backdrop", "chest")),
        backdrop_blur=chance.choice((0.0, 0.0, 0.0, 1.2, 2.5)),
        beams=chance.randint(2, 5),
        clutter=chance.randint(0, 3),
        overlay=_weighted(
            chance,
            {
                "none": 0.6,
                "subtitle": 0.1,
                "danmaku": 0.1,
                "hud": 0.07,
                "letterbox": 0.06,
                "frame": 0.07,
            },
        ),
        grain=chance.choice((0.0, 0.0, 0.0, 3.0, 7.0)),
        softness=chance.choice((0.0, 0.0, 0.0, 0.5, 0.8)),
        jpeg=chance.choice((0, 0, 90, 75, 55, 40)),
        brightness=chance.uniform(0.86, 1.1),
        contrast=chance.uniform(0.88, 1.12),
        vignette=chance.choice((0.0, 0.0, 0.0, 0.2, 0.35)),
        bokeh=chance.choice((0, 0, 0, 6, 12)),
    )
