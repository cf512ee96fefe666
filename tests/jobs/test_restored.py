"""A job that was at work when a backup was made goes on from it, and loses nothing."""

import pytest

from idolens.archive.backup import restore, take_backup, taking
from idolens.archive.backup.database_file import copy_whole
from idolens.jobs import JobState
from idolens.review import Report
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, home, jobs_in, policy, show

FRAMES = 120


def outcome(archive):
    report = Report.from_json(archive.report(SESSION))
    frames = archive.frames(SESSION)
    return frames, archive.answers(SESSION), report.signed.judgement


@pytest.mark.slow
def test_a_job_that_goes_on_between_the_two_databases_loses_nothing(
    tmp_path, monkeypatch
):
    """Whatever is done between the two copies is done again, or is there."""
    settings = home(tmp_path, chunk_frames=4)
    source = show(tmp_path / "show.mp4", FRAMES)
    copied = []
    with jobs_in(settings, FakeEngine(delay_s=0.002)) as (archive, jobs):
        jobs.analyze([source], policy(), 1000, session_id=SESSION)

        def let_it_work(file, target):
            copy_whole(file, target)
            copied.append(file.name)
            done = archive.frame_count(SESSION)
            while archive.frame_count(SESSION) < min(done + 8, FRAMES):
                pass

        monkeypatch.setattr(taking, "copy_whole", let_it_work)
        backup = take_backup(settings.home, tmp_path / "nas", version="1").folder
        assert jobs.wait(SESSION).state is JobState.DONE
        whole = outcome(archive)
    assert len(copied) == 2

    restore(backup, settings.home)
    with jobs_in(settings, FakeEngine()) as (archive, jobs):
        jobs.resume(SESSION)
        assert jobs.wait(SESSION).state is JobState.DONE
        assert archive.frame_count(SESSION) == FRAMES
        assert outcome(archive)[2] == whole[2]


@pytest.mark.slow
def test_a_backup_in_the_middle_of_a_job_is_enough_to_finish_it(tmp_path):
    """The jobs' database is copied first: no step counts as done that was not kept."""
    settings = home(tmp_path, chunk_frames=4)
    source = show(tmp_path / "show.mp4", FRAMES)
    made = []
    with jobs_in(settings, FakeEngine(delay_s=0.002)) as (archive, jobs):
        jobs.analyze([source], policy(), 1000, session_id=SESSION)

        def back_up(moment):
            if len(made) < 4 and moment.done >= 20 * (len(made) + 1):
                folder = tmp_path / "nas"
                made.append(take_backup(settings.home, folder, version="1").folder)

        assert jobs.wait(SESSION, back_up).state is JobState.DONE
        whole = outcome(archive)
    assert made

    for backup in made:
        restore(backup, settings.home)
        with jobs_in(settings, FakeEngine()) as (archive, jobs):
            jobs.resume(SESSION)
            assert jobs.wait(SESSION).state is JobState.DONE
            assert archive.frame_count(SESSION) == FRAMES
            frames, answers, judgement = outcome(archive)
            assert frames == whole[0]
            assert answers.keys() == whole[1].keys()
            assert judgement == whole[2]
