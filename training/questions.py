"""Questions with their right answers, made from what a drawing is known to show."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from idolens.vlm.prompt import render
from idolens.vlm.question import Choice, Question, Score, Tags, Text, YesNo
from training.scenes import ATTRIBUTES, CANNOT_TELL
from training.sentences import described, listed, said
from training.specials import (
    LEVELS,
    LEVELS_EN,
    MOOD,
    MOOD_QUESTIONS,
    MOOD_QUESTIONS_EN,
    SPECIALS,
    UNRELATED,
    UNRELATED_EN,
    UNRELATED_OPTIONS,
    Special,
)
from training.wordings import WORDINGS, Wordings
from training.wordings_more import MORE_WORDINGS
from training.words import CHINESE, ENGLISH, ENGLISH_ALSO

Truth = Mapping[str, str | None]
ALL_WORDINGS: Mapping[str, Wordings] = WORDINGS | MORE_WORDINGS
OTHER = "其他"
KEY = "q"
WIDE_QUESTION_MARK = "\uff1f"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and the reply that is right.

    Attributes:
        question: as an engine would get it.
        reply: the label, or the words of Tags and Text.
        about: the attribute, or what else it is about.
        shown: the option's word within a yes-or-no question, where there is one.
        holds: whether that word is true of the picture, however it is asked.
    """

    question: Question
    reply: str
    about: str
    shown: str = ""
    holds: bool = False

    @property
    def closed(self) -> bool:
        """Whether one label answers it."""
        return isinstance(self.question, YesNo | Choice | Score)


def plain(wording: str, word: str = "", chance: random.Random | None = None) -> str:
    """A wording as it is asked, now and then with other punctuation."""
    text = wording.replace("|", "").replace("{x}", word)
    if chance is not None and text.isascii() is False:
        end = chance.random()
        if end < 0.45:  # noqa: PLR2004
            text = text.replace("?", WIDE_QUESTION_MARK)
        elif end < 0.55 and text.endswith("?"):  # noqa: PLR2004
            text = text[:-1]
    return text


def english_of(attribute: str, word: str) -> str:
    """The English word; gold is blonde only on a head."""
    if attribute == "hair_color" or word != "金色":
        return ENGLISH[word]
    return "gold"


def _shown(attribute: str, word: str, chance: random.Random, language: str) -> str:
    if language == "en":
        return english_of(attribute, word)
    names = CHINESE[word]
    return names[0] if chance.random() < 0.7 else chance.choice(names)  # noqa: PLR2004


def _askable(truth: Truth) -> list[str]:
    return [key for key in ATTRIBUTES if truth.get(key) is not None]


def _language(chance: random.Random) -> str:
    return "en" if chance.random() < 0.12 else "zh"  # noqa: PLR2004


def yes_no(truth: Truth, chance: random.Random, attribute: str | None = None) -> Ask:
    """Whether one word of an attribute holds, asked straight or turned round."""
    attribute = attribute or chance.choice(_askable(truth))
    language = _language(chance)
    right = truth[attribute]
    others = [word for word in ATTRIBUTES[attribute] if word != right]
    is_it = right != CANNOT_TELL and chance.random() < 0.5  # noqa: PLR2004
    word = right if is_it and right else chance.choice(others)
    wordings = ALL_WORDINGS[attribute]
    turned = chance.random() < 0.25  # noqa: PLR2004
    if language == "en":
        pool = wordings.whether_not_en if turned else wordings.whether_en
    else:
        pool = wordings.whether_not if turned else wordings.whether
    shown = _shown(attribute, word, chance, language)
    text = plain(chance.choice(pool), shown, chance)
    ask = _said_yes_no(text, language, right == CANNOT_TELL, is_it != turned, attribute)
    if right == CANNOT_TELL:
        return ask
    return replace(ask, shown=shown, holds=is_it)


def special(truth: Truth, chance: random.Random, which: Special | None = None) -> Ask:
    """One of the risk and summary questions."""
    fitting = [item for item in SPECIALS if truth.get(item.attribute) is not None]
    if which is None and not fitting:
        return unrelated(truth, chance)
    item = which or chance.choice(fitting)
    right = truth[item.attribute]
    if _language(chance) == "en" and item.english:
        text = plain(chance.choice(item.english))
        language, turned = "en", False
    else:
        turned = bool(item.negated) and chance.random() < 0.25  # noqa: PLR2004
        pool = item.negated if turned else item.wordings
        text = plain(chance.choice(pool), "", chance)
        language = "zh"
    return _said_yes_no(
        text,
        language,
        right == CANNOT_TELL,
        (right in item.yes) != turned,
        item.attribute,
    )


def _said_yes_no(
    text: str,
    language: str,
    unclear: bool,  # noqa: FBT001
    yes: bool,  # noqa: FBT001
    about: str,
) -> Ask:
    words = ("Unclear", "Yes", "No") if language == "en" else (CANNOT_TELL, "是", "否")
    reply = words[0] if unclear else words[1] if yes else words[2]
    question = YesNo(key=KEY, instruction=text, language=language)  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    return Ask(question, reply, about)


def choice(truth: Truth, chance: random.Random, attribute: str | None = None) -> Ask:
    """Which word of an attribute holds, out of some or all of them."""
    attribute = attribute or chance.choice(_askable(truth))
    language = _language(chance)
    right = truth[attribute]
    words = list(ATTRIBUTES[attribute])
    if chance.random() < 0.65:  # noqa: PLR2004
        count = chance.randint(2, len(words))
        words = chance.sample(words, count)
        if right not in (CANNOT_TELL, *words):
            words[chance.randrange(count)] = right or ""
    chance.shuffle(words)
    wordings = ALL_WORDINGS[attribute]
    pool = wordings.which_en if language == "en" else wordings.which
    text = plain(chance.choice(pool), "", chance)
    options = [_shown(attribute, word, chance, language) for word in words]
    if language == "en" and chance.random() < 0.5:  # noqa: PLR2004
        options = [
            ENGLISH_ALSO.get(word, shown)
            for word, shown in zip(words, options, strict=True)
        ]
    place = len(words) if right == CANNOT_TELL else words.index(right or "")
    if language == "zh":
        if len(words) == 2 and chance.random() < 0.3:  # noqa: PLR2004
            text = f"{options[0]}还是{options[1]}?"
        elif len(words) < 12 and chance.random() < 0.12:  # noqa: PLR2004
            place = _with_other(words, options, place, chance)
    question = Choice(
        key=KEY,
        instruction=text,
        options=tuple(options),
        language=language,  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    )
    return Ask(question, chr(ord("A") + place), attribute)


def _with_other(
    words: list[str], options: list[str], place: int, chance: random.Random
) -> int:
    """Add 其他 as the last option; half the time it becomes the right one."""
    if place < len(words) and len(words) > 2 and chance.random() < 0.5:  # noqa: PLR2004
        del words[place], options[place]
        place = len(words)
    elif place == len(words):
        place += 1
    options.append(OTHER)
    return place


def score(truth: Truth, chance: random.Random, count: int | None = None) -> Ask:
    """Where the mood stands between low and high."""
    right = truth.get("expression")
    if right is None:
        return unrelated(truth, chance)
    language = _language(chance)
    count = count or chance.choice((2, 3, 3, 4, 5, 5))
    if right != CANNOT_TELL and right not in MOOD[count]:
        count = 3
    levels = chance.choice((LEVELS_EN if language == "en" else LEVELS)[count])
    if levels[0] == "哭泣" and right == "惊讶":
        levels = LEVELS[5][1]
    pool = MOOD_QUESTIONS_EN if language == "en" else MOOD_QUESTIONS
    text = plain(chance.choice(pool), "", chance)
    reply = "0" if right == CANNOT_TELL else str(MOOD[count][right])
    question = Score(
        key=KEY,
        instruction=text,
        levels=levels,
        language=language,  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    )
    return Ask(question, reply, "mood")


def tags(truth: Truth, chance: random.Random) -> Ask:
    """The words for what is to be seen, all or one group of them."""
    text, reply = listed(truth, chance)
    return Ask(Tags(key=KEY, instruction=text), reply, "tags")


def short(truth: Truth, chance: random.Random) -> Ask:
    """An open question with a short answer."""
    attribute = chance.choice(_askable(truth))
    text = plain(chance.choice(ALL_WORDINGS[attribute].which), "", chance)
    question = Text(key=KEY, instruction=text)
    return Ask(question, said(attribute, truth[attribute] or ""), "short")


def description(truth: Truth, chance: random.Random) -> Ask:
    """One sentence about everything."""
    text, reply = described(truth, chance)
    return Ask(Text(key=KEY, instruction=text), reply, "description")


def unrelated(truth: Truth, chance: random.Random) -> Ask:
    """What a picture cannot answer, or nonsense."""
    del truth
    roll = chance.random()
    if roll < 0.15:  # noqa: PLR2004
        text = "".join(
            chr(
                chance.choice(
                    (chance.randrange(0x4E00, 0x9FA5), chance.randrange(33, 127))
                )
            )
            for _ in range(chance.randint(1, 9))
        )
        return _said_yes_no(text, "zh", True, False, "unrelated")  # noqa: FBT003
    if roll < 0.25:  # noqa: PLR2004
        text = plain(chance.choice(UNRELATED_EN))
        return _said_yes_no(text, "en", True, False, "unrelated")  # noqa: FBT003
    text = plain(chance.choice(UNRELATED), "", chance)
    if roll < 0.65:  # noqa: PLR2004
        return _said_yes_no(text, "zh", True, False, "unrelated")  # noqa: FBT003
    if roll < 0.8:  # noqa: PLR2004
        return Ask(Text(key=KEY, instruction=text), CANNOT_TELL, "unrelated")
    options = list(chance.choice(UNRELATED_OPTIONS))
    chance.shuffle(options)
    question = Choice(key=KEY, instruction=text, options=tuple(options))
    return Ask(question, chr(ord("A") + len(options)), "unrelated")


MIX: tuple[tuple[Callable[[Truth, random.Random], Ask], float], ...] = (
    (yes_no, 0.24),
    (special, 0.16),
    (choice, 0.24),
    (score, 0.03),
    (tags, 0.02),
    (short, 0.26),
    (description, 0.015),
    (unrelated, 0.035),
)


def asks(
    truth: Truth, chance: random.Random, count: int, language: str = "zh"
) -> list[Ask]:
    """``count`` questions in one language about one picture."""
    makers = [maker for maker, _ in MIX] if _askable(truth) else [unrelated]
    weights = [weight for _, weight in MIX][: len(makers)]
    found: list[Ask] = []
    for maker in chance.choices(makers, weights, k=60 * count):
        ask = maker(truth, chance)
        if ask.question.language == language:
            found.append(ask)
        if len(found) == count:
            break
    return found


def text_of(ask: Ask) -> str:
    """The user's text exactly as engines get it."""
    return render(ask.question).text
