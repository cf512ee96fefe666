import pytest

from idolens.errors import PolicyError
from idolens.review.policy import Policy, worst
from idolens.review.policy_file import (
    MOST_CHARACTERS,
    check_policy,
    load_policy,
    policy_text,
    shipped_policies,
)
from idolens.review.record import Words
from idolens.vlm.question import Choice, Score, Tags, Text, YesNo
from idolens.vocabulary import RiskLevel, Suggestion
from tests.review.sessions import SMALL, questions, small

VOCABULARY = {
    "scene": "室内舞台 户外公园 演播室 夜晚街道 海边 教室 卧室 雪地",
    "hair_style": "长直发 双马尾 高马尾 短发 双丸子头 麻花辫 "
    "大波浪 姬发式 侧马尾 刺猬头",
    "hair_color": "黑色 棕色 金色 银白色 红色 粉色 橙色 蓝色 绿色 紫色",
    "clothing": "汉服 洛丽塔裙 高腰A字裙 水手服 旗袍 西装 "
    "女仆装 打歌服 泳装 卫衣 T恤 铠甲",
    "clothing_color": "白色 黑色 红色 粉色 黄色 绿色 蓝色 紫色",
    "head_accessory": "无头饰 猫耳 蝴蝶结 皇冠 花环 耳机 贝雷帽 发簪 光环 恶魔角",
    "hand_accessory": "空手 麦克风 荧光棒 扇子 吉他 花束 雨伞",
    "expression": "微笑 大笑 哭泣 生气 惊讶 平静",
    "light": "自然光 红光 蓝光 紫光 金光",
    "style": "日常 古风 赛博朋克 奇幻",
}

ALL_KINDS = """
name: kinds
title: 各种问题
language: en
questions:
  - {key: a, kind: yes_no, instruction: "Is it on?", label: On}
  - key: b
    kind: choice
    instruction: {zh: "哪一个?", en: "Which one?"}
    label: Which
    options: [{zh: 红, en: red}, {zh: 蓝, en: blue}]
    risks: [{when: red, sub_label: Red, level: low}]
  - key: c
    kind: score
    instruction: How bright?
    label: Light
    options: [dark, dim, bright]
    risks: [{when: [1, 2], sub_label: Dark}]
  - {key: d, kind: tags, instruction: Name what is seen., label: Seen}
  - {key: e, kind: text, instruction: Describe it., label: Description}
"""


@pytest.mark.parametrize("name", ["livestream-zh", "poster-zh"])
def test_shipped_policies_ask_what_a_studio_must_know(name: str) -> None:
    """Each shipped policy asks about every risk and every tag of the vocabulary."""
    asked = questions(load_policy(name))

    risks = {
        key: question.risks[0] for key, question in asked.items() if question.risks
    }
    assert {"person", "exposure", "clipping", "logo", "positive_mood"} <= set(asked)
    assert set(risks) == {"exposure", "clipping", "logo"}
    assert risks["exposure"].level is RiskLevel.HIGH
    assert all(risk.when == ("yes",) for risk in risks.values())
    for key, words in VOCABULARY.items():
        assert asked[key].replies == tuple(words.split())
        assert asked[key].namespace == key


def test_shipped_policies_speak_both_languages() -> None:
    """Every wording that a reader sees has a Chinese and an English side of its own."""
    for policy in shipped_policies():
        words = [policy.title]
        for question in policy.questions:
            words += [question.instruction, question.label, *question.options]
            words += [risk.sub_label for risk in question.risks]

        assert all(word.zh != word.en and word.en.isascii() for word in words)


def test_shipped_names_are_file_names() -> None:
    """A shipped policy is loaded by the name that it carries."""
    for policy in shipped_policies():
        assert load_policy(policy.name) == policy


def test_five_kinds_become_questions() -> None:
    """Every kind of question reaches the engine in the policy's language."""
    a, b, c, d, e = check_policy(ALL_KINDS).asked()

    assert (type(a), type(b), type(c), type(d), type(e)) == (
        YesNo,
        Choice,
        Score,
        Tags,
        Text,
    )
    assert isinstance(b, Choice)
    assert b.options == ("red", "blue")
    assert b.instruction == "Which one?"
    assert isinstance(c, Score)
    assert c.levels == ("dark", "dim", "bright")
    assert {question.language for question in (a, b, c, d, e)} == {"en"}


def test_a_question_may_be_asked_in_another_language() -> None:
    """A question's own language beats the policy's."""
    policy = check_policy(ALL_KINDS.replace("{key: a,", "{key: a, language: zh,"))

    assert policy.asked()[0].language == "zh"


def test_replies_are_shown_in_both_languages() -> None:
    """Options, yes and no, levels and free words each have something to show."""
    asked = questions(check_policy(ALL_KINDS))

    assert asked["a"].shown("no") == Words(zh="否", en="no")
    assert asked["b"].shown("blue") == Words(zh="蓝", en="blue")
    assert asked["c"].shown("2") == Words(zh="dim", en="dim")
    assert asked["d"].shown("猫耳") == Words(zh="猫耳", en="猫耳")


def test_undecided_matters_for_risks_only_unless_said() -> None:
    """By default a risk question that cannot tell asks for a person, a tag does not."""
    asked = questions(small())
    told = questions(small(("namespace: scene", "when_undecided: review")))
    hushed = questions(
        small(("    moot_when", "    when_undecided: pass\n    moot_when"))
    )

    assert asked["exposure"].undecided_matters
    assert not asked["scene"].undecided_matters
    assert told["scene"].undecided_matters
    assert not hushed["exposure"].undecided_matters


def test_version_follows_content_only() -> None:
    """Comments and spelled-out defaults keep the version, a threshold does not."""
    policy = small()

    assert check_policy("# note\n" + SMALL).version == policy.version
    assert small(("level: high", "level: high\n        min_consecutive: 1")) == policy
    assert small(("review_at: 0.5", "review_at: 0.4")).version != policy.version
    assert len(policy.version) == 12


@pytest.mark.parametrize("policy", [small(), *shipped_policies()], ids=str)
def test_a_policy_survives_being_written(policy: Policy) -> None:
    """The text kept with a session gives the same policy and version again."""
    again = check_policy(policy_text(policy))

    assert again == policy
    assert again.version == policy.version


MISTAKES = [
    ("review_at: 0.5", "reviw_at: 0.5", "'review_at'"),
    ("kind: choice", "knd: choice", "'kind'"),
    ("max_unexamined: 0.2", "max_unexamin: 0.2", "'max_unexamined'"),
    ("question: person", "questoin: person", "'question'"),
    ("zh: 人物", "cn: 人物", "zh"),
    ("max_unexamined: 0.2", "aaa: 1", "harmless_drops"),
    ("review_at: 0.5", "review_at: 1.5", "1"),
    ("review_at: 0.5", "review_at: 0", "0"),
    ("max_unexamined: 0.2", "max_unexamined: -1", "0"),
    ("max_unexamined: 0.2", "max_unexamined: much", "max_unexamined"),
    ("max_unexamined: 0.2", "max_unexamined: 0x_", "max_unexamined"),
    ("max_unexamined: 0.2", "max_unexamined: .inf", "max_unexamined"),
    ("max_unexamined: 0.2", "max_unexamined: 1:30", "max_unexamined"),
    ("level: high", "level: huge", "'high'"),
    ("kind: choice", "kind: chocie", "'choice'"),
    ("name: small", "name: Not a name", "name"),
    ("when: yes", "when: []", "when"),
    ("label: {zh: 场景, en: Scene}", "label: [1]", "label"),
    ("label: {zh: 场景, en: Scene}", "label: null", "label"),
    ("label: {zh: 场景, en: Scene}", "label: true", "label"),
    ("namespace: scene", "namespace: 7", "namespace"),
    ("level: high", "level: high\n        level: low", "level"),
    ("risks:\n", "risks:\n      - 3\n", "risks"),
    ("level: high", "min_consecutive: 1.5", "min_consecutive"),
    ("max_unexamined: 0.2", "max_unexamined: &a 0.2\nmore: *a", "YAML"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_line(right: str, wrong: str, told: str) -> None:
    """A wrong policy file names the line and the key, in Chinese and English."""
    at = SMALL.index(right)
    line = SMALL[:at].count("\n") + 1
    with pytest.raises(PolicyError) as caught:
        check_policy(SMALL.replace(right, wrong))

    words = caught.value.words
    assert told in words.en
    assert told in words.zh
    lines = range(line, line + wrong.count("\n") + 1)
    assert any(f"Line {number}" in words.en for number in lines)
    assert any(f"第 {number} 行" in words.zh for number in lines)


DISAGREEMENTS = [
    ("when: yes", "when: maybe", "'maybe'"),
    ("block_at: 0.9", "block_at: 0.1", "block_at"),
    ("answer: no", "answer: perhaps", "'perhaps'"),
    ("question: person", "question: exposure", "moot_when"),
    ("question: person", "question: nobody", "moot_when"),
    ("key: scene", "key: person", "'person'"),
    ("kind: choice", "kind: yes_no", "options"),
    ("kind: choice", "kind: text", "options"),
    (", {zh: 户外公园, en: park}", "", "scene"),
    ("key: scene", "key: Scene", "key"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), DISAGREEMENTS)
def test_parts_that_disagree_are_told(right: str, wrong: str, told: str) -> None:
    """Keys that are right alone but not together are named in both languages."""
    assert right in SMALL
    with pytest.raises(PolicyError) as caught:
        check_policy(SMALL.replace(right, wrong))

    assert told in caught.value.words.en
    assert told in caught.value.words.zh


def test_an_empty_list_of_questions_is_told() -> None:
    """A policy without questions is refused by name of the key."""
    with pytest.raises(PolicyError) as caught:
        check_policy("name: a\ntitle: A\nquestions: []")

    assert caught.value.words.en == "Line 3, questions: must not be empty."


def test_did_you_mean_reads_as_a_question() -> None:
    """The hint for a mistyped key ends as a question does."""
    with pytest.raises(PolicyError) as caught:
        check_policy(SMALL.replace("review_at", "reveiw_at"))

    assert caught.value.words.en == (
        "Line 18, questions[1].risks[0].reveiw_at: unknown key; "
        "did you mean 'review_at'?"
    )


def test_further_mistakes_are_counted() -> None:
    """Two mistakes are said to be two."""
    with pytest.raises(PolicyError) as caught:
        check_policy(SMALL.replace("key: scene", "kay: scene"))

    assert "(1 more)" in caught.value.words.en


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "text",
        "questions: 3",
        "questions: [3]",
        "{? [a] : b}",
        "a\tb: \x07",
        "[",
        "a: [\nb: 1",
    ],
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    """Any text that is no policy ends in a PolicyError, never in another error."""
    with pytest.raises(PolicyError):
        check_policy(text)


def test_hostile_yaml_is_refused() -> None:
    """Oversized, deeply nested or self-referring files end in a clear error."""
    for text in ("#" * (MOST_CHARACTERS + 1), "[" * 5000, "a: &x [*x]", "!!python/x 1"):
        with pytest.raises(PolicyError):
            check_policy(text)


def test_options_must_fit_the_kind() -> None:
    """Yes-no questions take no options, free text no risks, choices two or more."""
    for old, new in (
        ("key: a,", "key: a, options: [x, y],"),
        ("key: e,", "key: e, risks: [{when: x, sub_label: X}],"),
        ("options: [{zh: 红, en: red}, ", "options: ["),
    ):
        assert old in ALL_KINDS
        with pytest.raises(PolicyError) as caught:
            check_policy(ALL_KINDS.replace(old, new))
        assert caught.value.words.zh != caught.value.words.en


def test_open_tags_may_be_risky() -> None:
    """A tags question without a word list can carry a risk on any word."""
    risky = ALL_KINDS.replace("key: d,", "key: d, risks: [{when: 香烟, sub_label: X}],")

    assert questions(check_policy(risky))["d"].risks[0].when == ("香烟",)


def test_policies_load_from_files(tmp_path) -> None:
    """A path to a YAML file, with or without a byte order mark, loads like a name."""
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeff" + SMALL, "utf-8")

    assert load_policy(str(path)) == small()


def test_unreadable_files_are_told(tmp_path) -> None:
    """A file that is no UTF-8 text is refused in both languages."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(PolicyError) as caught:
        load_policy(str(path))

    assert "UTF-8" in caught.value.words.en
    assert "UTF-8" in caught.value.words.zh


@pytest.mark.parametrize(
    ("name", "told"), [("livestream", "'livestream-zh'"), ("zzz", "poster-zh")]
)
def test_unknown_names_are_met_with_known_ones(name: str, told: str) -> None:
    """A mistyped policy name is answered with the nearest, or with all."""
    with pytest.raises(PolicyError) as caught:
        load_policy(name)

    assert told in caught.value.words.en
    assert told in caught.value.words.zh


def test_the_worst_suggestion_wins() -> None:
    """Block beats review beats pass; nothing at all passes."""
    assert worst([]) is Suggestion.PASS
    assert worst([Suggestion.REVIEW, Suggestion.PASS]) is Suggestion.REVIEW
    assert worst([Suggestion.REVIEW, Suggestion.BLOCK]) is Suggestion.BLOCK


def test_words_answer_in_the_language_asked() -> None:
    """Words give the side that is asked for."""
    assert Words(zh="是", en="yes").within("zh") == "是"
    assert Words(zh="是", en="yes").within("en") == "yes"
