"""Choices of more options than there are letters."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idolens.errors import QuestionError
from idolens.vlm.answer import Status
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import MOST_OPTIONS, Choice, Score, YesNo, check
from idolens.vlm.reading import Reading, read_closed
from idolens.vlm.rounds import (
    MOST_AT_ONCE,
    MOST_IN_ROUNDS,
    ask_in_rounds,
    final_of,
    groups_of,
)
from idolens.vocabulary import QuestionKey
from tests.fakes import FakeEngine
from tests.vlm.asking import picture, timeless

SHOWN = picture(0)
COUNTS = st.integers(MOST_OPTIONS + 1, MOST_IN_ROUNDS)
SCORES = st.floats(-8, 8)


def long_choice(count, key="place"):
    options = tuple(f"地点{number}" for number in range(count))
    return Choice(key=QuestionKey(key), instruction="人物在哪里?", options=options)


def by_score(scores, cannot_tell=0.0, asked=None):
    """Answer with the softmax of fixed scores over whatever options are shown."""

    def reply(_picture, question):
        if asked is not None:
            asked.append(question)
        known = {**scores, CANNOT_TELL: cannot_tell}
        labels = render(question).labels
        shown = {label: known.get(meaning, 0.0) for label, meaning in labels.items()}
        total = math.log(math.fsum(math.exp(score) for score in shown.values()))
        return read_closed(
            question, labels, {label: score - total for label, score in shown.items()}
        )

    return FakeEngine(reply=reply)


def ask(engine, *questions):
    return ask_in_rounds(engine, SHOWN, questions)


class TestOneQuestion:
    @settings(deadline=None, max_examples=40)
    @given(data=st.data(), count=COUNTS, cannot_tell=SCORES)
    def test_rounds_are_as_good_as_an_alphabet_of_255_letters(
        self, data, count, cannot_tell
    ):
        """Where scores are fixed, every probability is that of one large softmax."""
        question = long_choice(count)
        drawn = data.draw(st.lists(SCORES, min_size=count, max_size=count))
        scores = dict(zip(question.options, drawn, strict=True))
        weights = {name: math.exp(score) for name, score in scores.items()}
        weights[CANNOT_TELL] = math.exp(cannot_tell)
        total = math.fsum(weights.values())

        (answer,) = ask(by_score(scores, cannot_tell), question).answers

        assert list(answer.options) == [*question.options, CANNOT_TELL]
        for name, share in answer.options.items():
            assert share == pytest.approx(weights[name] / total, rel=1e-6)
        best = max(scores.values())
        if best - cannot_tell > 1e-6:
            assert answer.status is Status.OK
            assert scores[answer.value] == pytest.approx(best)
            assert answer.probability == answer.options[answer.value]
        elif cannot_tell - best > 1e-6:
            assert answer.status is Status.CANNOT_TELL

    @settings(deadline=None, max_examples=40)
    @given(data=st.data(), count=COUNTS)
    def test_the_answer_is_the_likeliest_whatever_the_engine_says(self, data, count):
        """Also of one that answers each round by other weights."""
        chance = data.draw(st.randoms(use_true_random=False))

        def reply(_picture, question):
            labels = render(question).labels
            weights = {label: chance.random() + 1e-9 for label in labels}
            total = math.fsum(weights.values())
            logs = {label: math.log(one / total) for label, one in weights.items()}
            return read_closed(question, labels, logs)

        (answer,) = ask(FakeEngine(reply=reply), long_choice(count)).answers

        assert math.fsum(answer.options.values()) == pytest.approx(1.0)
        named = {name: p for name, p in answer.options.items() if name != CANNOT_TELL}
        if answer.status is Status.OK:
            assert named[answer.value] == pytest.approx(max(answer.options.values()))
        else:
            assert answer.options[CANNOT_TELL] >= max(named.values()) - 1e-9

    @settings(deadline=None, max_examples=40)
    @given(count=COUNTS)
    def test_groups_are_few_and_even(self, count):
        """Every option stands in one group, in order, and every final has letters."""
        question = long_choice(count)

        groups = groups_of(question)

        sizes = [len(group.options) for group in groups]
        assert max(sizes) - min(sizes) <= 1
        assert len(groups) == math.ceil(count / MOST_OPTIONS)
        assert sum((group.options for group in groups), ()) == question.options
        check(groups)
        (told,) = FakeEngine().answer([SHOWN], groups)
        final = final_of(question, told)
        check([final])
        assert len(final.options) == MOST_OPTIONS // len(groups) * len(groups)

    def test_rounds_are_seen_in_the_version(self):
        """Another way to deal options would answer otherwise."""
        (answer,) = ask(by_score({}), long_choice(30)).answers

        wording = render(long_choice(2)).version
        assert answer.prompt_version == f"{wording}-rounds1"

    def test_a_group_that_fails_is_a_question_that_fails(self):
        """What a part of the options is worth is not guessed."""

        def reply(_picture, question):
            if "地点29" in question.options:
                return Reading(status=Status.ERROR, detail="no memory")
            return question.options[0]

        told = ask(FakeEngine(reply=reply), long_choice(30))

        (answer,) = told.answers
        assert (answer.status, answer.value) == (Status.ERROR, None)
        assert (answer.key, answer.detail) == ("place", "no memory")
        assert answer.options == {}
        assert len(told.calls) == 1

    def test_a_final_that_fails_is_a_question_that_fails(self):
        """The groups alone decide nothing."""

        def reply(_picture, question):
            if "地点0" in question.options and "地点29" in question.options:
                return Reading(status=Status.INVALID, detail="not a number")
            return question.options[-1] if "地点29" in question.options else "地点0"

        (answer,) = ask(FakeEngine(reply=reply), long_choice(30)).answers

        assert (answer.status, answer.detail) == (Status.INVALID, "not a number")
        assert answer.options == {}

    def test_a_group_without_any_label_mass_cannot_be_compared(self):
        """The model wanted to say something else: that is cannot-tell."""

        def reply(_picture, question):
            if "地点29" in question.options:
                return read_closed(question, render(question).labels, {})
            return question.options[0]

        (answer,) = ask(FakeEngine(reply=reply), long_choice(30)).answers

        assert (answer.status, answer.label_mass) == (Status.CANNOT_TELL, 0.0)

    @pytest.mark.parametrize(
        ("known", "value", "calls"),
        [
            ({"地点3", "地点40"}, "地点3", 2),
            ({"地点40"}, "地点40", 1),
            (set(), None, 1),
        ],
    )
    def test_an_engine_without_probabilities(self, known, value, calls):
        """Its winners meet too; one alone has won, and none is cannot-tell."""

        def reply(_picture, question):
            named = [option for option in question.options if option in known]
            if not named:
                return Reading(status=Status.CANNOT_TELL)
            return Reading(status=Status.OK, value=named[0])

        told = ask(FakeEngine(reply=reply), long_choice(50))

        (answer,) = told.answers
        assert (answer.value, answer.options) == (value, {})
        assert answer.status is (Status.OK if value else Status.CANNOT_TELL)
        assert len(told.calls) == calls


class TestCompany:
    @settings(deadline=None, max_examples=40)
    @given(data=st.data())
    def test_an_answer_does_not_depend_on_its_company(self, data):
        """Alone, or among others long and short in any order: the same answer."""
        asked = [
            *(long_choice(count, f"c{count}") for count in (26, 60, 255, 25, 2)),
            YesNo(key=QuestionKey("person"), instruction="有人吗?"),
            Score(
                key=QuestionKey("light"),
                instruction="光线有多亮?",
                levels=tuple(f"{level}档" for level in range(10)),
            ),
        ]
        asked = data.draw(st.permutations(asked))
        asked = asked[: data.draw(st.integers(1, len(asked)))]

        together = ask(FakeEngine(), *asked).answers

        for question, answer in zip(asked, together, strict=True):
            (alone,) = ask(FakeEngine(), question).answers
            assert timeless(answer) == timeless(alone)
            assert answer.key == question.key

    def test_short_questions_are_asked_as_they_are(self):
        """One call, the same answers as the engine's own."""
        asked = (long_choice(25), YesNo(key=QuestionKey("a"), instruction="有人吗?"))

        told = ask(FakeEngine(), *asked)

        assert told.calls == [asked]
        assert told.answers == FakeEngine().answer([SHOWN], asked)[0]

    def test_all_long_choices_share_two_calls(self):
        """First all groups, then all finals; what was asked is told, to be counted."""
        questions = [long_choice(30, "a"), long_choice(255, "b")]
        heard = []

        told = ask(by_score({}, -9.0, heard), *questions)

        assert [len(call) for call in told.calls] == [2 + 11, 2]
        assert [one for call in told.calls for one in call] == heard

    def test_others_get_in_between(self):
        """Four hundred questions of 255 options do not hold the engine for all."""
        heard = []
        questions = [long_choice(255, f"q{number}") for number in range(40)]

        told = ask(by_score({}, -9.0, heard), *questions)

        assert [len(call) for call in told.calls] == [MOST_AT_ONCE, 40, 40]
        assert all(one.status is Status.OK for one in told.answers)

    def test_nothing_that_no_engine_could_answer(self):
        """The engine's own check sees every round."""
        doubled = replace(long_choice(30), options=("地点",) * 30)

        with pytest.raises(QuestionError):
            ask(FakeEngine(), doubled)
