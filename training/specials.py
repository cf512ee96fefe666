"""Questions that no single option answers, and what no picture can answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Special:
    """A yes-or-no question about one attribute that covers several of its words."""

    attribute: str
    yes: frozenset[str]
    wordings: tuple[str, ...]
    negated: tuple[str, ...] = ()
    english: tuple[str, ...] = ()


SPECIALS: tuple[Special, ...] = (
    Special(
        "expression",
        frozenset({"微笑", "大笑"}),
        (
            "情绪|是否|积极|?",
            "人物|情绪|是否|积极|?",
            "她|的|情绪|是否|积极|?",
            "人物|的|情绪|是|积极|的|吗|?",
            "表情|是否|积极|?",
            "她|开心|吗|?",
            "她|在|笑|吗|?",
            "人物|是否|在|笑|?",
            "主播|是否|开心|?",
            "画面|情绪|是否|积极|向上|?",
        ),
        ("情绪|是否|不|积极|?", "她|是否|没有|笑|?", "情绪|是否|并非|积极|?"),
        ("Is| she| happy|?", "Is| the| mood| positive|?"),
    ),
    Special(
        "expression",
        frozenset({"哭泣", "生气"}),
        (
            "情绪|是否|消极|?",
            "人物|情绪|是否|低落|?",
            "她|的|情绪|是否|消极|?",
            "是否|存在|负面|情绪|?",
            "她|不|开心|吗|?",
            "表情|是否|消极|?",
        ),
        ("情绪|是否|不|消极|?",),
        ("Is| the| mood| negative|?",),
    ),
    Special(
        "count",
        frozenset({"一个人", "两个人", "三人及以上"}),
        (
            "人物|在|画面|中|?",
            "是否|有|人物|在|画面|中|?",
            "人物|在|画面|中|吗|?",
            "人物|是否|在|画面|中|?",
            "是否|有|人物|出镜|?",
            "画面|中|是否|有|人|?",
            "画面|中|是否|有|人物|?",
            "图中|有|人|吗|?",
            "是否|有|虚拟偶像|出镜|?",
            "角色|是否|在|画面|中|?",
            "主播|在|画面|里|吗|?",
        ),
        ("画面|中|是否|没有|人物|?", "是否|无人|出镜|?", "画面|里|没有|人|吗|?"),
        (
            "Is| there| a| character| in| the| picture|?",
            "Is| there| a| person| in| the| picture|?",
            "Is| the| character| in| the| picture|?",
        ),
    ),
    Special(
        "count",
        frozenset({"两个人", "三人及以上"}),
        (
            "画面|中|是否|有|多|个|人|?",
            "是否|多人|出镜|?",
            "图中|是否|不|止|一个人|?",
            "画面|里|有|两个|以上|的|人|吗|?",
        ),
        ("画面|中|是否|没有|多|个|人|?",),
        ("Is| there| more| than| one| person|?",),
    ),
    Special(
        "brand",
        frozenset({"自家徽标", "未授权LOGO"}),
        (
            "画面|中|是否|有|任何|品牌|标志|?",
            "是否|出现|品牌|标志|?",
            "是否|有|LOGO|?",
            "图中|有没有|标志|?",
            "画面|中|是否|出现|LOGO|?",
        ),
        ("画面|中|是否|没有|任何|标志|?", "是否|没有|LOGO|?"),
        ("Is| there| any| logo|?",),
    ),
    Special(
        "brand",
        frozenset({"未授权LOGO"}),
        (
            "是否|有|未授权|LOGO|?",
            "是否|存在|未授权|LOGO|?",
            "画面|中|是否|有|未授权|的|LOGO|?",
            "是否|出现|未|授权|LOGO|?",
            "是否|出现|未经|授权|的|品牌|标志|?",
            "是否|有|其他|品牌|的|标志|?",
            "是否|出现|他人|的|LOGO|?",
            "画面|中|有没有|未经|授权|的|LOGO|?",
            "是否|有|侵权|LOGO|?",
        ),
        ("是否|没有|未授权|LOGO|?", "是否|不存在|未授权|的|LOGO|?"),
        ("Is| there| an| unauthorised| logo|?", "Is| there| an| unauthorized| logo|?"),
    ),
    Special(
        "exposure",
        frozenset({"暴露着装"}),
        (
            "是否|存在|暴露着装|?",
            "图中|是否|存在|暴露着装|?",
            "是否|存在|暴露|着装|?",
            "人物|着装|是否|暴露|?",
            "着装|是否|过于|暴露|?",
            "服装|是否|暴露|?",
            "她|穿|得|暴露|吗|?",
            "画面|中|有没有|着装|暴露|的|情况|?",
        ),
        ("着装|是否|不|暴露|?", "是否|不存在|暴露着装|?", "是否|没有|暴露|着装|?"),
        (
            "Is| any| clothing| exposing|?",
            "Is| the| clothing| too| revealing|?",
            "Is| there| exposed| clothing|?",
        ),
    ),
    Special(
        "exposure",
        frozenset({"穿模"}),
        (
            "是否|存在|穿模|?",
            "是否|有|穿模|?",
            "服装|是否|穿模|?",
            "画面|中|有没有|穿模|的|情况|?",
            "模型|是否|穿模|?",
            "身体|是否|穿过|了|衣服|?",
            "是否|出现|穿模|?",
        ),
        ("是否|没有|穿模|?", "是否|不存在|穿模|?"),
        (
            "Does| any| clothing| clip| through| the| body|?",
            "Is| there| clothing| clipping|?",
            "Does| the| body| clip| through| the| clothes|?",
        ),
    ),
    Special(
        "exposure",
        frozenset({"正常着装"}),
        (
            "着装|是否|正常|?",
            "着装|是否|得体|?",
            "着装|是否|合规|?",
            "人物|的|着装|正常|吗|?",
            "服装|是否|没有|问题|?",
        ),
        ("着装|是否|不|正常|?", "着装|是否|存在|问题|?", "是否|存在|着装|风险|?"),
        ("Is| the| clothing| proper|?",),
    ),
)

LEVELS: dict[int, tuple[tuple[str, ...], ...]] = {
    2: (("消极", "积极"), ("低落", "开心"), ("负面", "正面")),
    3: (
        ("消极", "中性", "积极"),
        ("低落", "平静", "开心"),
        ("负面", "中性", "正面"),
        ("不开心", "一般", "开心"),
    ),
    4: (("消极", "中性", "积极", "非常积极"), ("低落", "平静", "开心", "非常开心")),
    5: (
        ("哭泣", "生气", "平静", "微笑", "大笑"),
        ("很差", "较差", "一般", "较好", "很好"),
        ("非常消极", "消极", "中性", "积极", "非常积极"),
    ),
}
LEVELS_EN: dict[int, tuple[tuple[str, ...], ...]] = {
    2: (("negative", "positive"),),
    3: (("negative", "neutral", "positive"),),
    4: (("negative", "neutral", "positive", "very positive"),),
    5: (("very negative", "negative", "neutral", "positive", "very positive"),),
}
MOOD: dict[int, dict[str, int]] = {
    2: {"哭泣": 1, "生气": 1, "微笑": 2, "大笑": 2},
    3: {"哭泣": 1, "生气": 1, "平静": 2, "惊讶": 2, "微笑": 3, "大笑": 3},
    4: {"哭泣": 1, "生气": 1, "平静": 2, "惊讶": 2, "微笑": 3, "大笑": 4},
    5: {"哭泣": 1, "生气": 2, "平静": 3, "惊讶": 3, "微笑": 4, "大笑": 5},
}
"""Which level each expression stands on, by how many levels there are."""
MOOD_QUESTIONS = (
    "情绪|有|多|积极|?",
    "人物|情绪|的|积极|程度|?",
    "请|给|情绪|打分",
    "她|的|情绪|如何|?",
    "情绪|积极|程度|是|多少|?",
    "情绪|评分",
    "人物|的|心情|怎么样|?",
    "表情|的|积极|程度|?",
)
MOOD_QUESTIONS_EN = ("How| positive| is| the| mood|?", "What| is| the| mood|?")

UNRELATED = (
    "这|图|怎么样|?",
    "好看|吗|?",
    "明天|会|下雨|吗|?",
    "她|的|生日|是|几|号|?",
    "她|叫|什么|名字|?",
    "这|首|歌|好听|吗|?",
    "有没有|问题|?",
    "现在|几|点|?",
    "这|张|图|为什么|不能|发|?",
    "观众|喜欢|吗|?",
    "图片|是|谁|画|的|?",
    "今天|星期|几|?",
    "她|多少|岁|?",
    "票价|是|多少|?",
    "下|一|首|歌|是|什么|?",
    "是|真人|吗|?",
    "这|是|哪|一|年|?",
    "声音|清楚|吗|?",
    "怎么样|?",
    "可以|吗|?",
    "好|不|好|?",
)
UNRELATED_EN = ("Is| it| good|?", "What| is| her| name|?", "Will| it| rain| tomorrow|?")
UNRELATED_OPTIONS = (
    ("晴天", "雨天", "阴天"),
    ("好", "不好"),
    ("北京", "上海", "广州", "深圳"),
    ("春天", "夏天", "秋天", "冬天"),
    ("甲", "乙", "丙"),
    ("喜欢", "不喜欢"),
    ("免费", "收费"),
)
