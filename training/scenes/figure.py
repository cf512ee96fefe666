"""A whole character, in head units: the head is a circle of radius 1 at (0, 0)."""

import random
from dataclasses import dataclass

from training.scenes.brush import Brush, path
from training.scenes.faces import draw_brows, draw_face
from training.scenes.garments import CUTS, draw_shoulders
from training.scenes.hair import (
    draw_hair_behind,
    draw_hair_in_front,
    draw_nape,
)
from training.scenes.headwear import draw_headwear
from training.scenes.limbs import draw_arm, draw_legs
from training.scenes.marks import draw_emblem, draw_stranger
from training.scenes.mishaps import draw_clipping, draw_tear
from training.scenes.props import (
    FREE,
    HOLDS,
    Arm,
    draw_hand,
    draw_prop,
    draw_prop_behind,
)
from training.scenes.trims import Cloth
from training.scenes.vocabulary import (
    SKIN_TONES,
    Colour,
    darker,
    rgb,
)


@dataclass(frozen=True)
class Look:
    """Everything that tells one character from another."""

    hair_style: str
    hair: Colour
    clothing: str
    cloth: Cloth
    head_accessory: str
    hand_accessory: str
    expression: str
    exposure: str
    chest_mark: str
    """A word of ATTRIBUTES["brand"]; 无标志 leaves the chest alone."""
    skin: Colour
    facing: str
    tilt: float
    detail: int
    raised: bool
    """Whether free hands stay near the shoulders, for close framings."""


def skin_tone(index: int) -> Colour:
    """Takes one of the skin tones."""
    return SKIN_TONES[index % len(SKIN_TONES)]


def draw_figure(brush: Brush, look: Look) -> None:
    """Draws a character and marks where the evidence of each attribute stands."""
    chance = random.Random(look.detail + 803)
    tint = rgb(
        chance.uniform(0, 360), chance.uniform(0.5, 0.8), chance.uniform(0.7, 0.95)
    )
    cut = CUTS[look.clothing]
    draw_prop_behind(brush, look.hand_accessory, look.detail)
    with brush.turned(look.tilt, 0, 0.95):
        draw_hair_behind(brush, look.hair_style, look.hair, tint)
    if look.clothing == "卫衣":
        brush.oval(0, 0.95, 0.98, 0.55, darker(look.cloth.colour, 0.25))
    draw_legs(brush, look.skin, look.cloth, cut.legs)
    _trunk(brush, look.skin)
    cut.draw(brush, look.cloth)
    brush.mark("clothing", (-0.95, 1.05, 0.95, 2.95))
    brush.mark("clothing_color", (-0.8, 1.2, 0.8, 2.9))
    brush.mark("exposure", (-0.8, 1.2, 0.8, 2.7))
    if look.exposure == "暴露着装":
        draw_tear(brush, look.skin, look.detail)
        brush.after_tear()
    elif look.exposure == "穿模":
        draw_clipping(brush, look.skin, look.detail)
    if look.chest_mark != "无标志":
        _chest_mark(brush, look)
    _arms(brush, look, cut.sleeve, chance)
    _head(brush, look, tint)


def _head(brush: Brush, look: Look, tint: Colour) -> None:
    with brush.turned(look.tilt, 0, 0.95):
        if look.facing == "back":
            draw_hair_in_front(brush, look.hair_style, look.hair, tint, look.detail)
            draw_nape(brush, look.hair)
        else:
            draw_face(brush, look.skin, look.expression, look.detail)
            draw_hair_in_front(brush, look.hair_style, look.hair, tint, look.detail)
            draw_brows(brush, look.expression, look.hair)
        draw_headwear(brush, look.head_accessory, look.hair, tint)


def _trunk(brush: Brush, skin: Colour) -> None:
    brush.draw(
        "M -0.22 0.8 L 0.22 0.8 L 0.26 1.08 Q 0.5 1.14 0.74 1.28 L 0.58 1.75 "
        "L 0.5 2.1 Q 0.68 2.4 0.64 2.75 L -0.64 2.75 Q -0.68 2.4 -0.5 2.1 "
        "L -0.58 1.75 L -0.74 1.28 Q -0.5 1.14 -0.26 1.08 Z",
        skin,
    )
    brush.fill(
        path("M -0.23 0.85 L 0.23 0.85 L 0.1 1.12 L -0.2 1.05 Z"), darker(skin, 0.2)
    )


def _arms(brush: Brush, look: Look, sleeve: str, chance: random.Random) -> None:
    free = ("hip", "wave", "out") if look.raised else ("down", "hip", "wave", "out")
    held = HOLDS.get(look.hand_accessory)
    right: Arm = held or FREE[chance.choice(free)]
    left: Arm = FREE[chance.choice(free)]
    if look.hand_accessory == "吉他":
        left = ((1.25, 2.0), (0.5, 2.42))
    for side in brush.sides():
        if side < 0:
            draw_arm(brush, look.skin, look.cloth, sleeve, left)
    if held is None:
        draw_arm(brush, look.skin, look.cloth, sleeve, right)
        draw_shoulders(brush, look.clothing, look.cloth)
        hands = [right[1], (-left[1][0], left[1][1])]
        brush.mark(
            "hand_accessory",
            (
                min(x for x, _ in hands) - 0.25,
                min(y for _, y in hands) - 0.25,
                max(x for x, _ in hands) + 0.25,
                max(y for _, y in hands) + 0.25,
            ),
        )
        return
    draw_arm(brush, look.skin, look.cloth, sleeve, right)
    draw_shoulders(brush, look.clothing, look.cloth)
    draw_prop(brush, look.hand_accessory, look.detail)
    draw_hand(brush, right, look.skin)
    if look.hand_accessory == "吉他":
        draw_hand(brush, ((0, 0), (-left[1][0], left[1][1])), look.skin)


def _chest_mark(brush: Brush, look: Look) -> None:
    x, y, r = 0.0, 1.72, 0.36
    canvas = brush.canvas
    flipped = canvas.getTotalMatrix().getScaleX() < 0
    canvas.save()
    if flipped:
        canvas.scale(-1, 1)
    if look.chest_mark == "自家徽标":
        draw_emblem(canvas, x, y, r)
    else:
        draw_stranger(canvas, x, y, r, look.detail)
    canvas.restore()
    brush.mark("brand", (x - r, y - r, x + r, y + r))
