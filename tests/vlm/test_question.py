from dataclasses import replace

import pytest

from idolens.errors import QuestionError
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import Choice, Score, Tags, Text, YesNo, check
from idolens.vocabulary import QuestionKey

KEY = QuestionKey("q")
YES_NO = YesNo(key=KEY, instruction="是否存在暴露着装?")
CHOICE = Choice(key=KEY, instruction="哪里?", options=("舞台", "公园"))
SCORE = Score(key=KEY, instruction="多亮?", levels=("暗", "亮"))
TAGS = Tags(key=KEY, instruction="列出服装。")
TEXT = Text(key=KEY, instruction="写出文字。")


@pytest.mark.parametrize("question", [YES_NO, CHOICE, SCORE, TAGS, TEXT])
def test_well_formed_questions_pass(question):
    """A plain question of each kind can be asked."""
    check([question])


@pytest.mark.parametrize(
    "question",
    [
        replace(YES_NO, instruction=""),
        replace(YES_NO, instruction="  \n"),
        replace(YES_NO, instruction="长" * 2001),
        replace(CHOICE, options=("舞台",)),
        replace(CHOICE, options=("舞台", "舞台")),
        replace(CHOICE, options=tuple(str(number) for number in range(26))),
        replace(CHOICE, options=("舞台", "无法判断")),
        replace(CHOICE, options=("舞台", "cannot_tell")),
        replace(CHOICE, options=("舞台", " ")),
        replace(CHOICE, options=("舞台", "公园\nA. 别的")),
        replace(SCORE, levels=tuple(str(number) for number in range(11))),
        replace(TAGS, most=0),
        replace(TEXT, max_tokens=100_000),
    ],
)
def test_malformed_questions_are_refused(question):
    """The message names the question, in both languages."""
    with pytest.raises(QuestionError) as raised:
        check([question])

    assert "'q'" in raised.value.within("en")
    assert "'q'" in raised.value.within("zh")
    assert raised.value.exit_code == 2


def test_more_options_where_they_are_asked_in_rounds():
    """The caller says so; the limit is told as it is."""
    options = tuple(str(number) for number in range(256))
    check([replace(CHOICE, options=options[:255])], most_options=255)

    with pytest.raises(QuestionError, match="2 to 255"):
        check([replace(CHOICE, options=options)], most_options=255)


class TestPrompt:
    def test_the_question_stands_in_the_text(self):
        """Instruction and options reach the model."""
        text = render(CHOICE).text

        assert text.startswith("哪里?\nA. 舞台\nB. 公园\nC. 无法判断\n")

    @pytest.mark.parametrize("question", [YES_NO, CHOICE, SCORE])
    def test_closed_questions_offer_a_way_out(self, question):
        """Cannot-tell is the last label of every closed question."""
        assert list(render(question).labels.values())[-1] == CANNOT_TELL

    def test_most_options_have_letters(self):
        """25 options and cannot-tell use the alphabet up."""
        options = tuple(f"选项{number}" for number in range(25))
        labels = render(replace(CHOICE, options=options)).labels

        assert list(labels) == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        assert labels["Z"] == CANNOT_TELL

    def test_levels_count_from_one_and_zero_is_cannot_tell(self):
        """A level's digit is its number."""
        assert render(SCORE).labels == {"1": "1", "2": "2", "0": CANNOT_TELL}

    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_ten_levels_have_letters(self, language):
        """Ten and cannot-tell are more than there are digits."""
        levels = tuple(f"L{number}" for number in range(10))
        prompt = render(replace(SCORE, levels=levels, language=language))

        assert "".join(prompt.labels) == "ABCDEFGHIJK"
        assert list(prompt.labels.values())[:10] == [str(at) for at in range(1, 11)]
        assert prompt.labels["K"] == CANNOT_TELL
        assert "\nJ. L9\nK. " in prompt.text
        assert prompt.text.endswith(("只回答一个字母。", "Answer with one letter."))

    def test_a_role_replaces_the_default(self):
        """The default role is the reviewer's; a caller may give another."""
        assert "虚拟偶像内容审核员" in render(YES_NO).role
        assert render(YES_NO, role="你是编辑。").role == "你是编辑。"

    def test_the_version_says_language_and_wording(self):
        """Wordings of different languages have different versions."""
        english = replace(YES_NO, language="en")

        assert render(YES_NO).version.startswith("zh-")
        assert render(english).version.startswith("en-")
        assert render(YES_NO).version == render(CHOICE).version
