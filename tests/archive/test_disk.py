"""How full a disk is decides who may write; laws, and the archive on a fake disk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.archive import Disk, DiskLevel, open_archive
from idolens.archive.disk import level_of
from idolens.errors import DiskFullError, SettingsError
from idolens.settings import DiskSettings, Settings, load_settings
from tests.archive.rooms import a_frame, a_session, an_answer

MARKS = DiskSettings()
SHARES = st.floats(0, 1)
LEVELS = st.sampled_from(DiskLevel)


class FakeDisk:
    """A disk of 1000 bytes.

    Attributes:
        free: of them.
    """

    def __init__(self, free: int = 1000) -> None:
        self.free = free

    def __call__(self, _folder) -> tuple[int, int]:
        return 1000, self.free


@pytest.mark.parametrize(
    ("free", "level"),
    [
        (0.5, DiskLevel.OK),
        (0.1, DiskLevel.OK),
        (0.099, DiskLevel.LOW),
        (0.049, DiskLevel.NO_UPLOADS),
        (0.019, DiskLevel.READ_ONLY),
        (0.0, DiskLevel.READ_ONLY),
    ],
)
def test_each_level_begins_below_its_mark(free, level):
    """The shares of the settings, from a disk on which all was well."""
    assert level_of(free, DiskLevel.OK, MARKS) is level


@given(free=SHARES, before=LEVELS)
def test_a_level_is_never_better_than_the_room_and_stays_as_it_is(free, before):
    """Hysteresis only ever holds back, and looking twice changes nothing."""
    level = level_of(free, before, MARKS)

    assert level >= level_of(free, DiskLevel.OK, MARKS)
    assert level <= max(before, level_of(free, DiskLevel.OK, MARKS))
    assert level_of(free, level, MARKS) is level


@given(one=SHARES, other=SHARES, before=LEVELS)
def test_less_room_never_allows_more(one, other, before):
    """The level falls with the free share, whatever it was."""
    less, more = sorted((one, other))

    assert level_of(less, before, MARKS) >= level_of(more, before, MARKS)


def test_what_was_forbidden_is_allowed_again_a_little_above_the_mark(tmp_path):
    """So a disk at the mark does not change its mind with every file."""
    fake = FakeDisk(19)
    disk = Disk(tmp_path, MARKS, fake)
    seen = []
    for fake.free in (19, 21, 29, 31, 49, 59, 61, 109, 111):
        seen.append(disk.level.word)

    assert seen == [
        *["read_only"] * 3,
        *["no_uploads"] * 3,
        *["low"] * 2,
        "ok",
    ]


def test_marks_in_the_wrong_order_are_refused():
    """The sentence says which is to be the largest."""
    with pytest.raises(SettingsError, match="alert must be the largest"):
        load_settings(disk={"alert": 0.01})


def test_uploads_stop_first_and_what_has_come_stays(tmp_path):
    """At 5 % no new ones, none go on, and none loses a byte; the rest goes on."""
    fake = FakeDisk()
    with open_archive(Settings(home=tmp_path, disk_reserve_mib=0)) as archive:
        archive.disk._usage = fake
        upload = archive.uploads.create("show.mp4", 6)
        writer = archive.uploads.writer(upload.id)
        writer.write(b"abc")
        fake.free = 40
        with pytest.raises(DiskFullError) as in_the_middle:
            writer.write(b"def")
        writer.close()
        with pytest.raises(DiskFullError):
            archive.uploads.create("other.mp4", 6)
        archive.add_session(a_session("s1"))
        fake.free = 200
        writer = archive.uploads.writer(upload.id)
        writer.write(b"def")
        writer.close()
        whole = archive.uploads.finish(upload.id)

    assert in_the_middle.value.http_status == 507
    assert whole.complete
    assert whole.received == 6


def test_on_a_disk_to_be_read_only_nothing_is_added_and_deleting_works(tmp_path):
    """At 2 % frames, sessions, reports and pictures are refused; reads go on."""
    fake = FakeDisk()
    with open_archive(Settings(home=tmp_path, disk_reserve_mib=0)) as archive:
        archive.disk._usage = fake
        archive.add_session(a_session("s1"))
        archive.store_chunk("s1", [a_frame(0)], {"f000000": [an_answer()]})
        upload = archive.uploads.create("show.mp4", 6)
        fake.free = 10
        for adding in (
            lambda: archive.add_session(a_session("s2")),
            lambda: archive.store_chunk("s1", [a_frame(1)], {}),
            lambda: archive.save_report("s1", "{}"),
            lambda: archive.pictures.put(b"jpeg", "ab" + "0" * 62),
        ):
            with pytest.raises(DiskFullError) as caught:
                adding()
            assert "磁盘" in caught.value.within("zh")
        assert len(archive.frames("s1")) == 1
        archive.uploads.remove(upload.id)
        fake.free = 500
        archive.store_chunk("s1", [a_frame(1)], {})

        assert len(archive.frames("s1")) == 2
        assert [one.id for one in archive.sessions()] == ["s1"]
