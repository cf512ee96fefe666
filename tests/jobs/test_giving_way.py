"""Analyses give way to whoever waits for an answer, and go on afterwards."""

import threading

from idolens.jobs import JobState
from idolens.studio import open_studio
from idolens.vlm.admission import Priority
from tests.fakes import FakeEngine
from tests.jobs.shows import home, lot, policy


def test_an_analysis_waits_while_somebody_else_has_the_engine(tmp_path):
    """However long it takes: no answer is given up for it, and none is asked before."""
    engine = FakeEngine()
    settings = home(tmp_path, requests_at_once=1, batch_frames=2)
    with open_studio(settings, engine=engine) as studio:
        with studio.doors.look.turn(Priority.REVIEWER):
            session = studio.jobs.analyze(lot(tmp_path / "lot", 6), policy(), 1000)
            pause = threading.Event()
            while not studio.doors.look.state.waiting:
                assert not pause.wait(0.01)
            assert not engine.asked
        ended = studio.jobs.wait(session)
        answers = studio.archive.answers(session)

    assert ended.state is JobState.DONE
    assert len(engine.asked) == 6
    assert {answer.status.value for row in answers.values() for answer in row} <= {
        "ok",
        "cannot_tell",
    }


def test_between_two_calls_of_an_analysis_others_get_in(tmp_path):
    """It asks for a turn for every few pictures, not for the whole recording."""
    turns: list[str] = []
    first, pause = threading.Event(), threading.Event()
    engine = FakeEngine()
    settings = home(tmp_path, requests_at_once=1, batch_frames=1)
    with open_studio(settings, engine=engine) as studio:

        def note(_picture, _question):
            turns.append("batch")
            first.set()
            while "reviewer" not in turns and not studio.doors.look.state.waiting:
                assert not pause.wait(0.01)

        engine.reply = note
        session = studio.jobs.analyze(lot(tmp_path / "lot", 6), policy(), 1000)
        assert first.wait(20)
        with studio.doors.look.turn(Priority.REVIEWER):
            turns.append("reviewer")
        studio.jobs.wait(session)

    asked = len(policy().asked())
    assert turns.index("reviewer") == asked
    assert len(turns) == 6 * asked + 1
