"""Who stands where, how large, and where a brand mark finds room."""

import math
import random
from dataclasses import dataclass

from training.scenes.figure import Look, skin_tone
from training.scenes.hair import BOXES as HAIR_BOXES
from training.scenes.scene import Scene
from training.scenes.trims import Cloth
from training.scenes.vocabulary import (
    ATTRIBUTES,
    CLOTH_TONES,
    HAIR_TONES,
    pick,
)

_FRAMES: dict[str, tuple[float, float, float]] = {
    "face": (-1.5, 2.8, 2.9),
    "bust": (-2.05, 4.35, 3.9),
    "half": (-2.1, 5.45, 4.3),
    "full": (-2.15, 7.0, 4.4),
    "body": (0.8, 4.0, 3.9),
}
"""Top, span and needed width of each framing, in heads."""


@dataclass(frozen=True)
class Person:
    """A character's place in pixels."""

    look: Look
    x: float
    y: float
    unit: float
    """Pixels a head's radius."""
    mirrored: bool
    lean: float


@dataclass(frozen=True)
class Layout:
    """Everything's place in pixels."""

    width: float
    height: float
    main: Person
    companions: tuple[Person, ...]
    mark_place: str
    mark: tuple[float, float, float]
    """Centre and radius of the brand mark unless it is on the chest."""
    crowded: bool
    """Whether a companion is too hidden to be counted."""


def arrange(scene: Scene, w: float, h: float, at: float) -> Layout:
    """Places the main character, the others and the mark."""
    chance = random.Random(scene.detail + 1409)
    others = {"两个人": 1, "三人及以上": chance.choice((2, 2, 3))}.get(scene.count, 0)
    top, span, need = _FRAMES[scene.framing]
    if scene.hand_accessory == "雨伞" and scene.framing not in {"face", "body"}:
        top, span = top - 0.35, span + 0.35
    unit = min(h / span, w / need) * scene.zoom
    if others:
        unit *= 0.86
    spare = h - span * unit
    x = w / 2 + scene.shift[0] * unit
    y = max(spare, 0.0) * 0.55 - top * unit + min(spare, 0.0) * 0.2
    y += (scene.shift[1] + 0.02 * math.sin(at * 2.1)) * unit
    side = 1 if scene.mirrored else -1
    if others == 1:
        x = w * (0.5 + side * 0.13)
    mark_place = _mark_place(scene)
    main = Person(
        _look(scene, chance, mark_place, at), x, y, unit, scene.mirrored, scene.lean
    )
    spots = {1: (-side,), 2: (-1, 1), 3: (-1, 1, -side)}.get(others, ())
    companions: list[Person] = []
    for i, where in enumerate(spots):
        small = unit * chance.uniform(0.52, 0.6)
        reach = max(2.05 * unit, w * 0.3) if i < 2 else 2.9 * unit  # noqa: PLR2004
        px = min(max(x + where * reach, small * 1.15), w - small * 1.15)
        py = y + unit * chance.uniform(-0.15, 0.35) - (unit * 1.3 if i == 2 else 0)  # noqa: PLR2004
        companions.insert(
            0,
            Person(
                _extra(chance, scene),
                px,
                max(py, small * 1.4),
                small,
                chance.random() < 0.5,  # noqa: PLR2004
                0.0,
            ),
        )
    return Layout(
        w,
        h,
        main,
        tuple(companions),
        mark_place,
        _mark(scene, chance, main, w, h),
        _crowded(scene, main, companions),
    )


def _mark_place(scene: Scene) -> str:
    if scene.brand_place != "chest":
        return scene.brand_place
    fits = (
        scene.kind == "idol"
        and scene.exposure == "正常着装"
        and scene.facing == "front"
        and scene.framing in {"bust", "half", "body"}
        and scene.hand_accessory in {"空手", "荧光棒", "雨伞", "花束", "麦克风"}
    )
    return "chest" if fits else "corner"


def _look(scene: Scene, chance: random.Random, mark_place: str, at: float) -> Look:
    on_chest = scene.brand != "无标志" and mark_place == "chest"
    cloth = Cloth(
        scene.clothing_color,
        pick(CLOTH_TONES[scene.clothing_color], chance),
        scene.detail,
        printed=not on_chest and scene.exposure == "正常着装",
    )
    return Look(
        hair_style=scene.hair_style,
        hair=pick(HAIR_TONES[scene.hair_color], chance),
        clothing=scene.clothing,
        cloth=cloth,
        head_accessory=scene.head_accessory,
        hand_accessory=scene.hand_accessory,
        expression=scene.expression,
        exposure=scene.exposure,
        chest_mark=scene.brand if on_chest else "无标志",
        skin=skin_tone(scene.skin),
        facing=scene.facing,
        tilt=scene.tilt + 1.5 * math.sin(at * 1.3),
        detail=scene.detail,
        raised=scene.framing == "bust",
    )


def _extra(chance: random.Random, scene: Scene) -> Look:
    words = {key: chance.choice(values) for key, values in ATTRIBUTES.items()}
    return Look(
        hair_style=words["hair_style"],
        hair=pick(HAIR_TONES[words["hair_color"]], chance),
        clothing=words["clothing"],
        cloth=Cloth(
            words["clothing_color"],
            pick(CLOTH_TONES[words["clothing_color"]], chance),
            scene.detail,
            printed=False,
        ),
        head_accessory="无头饰",
        hand_accessory="空手",
        expression=words["expression"],
        exposure="正常着装",
        chest_mark="无标志",
        skin=skin_tone(chance.randrange(4)),
        facing="front",
        tilt=chance.gauss(0, 3),
        detail=scene.detail + 7,
        raised=False,
    )


def _mark(
    scene: Scene, chance: random.Random, main: Person, w: float, h: float
) -> tuple[float, float, float]:
    size = min(w, h)
    if scene.brand_place == "backdrop":
        r = size * chance.uniform(0.09, 0.125)
    else:
        r = size * chance.uniform(0.062, 0.085)
    inset = r + size * 0.035
    spots = [
        (inset, inset),
        (w - inset, inset),
        (inset, h - inset),
        (w - inset, h - inset),
    ]
    if scene.brand_place == "backdrop":
        spots = [
            (inset * k, h * share) for k in (1.0, 1.3) for share in (0.2, 0.34, 0.48)
        ]
        spots += [(w - a, b) for a, b in spots]
    chance.shuffle(spots)
    if scene.kind != "idol":
        return (*spots[0], r)
    return (*min(spots, key=lambda spot: _covered(spot, r, main, scene)), r)


def _covered(spot: tuple[float, float], r: float, main: Person, scene: Scene) -> float:
    """Says how deep a mark would lie over or under the main character."""
    x0, y0, x1, y1 = HAIR_BOXES[scene.hair_style]
    boxes = [(x0, y0, x1, y1), (-1.2, -1.9, 1.2, 3.0)]
    if scene.hand_accessory != "空手":
        boxes.append((0.3, -0.3, 2.1, 2.4))
    depth = 0.0
    for x0, up, x1, down in boxes:
        left, right = (-x1, -x0) if main.mirrored else (x0, x1)
        dx = min(spot[0] + r, main.x + right * main.unit) - max(
            spot[0] - r, main.x + left * main.unit
        )
        dy = min(spot[1] + r, main.y + down * main.unit) - max(
            spot[1] - r, main.y + up * main.unit
        )
        if dx > 0 and dy > 0:
            depth += dx * dy / (4 * r * r)
    return depth


def _crowded(scene: Scene, main: Person, companions: list[Person]) -> bool:
    x0, _, x1, _ = HAIR_BOXES[scene.hair_style]
    reach = max(-x0, x1, 1.2) * main.unit
    seen: list[Person] = []
    for person in companions:
        gap = abs(person.x - main.x) + person.unit * 0.9 - reach
        if gap < person.unit * 0.9:
            continue
        if all(
            abs(person.x - other.x) > person.unit * 1.2
            or abs(person.y - other.y) > person.unit * 1.6
            for other in seen
        ):
            seen.append(person)
    wanted = {"两个人": 1, "三人及以上": 2}.get(scene.count, 0)
    return len(seen) < wanted
