"""Looks come in order, from one decoder, and can begin anywhere."""

import pytest

from idolens.archive import open_archive
from idolens.errors import MediaError
from idolens.jobs.feed import Feed
from idolens.jobs.intake import new_session
from idolens.media.frame import FrameState
from tests.fakes import FakeEngine
from tests.jobs.shows import home, policy, show


@pytest.fixture
def room(tmp_path):
    settings = home(tmp_path)
    source = show(tmp_path / "show.mp4", 40)
    session = new_session(
        [source],
        policy(),
        1000,
        engine=FakeEngine(),
        settings=settings,
        session_id="s1",
    )
    with open_archive(settings) as archive:
        archive.add_session(session)
        yield archive, Feed(session, archive, settings), source


def frames(looks):
    return [look.frame for look in looks]


def test_beginning_anywhere_sees_the_same(room):
    """A feed that starts behind stored frames goes on as one that never stopped."""
    archive, feed, _ = room
    whole = frames(feed.take(0, 20)) + frames(feed.take(20, 40))
    feed.close()
    for cut in (7, 23, 33):
        archive.store_chunk("s1", whole[:cut], {})

        assert frames(feed.take(cut, 40)) == whole[cut:]
        feed.close()


def test_chunks_that_were_done_elsewhere_are_skipped(room):
    """Taking further on opens anew, rather than giving the wrong frames."""
    archive, feed, _ = room
    first = frames(feed.take(0, 10))
    archive.store_chunk("s1", first, {})
    archive.store_chunk("s1", frames(feed.take(10, 20)), {})
    ahead = frames(feed.take(30, 32))
    feed.close()

    assert [frame.id for frame in ahead] == ["f000030", "f000031"]


def test_what_cannot_be_opened_is_failed_time(room):
    """A chunk whose decoder breaks is failed frames with the reason; the next tries."""
    _, feed, source = room
    content = source.path.read_bytes()
    source.path.write_bytes(b"\0" * len(content))
    broken = frames(feed.take(0, 5))
    source.path.write_bytes(content)
    mended = frames(feed.take(5, 10))
    feed.close()

    assert {frame.state for frame in broken} == {FrameState.FAILED}
    assert all(frame.detail for frame in broken)
    assert [frame.id for frame in broken] == [f"f{index:06d}" for index in range(5)]
    assert (broken[0].start, broken[-1].end) == (0, 5000)
    assert FrameState.FAILED not in {frame.state for frame in mended}


def test_an_unreadable_recording_makes_no_session(tmp_path):
    """What cannot be opened at all is refused before a session begins."""
    source = show(tmp_path / "show.mp4", 5)
    source.path.write_bytes(b"\0" * 100)
    with pytest.raises(MediaError):
        new_session(
            [source],
            policy(),
            1000,
            engine=FakeEngine(),
            settings=home(tmp_path),
            session_id=None,
        )
