"""What the sample concert plays, shot by shot, and what the sample pictures show.

The seeds lie far from those the embedded model learns from.
"""

from dataclasses import dataclass, field

from training.scenes import HELD_OUT

Words = dict[str, str]
"""Attributes and the words they are held to."""


@dataclass(frozen=True)
class Event:
    """A stretch of a shot that breaks the policy."""

    start_s: float
    end_s: float
    attribute: str
    word: str
    label: str
    """The question it answers, in a moderator's words."""


@dataclass(frozen=True)
class Shot:
    """One take: a scene, its costume and its time."""

    start_s: float
    end_s: float
    seed: int
    words: Words
    framing: str = "bust"
    fades_in: bool = False
    events: tuple[Event, ...] = field(default=())


SHOTS = (
    Shot(
        0,
        30,
        HELD_OUT + 501,
        {
            "scene": "室内舞台",
            "light": "蓝光",
            "style": "日常",
            "hair_style": "双马尾",
            "hair_color": "粉色",
            "clothing": "打歌服",
            "clothing_color": "白色",
            "head_accessory": "蝴蝶结",
            "hand_accessory": "麦克风",
            "expression": "大笑",
            "brand": "自家徽标",
        },
    ),
    Shot(
        30,
        60,
        HELD_OUT + 703,
        {
            "scene": "夜晚街道",
            "light": "自然光",
            "style": "赛博朋克",
            "hair_style": "刺猬头",
            "hair_color": "银白色",
            "clothing": "卫衣",
            "clothing_color": "紫色",
            "head_accessory": "耳机",
            "hand_accessory": "吉他",
            "expression": "微笑",
            "brand": "无标志",
        },
        framing="half",
        events=(Event(40, 54, "brand", "未授权LOGO", "是否有未授权LOGO"),),
    ),
    Shot(
        70,
        98,
        HELD_OUT + 503,
        {
            "scene": "雪地",
            "light": "自然光",
            "style": "古风",
            "hair_style": "长直发",
            "hair_color": "黑色",
            "clothing": "汉服",
            "clothing_color": "红色",
            "head_accessory": "发簪",
            "hand_accessory": "扇子",
            "expression": "平静",
            "brand": "无标志",
        },
    ),
    Shot(
        98,
        128,
        HELD_OUT + 704,
        {
            "scene": "海边",
            "light": "自然光",
            "style": "日常",
            "hair_style": "侧马尾",
            "hair_color": "金色",
            "clothing": "水手服",
            "clothing_color": "红色",
            "head_accessory": "花环",
            "hand_accessory": "空手",
            "expression": "微笑",
            "brand": "无标志",
        },
        framing="half",
        fades_in=True,
        events=(Event(107, 121, "exposure", "暴露着装", "是否存在暴露着装"),),
    ),
    Shot(
        128,
        158,
        HELD_OUT + 505,
        {
            "scene": "演播室",
            "light": "自然光",
            "style": "日常",
            "hair_style": "短发",
            "hair_color": "棕色",
            "clothing": "西装",
            "clothing_color": "黑色",
            "head_accessory": "无头饰",
            "hand_accessory": "麦克风",
            "expression": "惊讶",
            "brand": "自家徽标",
        },
    ),
    Shot(
        158,
        180,
        HELD_OUT + 506,
        {
            "scene": "室内舞台",
            "light": "金光",
            "style": "奇幻",
            "count": "两个人",
            "hair_style": "大波浪",
            "hair_color": "紫色",
            "clothing": "洛丽塔裙",
            "clothing_color": "粉色",
            "head_accessory": "皇冠",
            "hand_accessory": "荧光棒",
            "expression": "大笑",
            "brand": "自家徽标",
        },
        fades_in=True,
    ),
)

PICTURES: tuple[tuple[str, int, tuple[int, int], Words], ...] = (
    (
        "stage.png",
        HELD_OUT + 601,
        (512, 512),
        {
            "scene": "室内舞台",
            "light": "紫光",
            "style": "日常",
            "hair_style": "高马尾",
            "hair_color": "蓝色",
            "clothing": "打歌服",
            "clothing_color": "黑色",
            "head_accessory": "猫耳",
            "hand_accessory": "麦克风",
            "expression": "微笑",
            "brand": "自家徽标",
        },
    ),
    (
        "hanfu.jpg",
        HELD_OUT + 602,
        (512, 512),
        {
            "scene": "户外公园",
            "light": "自然光",
            "style": "古风",
            "hair_style": "麻花辫",
            "hair_color": "黑色",
            "clothing": "汉服",
            "clothing_color": "绿色",
            "head_accessory": "发簪",
            "hand_accessory": "雨伞",
            "expression": "微笑",
            "brand": "无标志",
        },
    ),
    (
        "bedroom.webp",
        HELD_OUT + 603,
        (512, 384),
        {
            "scene": "卧室",
            "light": "自然光",
            "style": "日常",
            "hair_style": "双丸子头",
            "hair_color": "橙色",
            "clothing": "高腰A字裙",
            "clothing_color": "红色",
            "head_accessory": "无头饰",
            "hand_accessory": "花束",
            "expression": "大笑",
            "brand": "无标志",
        },
    ),
    (
        "risk-logo.png",
        HELD_OUT + 604,
        (512, 512),
        {
            "scene": "夜晚街道",
            "light": "自然光",
            "style": "赛博朋克",
            "hair_style": "姬发式",
            "hair_color": "红色",
            "clothing": "旗袍",
            "clothing_color": "紫色",
            "head_accessory": "恶魔角",
            "hand_accessory": "荧光棒",
            "expression": "生气",
            "brand": "未授权LOGO",
        },
    ),
    (
        "risk-clipping.jpg",
        HELD_OUT + 705,
        (384, 512),
        {
            "scene": "教室",
            "light": "自然光",
            "style": "日常",
            "hair_style": "长直发",
            "hair_color": "金色",
            "clothing": "卫衣",
            "clothing_color": "蓝色",
            "head_accessory": "猫耳",
            "hand_accessory": "空手",
            "expression": "惊讶",
            "exposure": "穿模",
            "brand": "无标志",
        },
    ),
    ("animal.webp", HELD_OUT + 706, (512, 512), {}),
)
