import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.vlm.lint import lint

VAGUE_ZH = {
    "这图怎么样?": "vague",
    "怎么样": "vague",
    "有没有问题?": "vague",
    "是否合规?": "vague",
    "帮我看看这张图": "vague",
    "好看吗": "subjective",
    "衣服是否不当?": "subjective",
    "人物可爱吗?": "subjective",
    "描述一下这张图片": "open_description",
    "描述": "open_description",
    "难道她戴着帽子?": "leading",
    "画面里显然有商标,对吧?": "leading",
    "是不是没有戴帽子?": "negated",
    "人物没有戴耳机吗?": "negated",
    "是否有人物?是否有LOGO?": "two_questions",
    "是否有人物以及是否有商标": "two_questions",
    "这张图为什么不能发": "not_visible",
    "她是谁?": "not_visible",
    "图中有什么?": "no_object",
    "有没有": "no_object",
    "有人吗": "too_short",
}
VAGUE_EN = {
    "How is this picture?": "vague",
    "Any problems here?": "vague",
    "Is it ok?": "vague",
    "Is the dress pretty?": "subjective",
    "Is the clothing appropriate for a stream?": "subjective",
    "Describe the picture.": "open_description",
    "describe": "open_description",
    "She is wearing a hat, isn't she?": "negated",
    "There is obviously a logo here": "leading",
    "Is she not wearing a hat?": "negated",
    "Is there a hat and is it red?": "two_questions",
    "Is there a hat? Is it red?": "two_questions",
    "Why is this blocked?": "not_visible",
    "What is it?": "no_object",
    "a hat?": "too_short",
}
CLEAR_ZH = [
    "是否存在暴露着装?",
    "室内舞台还是户外公园?",
    "是否有未授权LOGO?",
    "情绪是否积极?",
    "她今天戴的是什么发饰?",
    "这首歌是在哪个城市背景下唱的?",
    "该造型更适合古风还是赛博朋克主题?",
    "用两句话描述人物的发型、服装、表情和所在场景。",
    "裙摆是否在膝盖以上?",
    "列出人物的服装款式。",
]
CLEAR_EN = [
    "Is there an unauthorised logo in the picture?",
    "Does the skirt end above the knee?",
    "What colour is the character's hair?",
    "In two sentences, describe the hair, outfit, expression and scene.",
    "List the character's clothes and accessories.",
]


@pytest.mark.parametrize(("prompt", "code"), VAGUE_ZH.items())
def test_vague_chinese(prompt, code):
    """Prompts that can't be answered the same way twice are named as what they are."""
    assert code in {advice.code for advice in lint(prompt, "zh")}


@pytest.mark.parametrize(("prompt", "code"), VAGUE_EN.items())
def test_vague_english(prompt, code):
    """The same in English."""
    assert code in {advice.code for advice in lint(prompt, "en")}


WIDE = str.maketrans("?,!:;", "\uff1f\uff0c\uff01\uff1a\uff1b")


@pytest.mark.parametrize("prompt", [*VAGUE_ZH, *CLEAR_ZH])
def test_the_width_of_punctuation_changes_nothing(prompt):
    """A Chinese keyboard types \uff1f where another types ?; the advice is the same."""
    narrow, wide = lint(prompt, "zh"), lint(prompt.translate(WIDE), "zh")

    assert [advice.code for advice in wide] == [advice.code for advice in narrow]
    assert [advice.found for advice in wide] == [
        advice.found.translate(WIDE) for advice in narrow
    ]


@pytest.mark.parametrize(
    "mark", "?\uff1f,\uff0c。\uff61!\uff01、\uff64:\uff1a;\uff1b\u3000"
)
def test_punctuation_makes_no_question_longer(mark):
    """However many marks follow it, a short prompt stays one, too short."""
    assert [advice.code for advice in lint(f"有人吗{mark * 9}", "zh")] == ["too_short"]


def test_letters_of_either_width_are_the_same():
    """Full-width letters are what some keyboards type between Chinese words."""
    (advice,) = lint("Is it \uff4f\uff4b?", "en")

    assert (advice.code, advice.found) == ("vague", "is it \uff4f\uff4b".capitalize())


def test_rules_are_written_in_half_width():
    """A full-width mark in a rule would never match, as prompts are read half-width."""
    source = files("idolens.vlm").joinpath("prompts", "lint.yaml").read_text("utf-8")
    rules = [
        line for line in source.splitlines() if line.startswith(("  zh:", "  en:"))
    ]

    assert len(rules) > 10
    assert not [rule for rule in rules if re.search(r"[\uff01-\uff65\u3000]", rule)]


@pytest.mark.parametrize("prompt", CLEAR_ZH)
def test_clear_chinese(prompt):
    """Good questions are left alone, those of the studio's own list among them."""
    assert lint(prompt, "zh") == []


@pytest.mark.parametrize("prompt", CLEAR_EN)
def test_clear_english(prompt):
    """The same in English."""
    assert lint(prompt, "en") == []


@given(st.text(max_size=80), st.sampled_from(["zh", "en"]))
def test_any_text_is_linted(prompt, language):
    """Every advice says why and what instead, in both languages."""
    for advice in lint(prompt, language):
        assert advice.found in prompt
        assert advice.why.zh
        assert advice.why.en
        assert advice.instead.zh
        assert advice.instead.en


def test_the_empty_prompt_is_advised():
    """Nothing at all is not a question."""
    assert lint("  ", "zh")
    assert lint("", "en")
