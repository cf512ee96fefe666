"""The sample concert is what its truth says it is."""

import json
from pathlib import Path

import numpy as np

from training.concert import concert_truth, picture_at, write_pictures

SAMPLES = Path(__file__).parents[2] / "samples"


def test_the_written_truth_is_the_drawn_truth() -> None:
    """samples/concert.truth.json stands for what the script draws."""
    written = json.loads((SAMPLES / "concert.truth.json").read_text("utf-8"))

    assert written == concert_truth()


def test_the_concert_holds_two_risks_of_known_time() -> None:
    """One logo and one tear, each 12 to 16 seconds long, away from the gaps."""
    truth = concert_truth()
    lengths = [e["end_ms"] - e["start_ms"] for e in truth["risk_events"]]

    assert [e["value"] for e in truth["risk_events"]] == ["未授权LOGO", "暴露着装"]
    assert all(12_000 <= length <= 16_000 for length in lengths)
    assert (SAMPLES / "concert.mp4").stat().st_size <= 6 * 2**20


def test_a_risk_shows_only_in_its_time() -> None:
    """A picture just before an event differs from one just inside it."""
    for event in concert_truth()["risk_events"]:
        start = event["start_ms"] / 1000
        before, inside = picture_at(start - 0.001), picture_at(start)

        assert np.abs(before.astype(int) - inside).max(-1).sum() > 100_000


def test_the_gap_is_black() -> None:
    """Nothing is drawn between the second and the third shot."""
    assert not picture_at(65.0).any()


def test_the_pictures_match_their_truths(tmp_path: Path) -> None:
    """samples/pictures.truth.json stands for what the script draws."""
    written = json.loads((SAMPLES / "pictures.truth.json").read_text("utf-8"))

    assert written == write_pictures(tmp_path)
    for entry in written:
        assert (SAMPLES / entry["file"]).is_file()
