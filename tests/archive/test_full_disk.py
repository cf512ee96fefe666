"""A full disk: adding fails clearly, deleting works, and nothing is half done."""

import os

import pytest

from idolens.archive import DiskLevel, SessionState, open_archive
from idolens.archive.reserve import Reserve
from idolens.errors import DiskFullError
from idolens.settings import DiskSettings, Settings
from tests.archive.rooms import a_frame, a_session, an_answer, forget
from tests.disks import small_disk

NO_MARKS = DiskSettings(alert=0, no_uploads=0, read_only=0, margin=0)
"""Lets the disk fill up to the last byte."""


@pytest.fixture(name="disk")
def a_small_disk(tmp_path):
    """A file system of 24 MiB."""
    with small_disk(tmp_path / "disk"):
        yield tmp_path / "disk"


def fill(archive, frames):
    for index in range(frames):
        answers = {f"f{index:06d}": [an_answer(raw="字" * 20_000)]}
        archive.store_chunk("s1", [a_frame(index)], answers)


def test_when_the_disk_fills_up_only_deleting_goes_on(disk):
    """The chunk that does not fit is refused whole; forgetting makes room again."""
    settings = Settings(home=disk, disk_reserve_mib=6, disk=NO_MARKS)
    with open_archive(settings) as archive:
        archive.add_session(a_session("s1"))
        archive.add_session(a_session("s2"))
        with pytest.raises(DiskFullError) as caught:
            fill(archive, 1000)
        assert "磁盘已满" in caught.value.within("zh")
        stored = archive.frame_count("s1")
        assert 0 < stored < 1000
        assert len(archive.answers("s1")) == stored
        assert not archive.has_reserve
        with pytest.raises(DiskFullError):
            archive.save_report("s1", "{}")

        forget(archive, "s1")

        archive.store_chunk("s2", [a_frame(0)], {"f000000": [an_answer()]})
        assert archive.has_reserve
        assert archive.frames("s1") == []


def test_writing_stops_before_the_disk_is_full(disk):
    """By the marks there is still room to note what happened, and to delete."""
    marks = DiskSettings(alert=0.5, no_uploads=0.4, read_only=0.2)
    chosen = Settings(home=disk, disk_reserve_mib=1, disk=marks)
    with open_archive(chosen) as archive:
        archive.add_session(a_session("s1"))
        with pytest.raises(DiskFullError):
            fill(archive, 1000)
        stored = archive.frame_count("s1")
        assert archive.disk.level is DiskLevel.READ_ONLY
        with pytest.raises(DiskFullError):
            archive.uploads.create("show.mp4", 1000)
        archive.record("s1", SessionState.FAILED)
        archive.check_writing()
    with open_archive(chosen) as archive:
        assert 0 < archive.frame_count("s1") == stored
        assert archive.state("s1").state is SessionState.FAILED


def test_a_picture_that_does_not_fit_leaves_nothing(disk):
    """A failed put keeps no draft and no row."""
    digest = "ab" + "0" * 62
    chosen = Settings(home=disk, disk_reserve_mib=1, disk=NO_MARKS)
    with open_archive(chosen) as archive:
        with pytest.raises(DiskFullError):
            archive.pictures.put(os.urandom(25 * 2**20), digest)

        assert list(disk.glob("pictures/*/*")) == []
        assert list(disk.glob("pictures/*/.*")) == []


def test_the_reserve_is_real_room(tmp_path):
    """The reserve's blocks are allocated, not promised."""
    reserve = Reserve(tmp_path / "reserve", 2)

    assert reserve.held
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 2 * 2**20


def test_the_reserve_is_given_up_and_taken_again(tmp_path):
    """What was given up is taken back once there is room."""
    reserve = Reserve(tmp_path / "reserve", 1)
    reserve.give_up()
    assert not (tmp_path / "reserve").exists()
    assert not reserve.held

    assert reserve.retake()
    assert (tmp_path / "reserve").stat().st_size == 2**20


def test_no_reserve_can_be_chosen(tmp_path):
    """A size of zero keeps no file and refuses nothing."""
    reserve = Reserve(tmp_path / "reserve", 0)
    reserve.give_up()

    assert reserve.retake()
    assert not (tmp_path / "reserve").exists()
