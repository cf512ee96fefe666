"""What people said becomes lessons: how probable it was, and whether it was so."""

import pytest

from idolens.archive import open_archive
from idolens.archive.review_queue import ReviewLot
from idolens.archive.verdicts import Target
from idolens.jobs.lessons import lessons_for
from idolens.review import policy_text
from idolens.review.proposal import Lesson, propose
from idolens.vocabulary import Milliseconds
from tests.archive.rooms import a_session, home
from tests.review.sessions import STEP, exposure, frame, small

RISK = ("exposure", ("yes",))
CHANCES = [0.9, 0.2, 0.6, 0.1, 0.3, 0.05]


@pytest.fixture
def archive(tmp_path):
    policy = small()
    with open_archive(home(tmp_path)) as archive:
        archive.add_session(
            a_session(
                "s1",
                policy_name=policy.name,
                policy_version=policy.version,
                policy_text=policy_text(policy),
                duration=Milliseconds(STEP * len(CHANCES)),
            )
        )
        frames = [frame(number) for number in range(len(CHANCES))]
        archive.store_chunk("s1", frames, exposure(CHANCES))
        lot = ReviewLot(session_id="s1", report="r", passed=4, ready_at_ms=1)
        archive.review.put(lot, [])
        yield archive


def say(archive, key, decision, number, question="exposure", seen=0):
    start = Milliseconds(number * STEP)
    end = Milliseconds(start + STEP)
    target = Target(key=key, question=question, start=start, end=end)
    label = "x" if decision == "corrected" else None
    archive.verdicts.add("s1", target, decision, by="lin", seen=seen, label=label)


def test_each_verdict_is_a_lesson(archive):
    """Findings once, sampled frames for those they were drawn from, misses too."""
    say(archive, "exposure/yes/f000000", "confirmed", 0)
    say(archive, "exposure/yes/f000002", "dismissed", 2)
    say(archive, "sample:f000001", "confirmed", 1, question="")
    say(archive, "sample:f000003", "corrected", 3)
    say(archive, "exposure@240000-300000", "confirmed", 4)
    say(archive, "exposure@300000-360000", "confirmed", 5)
    say(archive, "exposure@300000-360000", "withdrawn", 5, seen=1)

    learned = lessons_for(archive, small())
    assert set(learned) == {RISK}
    assert sorted(learned[RISK], key=lambda one: one.probability) == [
        Lesson(0.1, risky=True, weight=2.0),
        Lesson(0.2, risky=False, weight=2.0),
        Lesson(0.3, risky=True),
        Lesson(0.6, risky=False),
        Lesson(0.9, risky=True),
    ]
    (risk,) = propose(small(), learned, 0.2).risks
    assert (risk.now.found, risk.now.missed, risk.now.false_alarms) == (1, 3, 1)


def test_other_words_teach_nothing(archive):
    """A policy that asks otherwise learns nothing from answers to the old words."""
    say(archive, "exposure/yes/f000000", "confirmed", 0)
    other = small(("是否存在暴露着装?", "衣着是否过于暴露?"))

    assert lessons_for(archive, other) == {}
