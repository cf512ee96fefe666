"""What kind of question a sentence in plain words is, and how to say its answer.

A closed question is read from the probabilities of its labels, which is faster and
surer than free text; so a sentence that can only be answered with yes or no, or that
names its options (室内舞台还是户外公园?), is asked as a closed one.
"""

import re
from typing import assert_never

from idolens.vlm.answer import Answer, Status
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo
from idolens.vocabulary import Language, QuestionKey

KEY = QuestionKey("question")
"""The key of a question that comes as one sentence."""

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_YES_NO_ZH = re.compile(
    r"是否|有没有|是不是|能不能|可不可以|会不会|像不像|对不对|有无|在不在"
    r"|[吗么][?\uff1f。!\uff01\s]*$"
)
_OPEN_ZH = re.compile(
    r"什么|哪|谁|几|多少|怎[么样]|为何|如何"
    r"|描述|介绍|说说|说明|解释|告诉|列出|列举|讲|写"
)
_YES_NO_EN = re.compile(
    r"^(is|are|was|were|does|do|did|has|have|had|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_OPEN_EN = re.compile(
    r"\b(what|which|who|whose|where|when|why|how|describe|list|tell|explain|name)\b"
    r"|\bor\b",
    re.IGNORECASE,
)
_STEM = re.compile(
    r"^.*(?:是在|是|在|适合|属于|偏向|更像|像|为|穿着|穿|[,\uff0c:\uff1a])"
)
_OPTION = re.compile(r"^[^\s,\uff0c。;\uff1b:\uff1a?\uff1f!\uff01]{1,12}$")
_END = re.compile(r"[?\uff1f。!\uff01,\uff0c、\s]+$")

_WORDS: dict[Language, dict[str, str]] = {
    "zh": {"yes": "是", "no": "否", "cannot_tell": "无法判断"},
    "en": {"yes": "Yes", "no": "No", "cannot_tell": "Cannot tell"},
}


def language_of(text: str) -> Language:
    """Return ``zh`` for a sentence with a Chinese character in it, else ``en``."""
    return "zh" if _CHINESE.search(text) else "en"


def question_for(text: str, key: QuestionKey = KEY) -> Question:
    """Return the kind of question that ``text`` is, ready to be asked.

    ``是否…``, ``…吗?`` and ``Is there …?`` become YesNo; ``甲还是乙?`` becomes
    Choice; everything else becomes Text.
    """
    instruction = text.strip()
    language = language_of(instruction)
    options = _options(instruction) if language == "zh" else ()
    if options:
        return Choice(key=key, instruction=instruction, options=options)
    if is_yes_no(instruction):
        return YesNo(key=key, instruction=instruction, language=language)
    return Text(key=key, instruction=instruction, language=language)


def is_yes_no(text: str) -> bool:
    """Tell whether only yes or no (or cannot tell) can answer ``text``."""
    sentence = text.strip()
    if language_of(sentence) == "zh":
        return bool(_YES_NO_ZH.search(sentence)) and not _OPEN_ZH.search(sentence)
    return bool(_YES_NO_EN.search(sentence)) and not _OPEN_EN.search(sentence)


def spoken(question: Question, answer: Answer) -> str:
    """Say ``answer`` as a person would: 是, 室内舞台, 微笑、汉服.

    An answer that cannot be used is said as 无法判断, never as a guess.
    """
    words = _WORDS[question.language]
    if answer.status is not Status.OK or answer.value is None:
        return words["cannot_tell"]
    match question:
        case YesNo():
            return words[str(answer.value)]
        case Choice() | Text():
            return str(answer.value)
        case Score():
            return _level(question, answer)
        case Tags():
            tags = answer.value if isinstance(answer.value, tuple) else ()
            return ("、" if question.language == "zh" else ", ").join(tags)
        case _:
            assert_never(question)


def _level(question: Score, answer: Answer) -> str:
    if not isinstance(answer.value, float | int):
        return str(answer.value)
    nearest = min(max(round(answer.value), 1), len(question.levels))
    return f"{question.levels[nearest - 1]} ({answer.value:.1f})"


def _options(text: str) -> tuple[str, ...]:
    """Return the options that ``甲、乙还是丙?`` names, or none if it is not sure."""
    if text.count("还是") != 1 or _OPEN_ZH.search(text):
        return ()
    before, _, last = _END.sub("", text).partition("还是")
    named = [part.strip() for part in _END.sub("", before).split("、")]
    named[0] = _STEM.sub("", named[0])
    options = (*named, _STEM.sub("", last.strip()))
    sure = all(_OPTION.match(option) for option in options)
    return options if sure and len(set(options)) == len(options) else ()
