"""Jobs take tags over within a scene, and only judge by a calibration that fits."""

import pytest

from idolens.errors import PolicyError
from idolens.media.frame import FrameState
from idolens.review import Report, check_policy
from idolens.review.calibrating import Labelled, fit
from idolens.vlm.answer import Answer
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, WEAR, home, jobs_in, nearly_alike
from tests.vlm.asking import picture


def asked(
    tmp_path, text: str, **changes
) -> tuple[Report, dict[str, list[Answer]], FakeEngine]:
    engine = FakeEngine()
    settings = home(tmp_path, **changes)
    sources = nearly_alike(tmp_path / "lot", 8)
    with jobs_in(settings, engine) as (archive, jobs):
        session_id = jobs.analyze(sources, check_policy(text), 1000)
        jobs.wait(session_id)
        report = Report.from_json(archive.report(session_id) or "")
        answers = archive.answers(session_id)
    return report, {frame: list(given) for frame, given in answers.items()}, engine


def test_tags_are_taken_over_within_a_scene(tmp_path):
    """From the scene's first picture, which every such answer names."""
    text = POLICY + WEAR.replace("label:", "reuse_similar: true\n    label:", 1)
    report, answers, engine = asked(tmp_path, text, chunk_frames=8, batch_frames=3)

    frames = report.signed.frames
    assert all(frame.state is FrameState.KEPT for frame in frames)
    origins = [[answer.reused_from for answer in answers[frame.id]] for frame in frames]
    first, second = frames[0].picture, frames[4].picture
    assert [row[2] for row in origins] == [None, *[first] * 3, None, *[second] * 3]
    assert all(row[:2] == [None, None] for row in origins)
    assert engine.questions_asked == 8 * 2 + 2
    wear = report.signed.judgement.coverage[2]
    assert (wear.examined_ms, wear.inherited_ms) == (2000, 6000)


def test_chunks_are_islands(tmp_path):
    """A chunk is what is done again: nothing is taken over from another one."""
    text = POLICY + WEAR.replace("label:", "reuse_similar: true\n    label:", 1)
    _, answers, _ = asked(tmp_path, text, chunk_frames=2)

    reused = [row[2].reused_from is not None for row in answers.values()]
    assert reused == [False, True] * 4


def test_still_pictures_are_asked_one_by_one(tmp_path):
    """Without a word of the policy nothing is taken over between stills."""
    _, answers, engine = asked(tmp_path, POLICY + WEAR)

    assert all(a.reused_from is None for row in answers.values() for a in row)
    assert engine.questions_asked == 8 * 3


def test_a_calibration_for_another_model_stops_the_start(tmp_path):
    """Before a session is made; the message says what to run."""
    policy = check_policy(POLICY)
    stranger = FakeEngine(name="stranger")
    (answer,) = stranger.answer([picture(0)], policy.asked()[:1])[0]
    rows = {"exposure": [Labelled("a.png", answer, "no")]}
    calibration = fit(rows, policy, labels="").calibration
    policy = policy.model_copy(update={"calibration": calibration})
    sources = nearly_alike(tmp_path / "lot", 1)

    with jobs_in(home(tmp_path), FakeEngine()) as (archive, jobs):
        with pytest.raises(PolicyError, match="idolens calibrate"):
            jobs.analyze(sources, policy, 1000)
        assert archive.sessions() == []
