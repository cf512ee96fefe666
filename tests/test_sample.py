"""The sample concert, from the recording to the report, against its truth."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from idolens.jobs import JobState
from idolens.review import Report, load_policy
from idolens.settings import Settings
from idolens.studio import open_studio
from idolens.vocabulary import Milliseconds

SAMPLES = Path(__file__).parent.parent / "samples"
EVERY = Milliseconds(2000)
QUESTIONS = {"未授权LOGO": "logo", "暴露着装": "exposure"}


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return json.loads((SAMPLES / "concert.truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    home = tmp_path_factory.mktemp("studio")
    settings = Settings(home=home, logs=home / "logs", disk_reserve_mib=1)
    with open_studio(settings) as studio:
        sources = studio.discover([SAMPLES / "concert.mp4"])
        policy = load_policy("livestream-zh")
        session = studio.jobs.analyze(sources, policy, EVERY)
        assert studio.jobs.wait(session).state is JobState.DONE
        return Report.from_json(studio.archive.report(session) or "")


def test_the_report_is_signed_and_says_who_looked(report: Report):
    """The signature covers the content; the demonstration model is named as such."""
    assert report.intact
    assert report.signed.notice is not None
    assert report.signed.models[0].demonstration


def test_frames_cover_the_concert_without_gap(report: Report, truth: dict[str, Any]):
    """Every moment belongs to exactly one frame, up to the last."""
    frames = report.signed.frames

    assert frames[0].start_ms == 0
    assert abs(frames[-1].end_ms - truth["duration_ms"]) <= 100
    assert all(a.end_ms == b.start_ms for a, b in pairwise(frames))


def test_the_black_gap_is_dropped_as_black(report: Report, truth: dict[str, Any]):
    """Sampled moments well inside the gap, and only those near it, are black."""
    ((start, end),) = _ranges(truth["black"])
    black = [frame.at_ms for frame in report.signed.frames if frame.drop == "black"]

    assert len(black) >= (end - start) // EVERY - 2
    assert all(start - 1000 <= at <= end + 1000 for at in black)


def test_the_frozen_stretch_is_inherited(report: Report, truth: dict[str, Any]):
    """Where the picture stands still the answers of its first frame hold."""
    ((start, end),) = _ranges(truth["frozen"])
    inside = [
        frame
        for frame in report.signed.frames
        if start + EVERY < frame.at_ms < end - 100
    ]

    assert len(inside) >= 5
    assert all(frame.state == "inherited" for frame in inside)


def test_both_risks_are_found_and_no_third_is_blocked(
    report: Report, truth: dict[str, Any]
):
    """Each risk event has a finding of its question that overlaps it."""
    findings = report.signed.judgement.findings
    events = [
        (QUESTIONS[event["value"]], event["start_ms"], event["end_ms"])
        for event in truth["risk_events"]
    ]
    for question, start, end in events:
        assert any(
            found.question == question and found.start_ms < end and found.end_ms > start
            for found in findings
        ), question

    for found in findings:
        if found.suggestion == "block":
            assert any(
                found.question == question
                and found.start_ms < end + EVERY
                and found.end_ms > start - EVERY
                for question, start, end in events
            ), found


def _ranges(rows: list[Any]) -> list[tuple[int, int]]:
    return [
        (row["start_ms"], row["end_ms"]) if isinstance(row, dict) else tuple(row)
        for row in rows
    ]
