"""A job ends with a report, or stops and can go on; nothing is lost or doubled."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from idolens.archive import SessionState, open_archive
from idolens.errors import BadInputError, JobError, MediaError, NotFoundError
from idolens.jobs import JobState, open_jobs
from idolens.media import Source
from idolens.media.frame import FrameState
from idolens.review import Report
from idolens.settings import Settings
from idolens.vlm.answer import Status
from idolens.vlm.engine import Model
from tests.archive.rooms import forget
from tests.disks import small_disk
from tests.fakes import FakeEngine
from tests.jobs.shows import (
    BROKEN,
    BUSY,
    SESSION,
    MoodyEngine,
    SlowEngine,
    home,
    jobs_in,
    lot,
    policy,
    show,
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return lot(tmp_path_factory.mktemp("lots") / "海报", 24)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return show(tmp_path_factory.mktemp("shows") / "首场.mp4", 60)


def outcome(archive, session_id=SESSION):
    """Everything that must not depend on how a job got to its end."""
    report = Report.from_json(archive.report(session_id))
    assert report.intact
    return archive.frames(session_id), archive.answers(session_id), report.signed


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, pictures):
    """What a job makes of the pictures when nothing goes wrong."""
    settings = home(tmp_path_factory.mktemp("undisturbed"), chunk_frames=8)
    with jobs_in(settings) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)
        return outcome(archive)


def test_pictures_end_in_a_report(tmp_path, pictures):
    """Every picture is a frame with its name, answers, and a stored picture."""
    engine = FakeEngine()
    with jobs_in(home(tmp_path, chunk_frames=10), engine) as (archive, jobs):
        session_id = jobs.analyze(pictures, policy(), 1000)
        seen = []
        progress = jobs.wait(session_id, seen.append)
        frames, answers, signed = outcome(archive, session_id)

        assert progress.state is JobState.DONE
        assert (progress.done, progress.total) == (24, 24)
        assert seen[-1] == progress
        assert [frame.label for frame in frames] == [source.name for source in pictures]
        kept = [frame for frame in frames if frame.state is FrameState.KEPT]
        assert set(answers) == {frame.id for frame in kept}
        assert all(len(given) == 2 for given in answers.values())
        for frame in kept:
            assert archive.pictures.get(frame.picture)[:2] == b"\xff\xd8"
        assert len(engine.asked) == len(kept)
        assert signed.session.name == "海报"
        assert signed.session.duration_ms == 24_000
        assert signed.notice is not None
        assert archive.state(session_id).state is SessionState.DONE


def test_a_recording_ends_in_a_report(tmp_path, recording):
    """Black stretches are dropped, standing pictures inherit, the rest is answered."""
    with jobs_in(home(tmp_path)) as (archive, jobs):
        session_id = jobs.analyze([recording], policy(), 1000)
        jobs.wait(session_id)
        frames, answers, signed = outcome(archive, session_id)

        assert len(frames) == 60
        states = {frame.state for frame in frames}
        assert states == {FrameState.KEPT, FrameState.INHERITED, FrameState.DROPPED}
        assert all(
            frame.id in answers for frame in frames if frame.state is FrameState.KEPT
        )
        assert signed.session.sha256 == (archive.session(session_id).sha256,)
        assert (signed.session.width, signed.session.height) == (160, 90)


def test_chunks_and_batches_leave_no_trace(tmp_path, pictures, undisturbed):
    """However the frames are cut into chunks and batches, the result is the same."""
    settings = home(tmp_path, chunk_frames=7, batch_frames=3)
    with jobs_in(settings) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed


def test_a_cancelled_job_goes_on_where_it_stopped(tmp_path, pictures, undisturbed):
    """After cancel and resume the result is as if nothing had happened."""
    engine = SlowEngine()
    with jobs_in(home(tmp_path, chunk_frames=8), engine) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        assert engine.reached.wait(20)
        jobs.cancel(SESSION)
        engine.go_on.set()

        assert jobs.wait(SESSION).state is JobState.CANCELLED
        assert archive.report(SESSION) is None
        jobs.resume(SESSION)
        assert jobs.wait(SESSION).state is JobState.DONE
        assert outcome(archive) == undisturbed


def test_leaving_interrupts_and_resuming_finishes(tmp_path, pictures, undisturbed):
    """A job whose process leaves is listed as unfinished, and any other finishes it."""
    settings = home(tmp_path, chunk_frames=8)
    engine = SlowEngine()
    with jobs_in(settings, engine) as (_, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        assert engine.reached.wait(20)
        assert jobs.unfinished() == []
        engine.go_on.set()
    with jobs_in(settings) as (archive, jobs):
        assert jobs.unfinished() == [SESSION]
        assert jobs.progress(SESSION).state is JobState.INTERRUPTED
        jobs.resume(SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed
        assert jobs.unfinished() == []


def test_a_job_that_never_began_can_be_resumed(tmp_path, pictures, undisturbed):
    """A crash between the session's row and the workflow's leaves a job to resume."""
    settings = home(tmp_path, chunk_frames=8)
    with jobs_in(settings) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)
        session = archive.session(SESSION)
        forget(archive, SESSION)
    (settings.home / "jobs.sqlite").unlink()
    with jobs_in(settings) as (archive, jobs):
        archive.add_session(session)
        assert jobs.unfinished() == [SESSION]
        jobs.resume(SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed


def test_sessions_are_known_before_they_begin(tmp_path, pictures, undisturbed):
    """What was added is unfinished, in any process; its time counts from its start."""
    settings = home(tmp_path, chunk_frames=8)
    with jobs_in(settings) as (archive, jobs):
        described = jobs.describe(pictures, policy(), 1000, session_id=SESSION)
        assert archive.sessions() == []
        long_ago = described.created_at - timedelta(hours=9)
        jobs.add([replace(described, created_at=long_ago)])
        assert jobs.unfinished() == [SESSION]
    with jobs_in(settings) as (archive, jobs):
        assert jobs.unfinished() == [SESSION]
        jobs.resume(SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed
        run = Report.from_json(archive.report(SESSION)).run
        assert run.seconds < 60
        assert datetime.fromisoformat(run.started_at) > long_ago + timedelta(hours=8)


def test_a_busy_engine_is_asked_again(tmp_path, pictures, undisturbed):
    """Errors that pass leave no trace in the result."""
    engine = MoodyEngine({0, 1, 3}, BUSY)
    with jobs_in(home(tmp_path, chunk_frames=8), engine) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed


def test_an_engine_that_stays_busy_leaves_frames_unexamined(tmp_path, pictures):
    """After the last attempt the answers say error, and the report does not pass."""
    engine = MoodyEngine(range(2), BUSY)
    settings = home(tmp_path, chunk_frames=8, engine_attempts=2)
    with jobs_in(settings, engine) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        assert jobs.wait(SESSION).state is JobState.DONE
        _, answers, signed = outcome(archive)

        failed = [
            frame_id
            for frame_id, given in answers.items()
            if all(answer.status is Status.ERROR for answer in given)
        ]
        assert failed == ["f000000", "f000001", "f000002", "f000003"]
        assert answers["f000000"][0].detail == "temporary"
        assert signed.judgement.suggestion != "pass"
        assert {row.unanswered_ms for row in signed.judgement.coverage} == {4000}


def test_a_broken_engine_fails_the_job_with_its_reason(tmp_path, pictures, undisturbed):
    """The reason is kept in both languages; once mended, the job goes on."""
    settings = home(tmp_path, chunk_frames=8)
    with jobs_in(settings, MoodyEngine({3}, BROKEN)) as (archive, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        progress = jobs.wait(SESSION)

        assert progress.state is JobState.FAILED
        assert progress.reason == BROKEN.words
        assert jobs.unfinished() == []
        stored = archive.frame_count(SESSION)
        assert 0 < stored < 24
    engine = FakeEngine()
    with jobs_in(settings, engine) as (archive, jobs):
        assert jobs.progress(SESSION).reason == BROKEN.words
        jobs.resume(SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed
        assert len(engine.asked) == 24 - stored


def test_a_fault_of_our_own_fails_the_job(tmp_path, pictures, caplog):
    """A job that breaks on a bug says so instead of seeming to run for ever."""
    engine = MoodyEngine({0}, ZeroDivisionError("a bug"))
    with jobs_in(home(tmp_path), engine) as (_, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        progress = jobs.wait(SESSION)

        assert progress.state is JobState.FAILED
        assert "idolens" in progress.reason.en
        assert "analysis_broke" in caplog.text


def test_two_jobs_run_at_once(tmp_path, pictures):
    """Jobs of one process take turns and both end."""
    with jobs_in(home(tmp_path, chunk_frames=4)) as (archive, jobs):
        ids = [
            jobs.analyze(some, policy(), 1000)
            for some in (pictures[:12], pictures[12:])
        ]
        for session_id in ids:
            assert jobs.wait(session_id).state is JobState.DONE

        assert [len(archive.frames(session_id)) for session_id in ids] == [12, 12]


def test_a_job_keeps_the_settings_it_began_with(tmp_path, pictures, undisturbed):
    """Changed chunk sizes and gates do not reach a job that is under way."""
    settings = home(tmp_path, chunk_frames=8)
    with jobs_in(settings, MoodyEngine({3}, BROKEN)) as (_, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)
    gate = settings.gate.model_copy(update={"black_level": 300.0})
    changed = settings.model_copy(
        update={"chunk_frames": 3, "gate": gate, "language": "en"}
    )
    with jobs_in(changed) as (archive, jobs):
        jobs.resume(SESSION)
        jobs.wait(SESSION)

        assert outcome(archive) == undisturbed


def test_another_model_may_not_go_on(tmp_path, pictures):
    """Answers of two models never mix in one session."""
    settings = home(tmp_path, chunk_frames=8)
    with jobs_in(settings, MoodyEngine({3}, BROKEN)) as (_, jobs):
        jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)
    other = FakeEngine(model=Model(name="fake-model", revision="fake-2"))
    with (
        jobs_in(settings, other) as (_, jobs),
        pytest.raises(JobError, match="fake-1"),
    ):
        jobs.resume(SESSION)


def test_a_job_goes_on_with_the_engine_it_began_with(tmp_path, pictures, undisturbed):
    """Whichever engine the settings name by then: answers come from one alone."""
    engines = {
        "fake": MoodyEngine({3}, BROKEN),
        "other": FakeEngine(name="other", model=Model(name="other", revision="o-1")),
    }
    for name in ("fake", "other"):
        settings = home(tmp_path, chunk_frames=8, engine=name)
        with (
            open_archive(settings) as archive,
            open_jobs(archive, engines.__getitem__, settings) as jobs,
        ):
            if name == "fake":
                jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
                assert jobs.wait(SESSION).state is JobState.FAILED
                continue
            jobs.resume(SESSION)
            assert jobs.wait(SESSION).state is JobState.DONE
            assert outcome(archive) == undisturbed
    assert engines["other"].asked == []


@pytest.mark.parametrize("change", ["gone", "edited", "touched"])
def test_a_job_goes_on_only_with_the_same_files(tmp_path, change):
    """A file that is gone or edited stops the resume; a newer date alone does not."""
    sources = lot(tmp_path / "lot", 8)
    settings = home(tmp_path, chunk_frames=4)
    with jobs_in(settings, MoodyEngine({1}, BROKEN)) as (_, jobs):
        jobs.analyze(sources, policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)
    path = sources[-1].path
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes() + (b"x" if change == "edited" else b""))
    with jobs_in(settings) as (_, jobs):
        if change == "touched":
            jobs.resume(SESSION)
            assert jobs.wait(SESSION).state is JobState.DONE
        else:
            with pytest.raises(JobError, match=r"0007\.png"):
                jobs.resume(SESSION)


def test_a_recording_that_breaks_off_reports_failed_time(tmp_path):
    """What cannot be decoded is a failed frame, not a failed job."""
    source = show(tmp_path / "cut.mp4", 30)
    sources = lot(tmp_path / "lot", 6)
    sources[2].path.write_bytes(sources[2].path.read_bytes()[:200])
    with jobs_in(home(tmp_path)) as (archive, jobs):
        session_id = jobs.analyze(sources, policy(), 1000)
        assert jobs.wait(session_id).state is JobState.DONE
        states = [frame.state for frame in archive.frames(session_id)]
        assert states.count(FrameState.FAILED) == 1
        assert states[2] is FrameState.FAILED

        source.path.write_bytes(b"\0" * 5000)
        with pytest.raises(MediaError):
            jobs.analyze([source], policy(), 1000)


def test_a_session_is_one_recording_or_pictures(tmp_path, pictures, recording):
    """Anything else is refused before it begins."""
    with jobs_in(home(tmp_path)) as (archive, jobs):
        for sources in ([], [recording, recording], [recording, pictures[0]]):
            with pytest.raises(BadInputError):
                jobs.analyze(sources, policy(), 1000)

        assert archive.sessions() == []


def test_unknown_sessions_are_not_found(tmp_path):
    """Every call about a session that is not there says so."""
    with jobs_in(home(tmp_path)) as (_, jobs):
        for ask in (jobs.progress, jobs.wait, jobs.cancel, jobs.resume):
            with pytest.raises(NotFoundError):
                ask("nobody")


def test_what_is_done_stays_done(tmp_path, pictures):
    """Cancelling or resuming a finished job changes nothing."""
    with jobs_in(home(tmp_path)) as (archive, jobs):
        jobs.analyze(pictures[:4], policy(), 1000, session_id=SESSION)
        jobs.wait(SESSION)
        report = archive.report(SESSION)
        jobs.cancel(SESSION)
        jobs.resume(SESSION)

        assert jobs.wait(SESSION).state is JobState.DONE
        assert archive.report(SESSION) == report
        assert [event.state for event in archive.events(SESSION)] == ["open", "done"]


def test_one_process_opens_its_jobs_once(tmp_path):
    """A second studio in the same process is refused, and the first goes on."""
    settings = home(tmp_path)
    with jobs_in(settings) as (archive, jobs):
        with (
            pytest.raises(JobError, match="Another studio"),
            open_jobs(archive, lambda _name: FakeEngine(), settings),
        ):
            pass

        assert jobs.unfinished() == []


def test_a_moved_picture_is_found_under_its_own_name(tmp_path, pictures):
    """A lot's label is what discovery called the file, not where it lies."""
    source = replace(pictures[0], name="第一张.png")
    with jobs_in(home(tmp_path)) as (archive, jobs):
        session_id = jobs.analyze([source], policy(), 1000)
        jobs.wait(session_id)

        assert archive.frames(session_id)[0].label == "第一张.png"
        assert archive.session(session_id).name == "第一张.png"
        assert isinstance(source, Source)


def test_a_full_disk_fails_the_job_and_room_lets_it_go_on(tmp_path, pictures):
    """The reason says so; nothing that was stored is lost; resuming ends the job."""
    disk = tmp_path / "disk"
    with small_disk(disk):
        settings = Settings(home=disk / "home", disk_reserve_mib=4, chunk_frames=4)
        ballast = disk / "ballast"
        engine = SlowEngine()
        with jobs_in(settings, engine) as (archive, jobs):
            jobs.analyze(pictures, policy(), 1000, session_id=SESSION)
            assert engine.reached.wait(20)
            fill(ballast)
            engine.go_on.set()
            progress = jobs.wait(SESSION)

            assert progress.state in {JobState.FAILED, JobState.INTERRUPTED}
            stored = archive.frames(SESSION)
            assert len(stored) < 24
            ballast.unlink()
            jobs.resume(SESSION)
            assert jobs.wait(SESSION).state is JobState.DONE
            assert archive.frames(SESSION)[: len(stored)] == stored
            assert len(archive.frames(SESSION)) == 24


def fill(path):
    """Take all the room that is left."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**12))
