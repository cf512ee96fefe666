"""What the model says about a picture: tags, short answers, one sentence."""

import random
from collections.abc import Mapping

from training.scenes import CANNOT_TELL

Truth = Mapping[str, str | None]

GROUPS: dict[str, tuple[str, ...]] = {
    "all": (
        "hair_color",
        "hair_style",
        "clothing_color",
        "clothing",
        "head_accessory",
        "hand_accessory",
        "expression",
        "scene",
        "light",
        "style",
        "exposure",
        "brand",
    ),
    "look": (
        "hair_color",
        "hair_style",
        "clothing_color",
        "clothing",
        "head_accessory",
        "hand_accessory",
    ),
    "clothes": ("clothing_color", "clothing", "head_accessory", "hand_accessory"),
    "hair": ("hair_color", "hair_style"),
    "place": ("scene", "light", "style"),
    "risk": ("exposure", "brand"),
}
TAG_QUESTIONS: dict[str, tuple[str, ...]] = {
    "all": (
        "给|这|张|图|打|标签",
        "请|列出|画面|的|标签",
        "图中|有|什么|?",
        "为|画面|生成|标签",
        "画面|标签",
        "列出|看得到|的|元素",
    ),
    "look": ("列出|人物|的|外观", "人物|外观|标签", "角色|造型|标签", "列出|造型|要素"),
    "clothes": ("列出|服装|与|配饰", "服装|和|配饰", "服装|标签", "服饰|标签"),
    "hair": ("列出|发型|和|发色", "头发|标签"),
    "place": ("列出|场景|和|灯光", "场景|标签", "环境|与|风格|标签"),
    "risk": ("列出|画面|中|的|风险", "风险|标签"),
}
DESCRIBE = (
    "请|描述|这|张|图|。",
    "描述|画面|。",
    "用|一|句|话|描述|图片|。",
    "请|描述|画面|内容|。",
    "图片|里|有|什么|?|请|描述|。",
    "描述|一下|这|个|角色|。",
)
WIDE_COMMA = "\uff0c"
SILENT = frozenset({"无头饰", "空手", "正常着装", "无标志"})
NOTHING = {"无头饰": "没有戴头饰", "空手": "没有拿东西", "无标志": "没有标志"}


def listed(truth: Truth, chance: random.Random) -> tuple[str, str]:
    """A tags question and its answer."""
    group = chance.choice(("all", "all", *GROUPS))
    words = [
        _tag(key, word)
        for key in GROUPS[group]
        if (word := truth.get(key)) not in (None, CANNOT_TELL) and word not in SILENT
    ]
    text = chance.choice(TAG_QUESTIONS[group]).replace("|", "")
    if not words and group == "risk" and _known(truth, "exposure"):
        return text, "无风险"
    return text, "、".join(words) or CANNOT_TELL


def _known(truth: Truth, key: str) -> str:
    word = truth.get(key)
    return "" if word is None or word == CANNOT_TELL else word


def _tag(key: str, word: str) -> str:
    if key == "hair_color":
        return f"{word}头发"
    if key == "clothing_color":
        return f"{word}服装"
    return f"{word}风格" if key == "style" else word


def said(attribute: str, word: str) -> str:
    """The short answer to an open question about one attribute."""
    del attribute
    return NOTHING.get(word, word)


def described(truth: Truth, chance: random.Random) -> tuple[str, str]:
    """A description question and one sentence; unknown things are left out."""
    text = chance.choice(DESCRIBE).replace("|", "")
    if all(word in (None, CANNOT_TELL) for word in truth.values()):
        return text, CANNOT_TELL
    count = _known(truth, "count")
    hair = _known(truth, "hair_color") + _known(truth, "hair_style")
    who = f"{hair}的虚拟偶像" if hair else "虚拟偶像"
    parts = [f"{count}出镜"] if count else []
    clothes = _known(truth, "clothing_color") + _known(truth, "clothing")
    parts.append(f"{who}身穿{clothes}" if clothes else who)
    head, hand = _known(truth, "head_accessory"), _known(truth, "hand_accessory")
    if head and head not in SILENT:
        parts.append(f"戴着{head}")
    if hand and hand not in SILENT:
        parts.append(f"手拿{hand}")
    for form, key in (("表情{}", "expression"), ("场景是{}", "scene")):
        if word := _known(truth, key):
            parts.append(form.format(word))
    if word := _known(truth, "light"):
        parts.append(word)
    if word := _known(truth, "style"):
        parts.append(f"{word}风格")
    exposure, brand = _known(truth, "exposure"), _known(truth, "brand")
    parts += [word for word in (exposure, brand) if word and word not in SILENT]
    return text, WIDE_COMMA.join(parts) + "。"
