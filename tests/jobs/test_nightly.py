"""A backup a night, one that was missed at once, and none too many."""

from datetime import UTC, datetime, timedelta

import pytest

from idolens.archive import open_archive
from idolens.archive.backup import backups_in
from idolens.jobs.nightly import Nightly, due_before
from idolens.settings import BackupSettings
from tests.archive.backup.houses import a_house

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time) -> None:
        self.now += timedelta(**time)


@pytest.fixture(name="clock")
def a_clock():
    return Clock()


@pytest.fixture(name="settings")
def a_studio(tmp_path):
    (tmp_path / "nas").mkdir()
    backup = BackupSettings(folder=tmp_path / "nas", hour=4, keep=2)
    return a_house(tmp_path).model_copy(update={"backup": backup})


@pytest.fixture(name="archive")
def its_archive(settings):
    with open_archive(settings) as archive:
        yield archive


def nightly(settings, archive, clock, told):
    return Nightly(settings, lambda: archive, "1.2", told.append, clock)


def test_one_a_night_and_the_newest_stay(settings, archive, clock):
    """The first at once, then each after four o'clock; it is noted who did it."""
    told = []
    watching = nightly(settings, archive, clock, told)
    first = watching.look()
    assert first is not None
    assert watching.look() is None
    clock.pass_by(hours=15)
    assert watching.look() is None  # 03:00
    clock.pass_by(hours=1)
    second = watching.look()
    clock.pass_by(days=1)
    third = watching.look()

    assert told == ["made"] * 3
    folder = settings.backup.folder
    assert [one.folder for one in backups_in(folder)] == [second, third]
    assert [entry.subject for entry in archive.audit.newest(3)] == [
        path.name for path in (first, second, third)
    ]
    assert archive.audit.newest(1)[0].actor == "service"


def test_a_restart_makes_none_that_is_there(settings, archive, clock):
    """The folder says when the last one was made; a missed night is made up for."""
    told = []
    nightly(settings, archive, clock, told).look()
    clock.pass_by(hours=1)
    later = nightly(settings, archive, clock, told)
    assert later.look() is None
    assert later.age_s() == 3600
    clock.pass_by(days=3)

    assert nightly(settings, archive, clock, told).look() is not None


def test_a_failure_is_told_and_tried_again_after_an_hour(
    settings, archive, clock, tmp_path
):
    """A disk that is not mounted is not written past; the age goes on."""
    told = []
    (tmp_path / "nas").rmdir()
    watching = nightly(settings, archive, clock, told)

    assert watching.look() is None
    clock.pass_by(minutes=30)
    assert watching.look() is None
    assert told == ["failed"]
    clock.pass_by(minutes=31)
    assert not (tmp_path / "nas").exists()
    (tmp_path / "nas").mkdir()
    assert watching.age_s() == 61 * 60

    assert watching.look() is not None
    assert watching.age_s() == 0
    assert told == ["failed", "made"]


def test_none_are_made_without_a_folder(settings, archive, clock):
    """And none is missed."""
    told = []
    bare = settings.model_copy(update={"backup": BackupSettings()})
    watching = nightly(bare, archive, clock, told)

    assert watching.look() is None
    assert watching.age_s() is None
    assert told == []


@pytest.mark.parametrize(
    ("now", "hour", "due"),
    [
        (NOON, 4, NOON.replace(hour=4)),
        (NOON, 12, NOON),
        (NOON, 13, NOON.replace(day=22, hour=13)),
    ],
)
def test_the_last_time_it_was_due(now, hour, due):
    """Today, if that is past."""
    assert due_before(now, hour) == due
