"""A full disk: adding fails clearly, deleting works, and nothing is half done."""

import os

import pytest

from idolens.archive import open_archive
from idolens.archive.reserve import Reserve
from idolens.errors import DiskFullError
from idolens.settings import Settings
from tests.archive.rooms import a_frame, a_session, an_answer
from tests.disks import small_disk


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
    settings = Settings(home=disk, disk_reserve_mib=6)
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

        archive.forget("s1")

        archive.store_chunk("s2", [a_frame(0)], {"f000000": [an_answer()]})
        assert archive.has_reserve
        assert archive.frames("s1") == []


def test_a_picture_that_does_not_fit_leaves_nothing(disk):
    """A failed put keeps no draft and no row."""
    digest = "ab" + "0" * 62
    with open_archive(Settings(home=disk, disk_reserve_mib=1)) as archive:
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
