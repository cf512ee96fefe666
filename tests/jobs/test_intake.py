"""From files to sessions."""

from pathlib import Path

from idolens.jobs import into_sessions
from idolens.media import Source


def sources(*names):
    return [
        Source(
            path=Path(name),
            name=name,
            kind="recording" if name.endswith("mp4") else "picture",
        )
        for name in names
    ]


def test_each_recording_is_a_session_and_all_pictures_are_one():
    """Pictures come last, in the order they were found."""
    found = into_sessions(sources("a.png", "b.mp4", "c.jpg", "d.mp4"))

    assert [[source.name for source in group] for group in found] == [
        ["b.mp4"],
        ["d.mp4"],
        ["a.png", "c.jpg"],
    ]


def test_no_files_make_no_sessions():
    """Nothing in, nothing out."""
    assert into_sessions([]) == []
