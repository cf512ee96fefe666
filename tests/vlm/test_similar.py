"""Answers are taken over between pictures of a session that look the same."""

import numpy as np
import pytest

from idolens.media.fingerprint import Fingerprint
from idolens.media.picture import Picture
from idolens.settings import CacheSettings
from idolens.vlm.answer import Status
from idolens.vlm.cached import Tally
from idolens.vlm.question import Tags, Text, YesNo
from idolens.vlm.reading import Reading
from idolens.vlm.similar import SimilarEngine
from idolens.vocabulary import QuestionKey
from tests.fakes import FakeEngine, reply_by_digest
from tests.vlm.asking import picture

TAGS = Tags(key=QuestionKey("wear"), instruction="列出人物的服装。")
TEXT = Text(key=QuestionKey("scene"), instruction="描述人物。")
RISK = YesNo(key=QuestionKey("exposure"), instruction="是否存在暴露着装?")
SETTINGS = CacheSettings()


def like(shown: Picture, by: int = 3) -> Picture:
    """The same a little brighter: another file, the same sight."""
    return Picture(np.clip(shown.pixels.astype(int) + by, 0, 255).astype(np.uint8))


def test_the_makers_do_what_they_say():
    """A little brighter is alike; other noise is a cut."""
    one, other = Fingerprint.of(picture(0)), Fingerprint.of(picture(1))

    assert one.difference(Fingerprint.of(like(picture(0)))).bits <= 31
    assert one.difference(other).bits >= SETTINGS.cut_bits


def test_tags_and_text_are_taken_over_and_say_from_where():
    """What may block a show is asked anew about every picture."""
    engine, tally = FakeEngine(), Tally()
    session = SimilarEngine(engine, SETTINGS, tally=tally)
    first, second = picture(0), like(picture(0))

    (one,) = session.answer([first], [TAGS, RISK, TEXT])
    (two,) = session.answer([second], [TAGS, RISK, TEXT])

    assert [answer.reused_from for answer in one] == [None] * 3
    assert [answer.reused_from for answer in two] == [first.sha256, None, first.sha256]
    assert two[0].value == one[0].value
    assert two[2].value == one[2].value
    assert [answer.key for answer in two] == ["wear", "exposure", "scene"]
    assert engine.questions_asked == 3 + 1
    assert tally.counts.near_hits == 2


def test_together_as_one_after_the_other():
    """A batch gives what single calls give."""
    shown = [picture(0), like(picture(0)), picture(1), like(picture(1)), picture(0)]
    batch = SimilarEngine(FakeEngine(), SETTINGS).answer(shown, [TAGS, RISK])
    single = SimilarEngine(FakeEngine(), SETTINGS)
    rows = [single.answer([one], [TAGS, RISK])[0] for one in shown]

    assert [[a.value for a in row] for row in batch] == [
        [a.value for a in row] for row in rows
    ]
    assert [[a.reused_from for a in row] for row in batch] == [
        [a.reused_from for a in row] for row in rows
    ]


def test_nothing_crosses_a_cut():
    """Back in the first scene after another one: asked anew."""
    engine = FakeEngine()
    session = SimilarEngine(engine, SETTINGS)
    for shown in (picture(0), picture(1), like(picture(0))):
        (row,) = session.answer([shown], [TAGS])
        assert row[0].reused_from is None
    assert engine.questions_asked == 3


def test_nothing_crosses_a_told_cut():
    """Whoever knows of a cut says so."""
    session = SimilarEngine(FakeEngine(), SETTINGS)
    session.answer([picture(0)], [TAGS])
    session.cut()
    (row,) = session.answer([like(picture(0))], [TAGS])

    assert row[0].reused_from is None


def test_sessions_do_not_share():
    """Another session has eyes of its own."""
    engine = FakeEngine()
    SimilarEngine(engine, SETTINGS).answer([picture(0)], [TAGS])
    (row,) = SimilarEngine(engine, SETTINGS).answer([like(picture(0))], [TAGS])

    assert row[0].reused_from is None


def test_another_question_is_asked():
    """The same key with other words is another question."""
    session = SimilarEngine(FakeEngine(), SETTINGS)
    session.answer([picture(0)], [TAGS])
    other = Tags(key=TAGS.key, instruction="列出道具。")
    (row,) = session.answer([like(picture(0))], [other])

    assert row[0].reused_from is None


def test_the_same_picture_is_not_another():
    """It is answered from memory, but from no other picture."""
    session = SimilarEngine(FakeEngine(), SETTINGS)
    session.answer([picture(0)], [TAGS])
    (row,) = session.answer([picture(0)], [TAGS])

    assert row[0].reused_from is None


def test_what_could_not_be_used_is_asked_again():
    """An invalid answer is not handed on."""

    def reply(shown, question):
        if shown.sha256 == picture(0).sha256:
            return Reading(status=Status.INVALID)
        return reply_by_digest(shown, question)

    session = SimilarEngine(FakeEngine(reply=reply), SETTINGS)
    rows = session.answer([picture(0), like(picture(0))], [TAGS, RISK])

    assert rows[0][0].status is Status.INVALID
    assert rows[1][0].status is not Status.INVALID
    assert rows[1][0].reused_from is None


@pytest.mark.parametrize(
    "reusable", [lambda _q: False, lambda _q: True], ids=["never", "always"]
)
def test_a_policy_decides(reusable):
    """Nothing is taken over where nothing may be, and all where all may."""
    engine = FakeEngine()
    session = SimilarEngine(engine, SETTINGS, reusable=reusable)
    session.answer([picture(0)], [TAGS, RISK])
    (row,) = session.answer([like(picture(0))], [TAGS, RISK])

    wanted = picture(0).sha256 if reusable(TAGS) else None
    assert [answer.reused_from for answer in row] == [wanted, wanted]


def test_no_bits_no_reuse_of_another_picture():
    """The strictest setting takes over only what has the same hash."""
    strict = CacheSettings(similar_bits=0)
    session = SimilarEngine(FakeEngine(), strict)
    shown = [picture(0), like(picture(0), by=40)]
    rows = session.answer(shown, [TAGS])
    apart = Fingerprint.of(shown[0]).difference(Fingerprint.of(shown[1])).bits

    assert (rows[1][0].reused_from is None) == (apart > 0)


def test_closing_leaves_the_engine_open():
    """The session ends; the engine is others' too."""
    engine = FakeEngine()
    SimilarEngine(engine, SETTINGS).close()

    assert not engine.closed
