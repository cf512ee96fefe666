"""The words a picture can be asked about, and the colours that carry names.

Hue jitter is bounded per name so that a drawn colour never leaves its word.
"""

import colorsys
import random
from typing import NamedTuple

Colour = tuple[int, int, int]

CANNOT_TELL = "无法判断"

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "count": ("没有人", "一个人", "两个人", "三人及以上"),
    "hair_style": (
        "长直发",
        "双马尾",
        "高马尾",
        "短发",
        "双丸子头",
        "麻花辫",
        "大波浪",
        "姬发式",
        "侧马尾",
        "刺猬头",
    ),
    "hair_color": (
        "黑色",
        "棕色",
        "金色",
        "银白色",
        "红色",
        "粉色",
        "橙色",
        "蓝色",
        "绿色",
        "紫色",
    ),
    "clothing": (
        "汉服",
        "洛丽塔裙",
        "高腰A字裙",
        "水手服",
        "旗袍",
        "西装",
        "女仆装",
        "打歌服",
        "泳装",
        "卫衣",
        "T恤",
        "铠甲",
    ),
    "clothing_color": (
        "白色",
        "黑色",
        "红色",
        "粉色",
        "黄色",
        "绿色",
        "蓝色",
        "紫色",
    ),
    "head_accessory": (
        "无头饰",
        "猫耳",
        "蝴蝶结",
        "皇冠",
        "花环",
        "耳机",
        "贝雷帽",
        "发簪",
        "光环",
        "恶魔角",
    ),
    "hand_accessory": (
        "空手",
        "麦克风",
        "荧光棒",
        "扇子",
        "吉他",
        "花束",
        "雨伞",
    ),
    "expression": ("微笑", "大笑", "哭泣", "生气", "惊讶", "平静"),
    "scene": (
        "室内舞台",
        "户外公园",
        "演播室",
        "夜晚街道",
        "海边",
        "教室",
        "卧室",
        "雪地",
    ),
    "light": ("自然光", "红光", "蓝光", "紫光", "金光"),
    "exposure": ("正常着装", "暴露着装", "穿模"),
    "brand": ("无标志", "自家徽标", "未授权LOGO"),
    "style": ("日常", "古风", "赛博朋克", "奇幻"),
}


class Tone(NamedTuple):
    """A colour name's centre and how far it may wander."""

    hue: float
    """Degrees."""
    saturation: float
    value: float
    spread: float
    """Degrees of hue to either side."""


HAIR_TONES: dict[str, Tone] = {
    "黑色": Tone(240, 0.16, 0.15, 30),
    "棕色": Tone(22, 0.62, 0.42, 4),
    "金色": Tone(48, 0.58, 0.97, 3),
    "银白色": Tone(220, 0.07, 0.90, 15),
    "红色": Tone(356, 0.86, 0.74, 4),
    "粉色": Tone(338, 0.42, 0.98, 6),
    "橙色": Tone(25, 0.90, 0.97, 3),
    "蓝色": Tone(217, 0.76, 0.84, 8),
    "绿色": Tone(138, 0.65, 0.62, 12),
    "紫色": Tone(274, 0.62, 0.66, 6),
}

CLOTH_TONES: dict[str, Tone] = {
    "白色": Tone(220, 0.03, 0.97, 20),
    "黑色": Tone(240, 0.14, 0.16, 30),
    "红色": Tone(356, 0.86, 0.82, 4),
    "粉色": Tone(338, 0.44, 0.97, 6),
    "黄色": Tone(52, 0.80, 0.97, 4),
    "绿色": Tone(138, 0.65, 0.60, 12),
    "蓝色": Tone(217, 0.78, 0.82, 8),
    "紫色": Tone(276, 0.60, 0.66, 6),
}

LIGHT_TONES: dict[str, Tone] = {
    "红光": Tone(354, 0.95, 1.0, 4),
    "蓝光": Tone(218, 0.90, 1.0, 8),
    "紫光": Tone(284, 0.80, 1.0, 6),
    "金光": Tone(43, 0.90, 1.0, 4),
}

SKIN_TONES: tuple[Colour, ...] = (
    (255, 224, 200),
    (253, 214, 186),
    (246, 202, 170),
    (233, 184, 150),
)

WHITE: Colour = (250, 250, 252)
INK: Colour = (42, 34, 48)
GOLD: Colour = (232, 188, 70)
NAVY: Colour = (36, 44, 88)


def rgb(hue: float, saturation: float, value: float) -> Colour:
    """Turns hue in degrees, saturation and value in 0..1 into 8-bit RGB."""
    r, g, b = colorsys.hsv_to_rgb(
        (hue % 360) / 360, min(max(saturation, 0), 1), min(max(value, 0), 1)
    )
    return round(r * 255), round(g * 255), round(b * 255)


def pick(tone: Tone, chance: random.Random) -> Colour:
    """Takes one colour that still deserves the tone's name."""
    return rgb(
        tone.hue + chance.uniform(-tone.spread, tone.spread),
        tone.saturation * chance.uniform(0.88, 1.1),
        tone.value * chance.uniform(0.93, 1.04),
    )


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Blends towards `second` by `share` in 0..1."""
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def darker(colour: Colour, share: float = 0.25) -> Colour:
    """Goes towards a cool shadow rather than plain black."""
    return mix(colour, (28, 18, 48), share)


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    """Goes towards white."""
    return mix(colour, (255, 255, 255), share)


def luminance(colour: Colour) -> float:
    """Says how bright a colour looks, 0..255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
