"""A sentence in plain words is asked as the kind of question that it is."""

import pytest

from idolens.vlm.answer import Answer, Status
from idolens.vlm.phrasing import KEY, is_yes_no, language_of, question_for, spoken
from idolens.vlm.question import Choice, Score, Tags, Text, YesNo, check


def answer(value: object, status: Status = Status.OK) -> Answer:
    return Answer(
        key=KEY,
        status=status,
        value=value,
        probability=None,
        engine="fake",
        model="fake",
        model_revision="1",
        prompt_version="zh-0",
        latency_ms=1.0,
    )


@pytest.mark.parametrize(
    "text",
    [
        "画面中是否存在暴露着装?",
        "有没有未授权LOGO",
        "画面里有人物吗?",
        "她的情绪是不是积极?",
        "画面里有人物吗\uff1f",
        "Is there a logo in the picture?",
        "Does she smile?",
    ],
)
def test_yes_no(text):
    """Only yes or no can answer these."""
    assert isinstance(question_for(text), YesNo)


@pytest.mark.parametrize(
    "text",
    [
        "请描述这张图片。",
        "她今天戴的是什么发饰?",
        "能描述一下这张图吗?",
        "画面中有几个人?",
        "这首歌是在哪个城市背景下唱的?",
        "What is she wearing?",
        "Can you describe the stage?",
        "Is it a stage or a park?",
        "你知道她是谁吗?",
    ],
)
def test_open(text):
    """These want words, so they are asked as free text."""
    assert isinstance(question_for(text), Text)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("室内舞台还是户外公园?", ("室内舞台", "户外公园")),
        ("画面\uff0c室内舞台还是户外公园\uff1f", ("室内舞台", "户外公园")),
        ("画面是室内舞台还是户外公园?", ("室内舞台", "户外公园")),
        ("该造型更适合古风还是赛博朋克?", ("古风", "赛博朋克")),
        ("场景是室内舞台、演播室还是海边?", ("室内舞台", "演播室", "海边")),
        ("她穿的是汉服,还是旗袍?", ("汉服", "旗袍")),
        ("这是白天还是在夜晚?", ("白天", "夜晚")),
    ],
)
def test_named_options_make_a_choice(text, options):
    """A sentence that names its options is asked as a choice between them."""
    question = question_for(text)
    assert isinstance(question, Choice)
    assert question.options == options
    check([question])


@pytest.mark.parametrize("text", ["还是不太明白", "白天还是白天?", "她还是在哪里?"])
def test_unsure_options_are_free_text(text):
    """When the options cannot be told apart, nothing is guessed."""
    assert isinstance(question_for(text), Text)


def test_language_follows_the_sentence():
    """A question is asked in the language that it is written in."""
    assert question_for("Is this a stage?").language == "en"
    assert language_of("是 stage 吗") == "zh"
    assert is_yes_no("舞台上有人吗?")


def test_answers_are_said_in_the_language_of_the_question():
    """A caller reads 是, never the internal value."""
    assert spoken(question_for("有人吗?"), answer("yes")) == "是"
    assert spoken(question_for("Is it a stage?"), answer("no")) == "No"
    assert spoken(question_for("描述"), answer("舞台")) == "舞台"
    tags = Tags(key=KEY, instruction="标签")
    assert spoken(tags, answer(("汉服", "微笑"))) == "汉服、微笑"
    score = Score(key=KEY, instruction="情绪", levels=("低落", "平静", "积极"))
    assert spoken(score, answer(2.7)) == "积极 (2.7)"


@pytest.mark.parametrize("status", [Status.CANNOT_TELL, Status.INVALID, Status.ERROR])
def test_an_unusable_answer_is_never_a_guess(status):
    """Whatever went wrong, the caller reads 无法判断."""
    assert spoken(question_for("有人吗?"), answer(None, status)) == "无法判断"
