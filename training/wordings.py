"""How studio people ask: wordings per attribute, in Chinese and English.

``|`` marks where one word of the tokenizer ends and the next begins; it is taken out
before a wording is used. ``{x}`` stands for an option's word.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wordings:
    """Ways to ask about one attribute.

    Attributes:
        which: open questions, asked with options or for a short answer.
        whether: yes-or-no questions that an option's word completes.
        whether_not: the same, turned round.
        which_en: ``which`` in English.
        whether_en: ``whether`` in English.
        whether_not_en: ``whether_not`` in English.
    """

    which: tuple[str, ...]
    whether: tuple[str, ...]
    whether_not: tuple[str, ...]
    which_en: tuple[str, ...]
    whether_en: tuple[str, ...]
    whether_not_en: tuple[str, ...]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


WORDINGS: dict[str, Wordings] = {
    "count": Wordings(
        _lines("""
            画面|中|有|几|个|人|?
            图中|有|几|个|人物|?
            图片|里|有|多少|人|?
            出镜|人数|是|多少|?
            人物|数量|是|多少|?
            人数
            画面|里|一共|几|人|?
            数一数|图中|有|几|个|人
            人物|在|画面|中|吗|?|有|几|个|?
        """),
        _lines("""
            画面|中|是否|有|{x}|?
            图中|是不是|{x}|?
            画面|人数|是否|为|{x}|?
            图片|里|是|{x}|吗|?
            是否|为|{x}|出镜|?
            画面|里|有|{x}|吗|?
            出镜|的|是否|是|{x}|?
            图中|有没有|{x}|?
        """),
        _lines("""
            画面|人数|是否|不是|{x}|?
            图中|是否|没有|{x}|?
            画面|里|不是|{x}|吗|?
        """),
        _lines("""
            How many| people| are| in| the| picture|?
            What| is| the| number| of| people|?
        """),
        _lines("""
            Is| the| number| of| people| {x}|?
            Are| there| {x}| in| the| picture|?
        """),
        _lines("""
            Is| the| number| of| people| not| {x}|?
        """),
    ),
    "hair_style": Wordings(
        _lines("""
            人物|的|发型|是|哪|一种|?
            她|的|发型|是|什么|?
            人物|的|发型|是|什么|?
            角色|是|什么|发型|?
            发型
            主角|梳|的|是|什么|发型|?
            图中|人物|的|头发|是|什么|样式|?
            请|判断|人物|的|发型
            虚拟偶像|的|发型|属于|哪|一种|?
            她|今天|梳|了|什么|头发|?
            主播|今天|是|什么|发型|?
        """),
        _lines("""
            她|的|发型|是否|是|{x}|?
            人物|是否|梳|{x}|?
            角色|的|发型|是|{x}|吗|?
            图中|人物|是|{x}|吗|?
            主角|是不是|{x}|?
            发型|是否|为|{x}|?
            她|梳|的|是|{x}|吗|?
            主播|有没有|梳|{x}|?
            虚拟偶像|是否|留|着|{x}|?
        """),
        _lines("""
            她|的|发型|是否|不是|{x}|?
            人物|是否|没有|梳|{x}|?
            角色|的|发型|不是|{x}|吗|?
            发型|是否|并非|{x}|?
        """),
        _lines("""
            What| is| the| character|'s| hair| style|?
            What| is| the| hairstyle|?
            Which| hairstyle| does| she| have|?
            What| is| the| character|'s| hairstyle|?
        """),
        _lines("""
            Is| the| hairstyle| {x}|?
            Does| she| have| {x}|?
        """),
        _lines("""
            Is| the| hairstyle| not| {x}|?
        """),
    ),
    "hair_color": Wordings(
        _lines("""
            人物|的|发色|是|哪|一种|?
            她|的|头发|是|什么|颜色|?
            人物|的|发色|是|什么|?
            发色
            角色|的|头发|颜色|是|什么|?
            图中|人物|的|发色|属于|哪|一种|?
            主播|的|头发|是|哪种|颜色|?
            头发|是|什么|颜色|的|?
            请|判断|人物|的|发色
            虚拟偶像|的|发色|是|什么|?
            头发|颜色
        """),
        _lines("""
            她|的|头发|是否|是|{x}|?
            人物|的|发色|是|{x}|吗|?
            头发|是不是|{x}|的|?
            发色|是否|为|{x}|?
            角色|是否|为|{x}|头发|?
            图中|人物|的|头发|是|{x}|吗|?
            主角|有没有|{x}|的|头发|?
            主播|的|发色|是否|是|{x}|?
        """),
        _lines("""
            她|的|头发|是否|不是|{x}|?
            发色|是否|并非|{x}|?
            人物|的|发色|不是|{x}|吗|?
        """),
        _lines("""
            What| is| the| character|'s| hair| colour|?
            What| colour| is| the| hair|?
            What| color| is| the| hair|?
            What| is| the| hair| color|?
            Which| color| is| her| hair|?
        """),
        _lines("""
            Is| the| hair| {x}|?
            Is| her| hair| {x}|?
        """),
        _lines("""
            Is| the| hair| not| {x}|?
        """),
    ),
    "clothing": Wordings(
        _lines("""
            人物|的|服装|是|哪|一种|?
            她|穿|的|是|什么|服装|?
            人物|穿|着|什么|衣服|?
            服装
            服装|类型
            角色|的|服装|是|什么|?
            图中|人物|的|服装|属于|哪|一种|?
            主播|今天|穿|了|什么|?
            她|今天|穿|的|是|什么|衣服|?
            请|判断|人物|的|服装|类型
            虚拟偶像|的|服装|款式|是|什么|?
            造型|是|哪|一|套|衣服|?
        """),
        _lines("""
            是否|穿|着|{x}|?
            她|是否|穿|着|{x}|?
            人物|穿|的|是|{x}|吗|?
            角色|的|服装|是不是|{x}|?
            图中|人物|是否|身穿|{x}|?
            服装|是否|为|{x}|?
            主播|有没有|穿|{x}|?
            她|今天|穿|的|是|{x}|吗|?
            虚拟偶像|是否|穿|了|{x}|?
            画面|中|是否|有|{x}|?
        """),
        _lines("""
            是否|没有|穿|{x}|?
            她|穿|的|是否|不是|{x}|?
            人物|没有|穿|{x}|吗|?
            服装|是否|并非|{x}|?
        """),
        _lines("""
            What| is| the| character| wearing|?
            What| is| she| wearing|?
            What| clothing| is| the| character| wearing|?
            What| is| the| outfit|?
        """),
        _lines("""
            Is| she| wearing| {x}|?
            Is| the| character| wearing| {x}|?
        """),
        _lines("""
            Is| she| not| wearing| {x}|?
        """),
    ),
    "clothing_color": Wordings(
        _lines("""
            人物|服装|的|主要|颜色|是|哪|一种|?
            她|的|衣服|是|什么|颜色|?
            服装|颜色
            服装|是|什么|颜色|?
            人物|的|服装|颜色|是|什么|?
            角色|衣服|的|主色|是|什么|?
            图中|人物|的|衣服|颜色|属于|哪|一种|?
            主播|今天|穿|了|什么|颜色|的|衣服|?
            请|判断|服装|的|颜色
            服装|主色|是|哪种|颜色|?
        """),
        _lines("""
            她|的|衣服|是否|是|{x}|?
            服装|是|{x}|吗|?
            服装|颜色|是否|为|{x}|?
            人物|的|衣服|是不是|{x}|的|?
            是否|穿|着|{x}|的|衣服|?
            角色|的|服装|主色|是|{x}|吗|?
            主播|有没有|穿|{x}|的|衣服|?
            图中|人物|穿|的|是|{x}|衣服|吗|?
        """),
        _lines("""
            她|的|衣服|是否|不是|{x}|?
            服装|颜色|是否|并非|{x}|?
            是否|没有|穿|{x}|的|衣服|?
        """),
        _lines("""
            What| is| the| main| colour| of| the| clothing|?
            What| colour| is| the| outfit|?
            What| color| is| the| outfit|?
            What| color| are| the| clothes|?
        """),
        _lines("""
            Is| the| outfit| {x}|?
            Are| the| clothes| {x}|?
        """),
        _lines("""
            Is| the| outfit| not| {x}|?
        """),
    ),
    "head_accessory": Wordings(
        _lines("""
            人物|的|发饰|是|哪|一种|?
            她|今天|戴|的|是|什么|发饰|?
            发饰
            头饰
            人物|头上|戴|着|什么|?
            角色|的|发饰|是|什么|?
            她|戴|了|什么|头饰|?
            图中|人物|的|头饰|属于|哪|一种|?
            头上|有|什么|装饰|?
            请|判断|人物|的|头饰
            主播|今天|戴|了|什么|发饰|?
            头部|配饰|是|什么|?
        """),
        _lines("""
            是否|戴|着|{x}|?
            她|是否|戴|了|{x}|?
            人物|头上|有|{x}|吗|?
            角色|的|头饰|是不是|{x}|?
            图中|人物|是否|佩戴|{x}|?
            发饰|是否|为|{x}|?
            主播|有没有|戴|{x}|?
            她|戴|的|是|{x}|吗|?
            头上|是否|有|{x}|?
        """),
        _lines("""
            是否|没有|戴|{x}|?
            她|头上|没有|{x}|吗|?
            头饰|是否|不是|{x}|?
            发饰|是否|并非|{x}|?
        """),
        _lines("""
            What| is| the| character| wearing| on| the| head|?
            What| is| on| her| head|?
            What| head| accessory| is| she| wearing|?
        """),
        _lines("""
            Is| she| wearing| {x}| on| her| head|?
            Is| the| head| accessory| {x}|?
        """),
        _lines("""
            Is| the| head| accessory| not| {x}|?
        """),
    ),
    "hand_accessory": Wordings(
        _lines("""
            人物|手中|拿|着|什么|?
            她|手里|拿|着|什么|?
            手持物
            手持|物品
            人物|手中|拿|着|什么|?
            角色|的|手持物|是|什么|?
            图中|人物|手里|拿|的|是|什么|?
            手里|有|什么|道具|?
            请|判断|人物|的|手持物
            主播|拿|了|什么|?
            手上|拿|的|是|哪|一种|道具|?
        """),
        _lines("""
            她|手里|是否|拿|着|{x}|?
            是否|拿|着|{x}|?
            人物|手中|有|{x}|吗|?
            角色|是不是|拿|着|{x}|?
            手持物|是否|为|{x}|?
            主播|有没有|拿|{x}|?
            手里|拿|的|是|{x}|吗|?
            图中|人物|是否|手持|{x}|?
        """),
        _lines("""
            她|手里|是否|没有|{x}|?
            是否|没有|拿|{x}|?
            手持物|是否|不是|{x}|?
        """),
        _lines("""
            What| is| the| character| holding|?
            What| is| she| holding|?
            What| is| in| her| hand|?
        """),
        _lines("""
            Is| she| holding| {x}|?
            Is| the| character| holding| {x}|?
        """),
        _lines("""
            Is| she| not| holding| {x}|?
        """),
    ),
}
