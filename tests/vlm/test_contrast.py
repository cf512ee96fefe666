"""What an engine would say without looking is taken off its answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.media.picture import Picture
from idolens.vlm.answer import Status
from idolens.vlm.contrast import ContrastEngine, contrasting, less
from idolens.vlm.conversation import can_speak
from idolens.vlm.prompt import CANNOT_TELL
from idolens.vlm.question import Tags, YesNo
from idolens.vlm.reading import Reading
from idolens.vocabulary import Probability, QuestionKey
from tests.fakes import FakeEngine
from tests.vlm.asking import picture

RISK = YesNo(key=QuestionKey("exposure"), instruction="是否存在暴露着装?")
SHARES = st.dictionaries(
    st.sampled_from(["a", "b", "c", CANNOT_TELL]), st.floats(0.001, 1), min_size=2
).filter(lambda found: set(found) != {CANNOT_TELL})


def reading(yes: float, no: float, open_: float = 0.02, mass: float = 0.99) -> Reading:
    total = yes + no + open_
    shares = {"yes": yes / total, "no": no / total, CANNOT_TELL: open_ / total}
    options = {name: Probability(share) for name, share in shares.items()}
    value = "yes" if yes > no else "no"
    decided = mass >= 0.5 and max(yes, no) > open_
    return Reading(
        status=Status.OK if decided else Status.CANNOT_TELL,
        value=value if decided else None,
        probability=options[value] if decided else None,
        options=options,
        label_mass=Probability(mass),
    )


def leaning(blank: Reading, seen: Reading) -> FakeEngine:
    """Says ``blank`` of black pictures and ``seen`` of all others."""
    return FakeEngine(reply=lambda p, _q: seen if p.pixels.any() else blank)


def test_a_leaning_is_taken_off():
    """Who says yes to darkness at 0.9 says little with a 0.8."""
    engine = ContrastEngine(leaning(reading(0.9, 0.1), reading(0.8, 0.2)), 1.0)
    ((answer,),) = engine.answer([picture(0)], [RISK])

    assert answer.value == "no"
    assert answer.options["yes"] < 0.4
    assert answer.probability == answer.options["no"]
    assert sum(answer.options.values()) == pytest.approx(1)


def test_cannot_tell_is_no_leaning():
    """Of a black picture it is the right answer: its share stays."""
    engine = ContrastEngine(leaning(reading(0.1, 0.1, 0.8), reading(0.3, 0.2, 0.5)), 1)
    ((answer,),) = engine.answer([picture(0)], [RISK])

    assert answer.status is Status.CANNOT_TELL
    assert answer.options[CANNOT_TELL] == pytest.approx(0.5)


def test_without_mass_it_stays_undecided():
    """Contrast makes no answer of what the model did not want to answer."""
    engine = ContrastEngine(leaning(reading(0.9, 0.1), reading(0.8, 0.2, mass=0.1)), 1)
    ((answer,),) = engine.answer([picture(0)], [RISK])

    assert answer.status is Status.CANNOT_TELL


def test_the_blank_is_looked_at_once_per_size():
    """Further pictures of the size, and other keys, cost nothing more."""
    inner = leaning(reading(0.9, 0.1), reading(0.8, 0.2))
    engine = ContrastEngine(inner, 0.5)
    small = Picture(picture(0).pixels[:64, :64])
    engine.answer([picture(0), picture(1), small], [RISK])
    engine.answer(
        [picture(2)], [YesNo(key=QuestionKey("k"), instruction=RISK.instruction)]
    )

    assert inner.questions_asked == 4 + 2


def test_open_questions_are_left_alone():
    """Tags have no replies to compare; no blank picture is looked at."""
    inner = FakeEngine()
    tags = Tags(key=QuestionKey("wear"), instruction="列出服装。")
    ((plain,),) = inner.answer([picture(0)], [tags])
    ((answer,),) = ContrastEngine(inner, 1.0).answer([picture(0)], [tags])

    assert answer.value == plain.value
    assert inner.questions_asked == 2


def test_without_a_blank_answer_there_is_none():
    """A failure about the blank picture is an error, not a plain answer."""
    failed = Reading(status=Status.INVALID, detail="not a number")
    engine = ContrastEngine(leaning(failed, reading(0.8, 0.2)), 1.0)
    ((answer,),) = engine.answer([picture(0)], [RISK])

    assert answer.status is Status.ERROR
    assert "blank" in answer.detail


def test_its_answers_are_told_from_plain_ones():
    """The revision says so, on the model and on every answer."""
    engine = ContrastEngine(FakeEngine(), 0.5)
    ((answer,),) = engine.answer([picture(0)], [RISK])

    assert answer.model_revision == engine.model.revision == "fake-1-blank0.5"


def test_nothing_to_take_off():
    """Strength 0 is the engine itself; speech passes through, or is not there."""
    inner = FakeEngine()
    assert contrasting(inner, 0) is inner
    assert not can_speak(contrasting(inner, 0.5))

    class Talking(FakeEngine):
        def speak(self, turns, sampling):
            yield "said"

    talking = contrasting(Talking(), 0.5)
    assert can_speak(talking)
    assert list(talking.speak([], None)) == ["said"]
    talking.close()
    assert talking.inner.closed


@given(SHARES, SHARES, st.floats(0, 1))
def test_shares_stay_shares(options, blank, strength):
    """They add up to what they did; a flat blank changes nothing."""
    total = sum(options.values())
    options = {name: share / total for name, share in options.items()}
    found = less(options, blank, strength)

    assert found.keys() == options.keys()
    assert sum(found.values()) == pytest.approx(1)
    assert found.get(CANNOT_TELL) == options.get(CANNOT_TELL)
    flat = less(options, dict.fromkeys(options, 0.25), strength)
    assert np.allclose([flat[n] for n in options], [options[n] for n in options])
