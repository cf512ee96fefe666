"""SIGKILL at any moment costs time, and nothing else."""

import multiprocessing
import random
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pysqlite3.dbapi2 as sqlite
import pytest

from idolens.archive import open_archive
from idolens.jobs import JobState
from idolens.media import Source
from idolens.review import Report
from idolens.settings import Settings
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, home, jobs_in, policy, show

FRAMES = 2000
KILLS = 20
LAST = 1800
"""The kills come before this frame, so that each finds the job at work."""
PRELOAD = ["tests.jobs.shows"]


def work(settings: Settings, source: Source, until: int, pipe) -> None:
    """Begin the job, or go on with it; say when frame ``until`` has been looked at."""
    with jobs_in(settings, FakeEngine(delay_s=0.001)) as (archive, jobs):
        if archive.sessions():
            jobs.resume(SESSION)
        else:
            jobs.analyze([source], policy(), 1000, session_id=SESSION)
        pipe.send("begun")
        while jobs.progress(SESSION).done < until:
            time.sleep(0.02)
        pipe.send("there")
        assert jobs.wait(SESSION).state is JobState.DONE
        pipe.send("done")


class Life:
    """One process at work on the job."""

    def __init__(self, context, settings, source, until=0) -> None:
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=work, args=(settings, source, until, theirs)
        )
        self.process.start()
        theirs.close()

    def hear(self, word: str) -> None:
        assert self._pipe.poll(60), f"the process never was {word}"
        assert self._pipe.recv() == word

    def kill(self) -> None:
        self.process.kill()
        self.process.join()
        self._pipe.close()

    def finish(self) -> None:
        while self._pipe.poll(60) and self._pipe.recv() != "done":
            pass
        self.process.join(30)
        assert self.process.exitcode == 0
        self._pipe.close()


def rows(settings: Settings):
    with closing(sqlite.connect(settings.home / "idolens.sqlite")) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own tables
            for table in ("session", "frame", "answer", "report", "picture")
        }


def files(settings: Settings) -> dict[str, bytes]:
    folder = settings.home / "pictures"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def outcome(settings: Settings):
    with open_archive(settings) as archive:
        report = Report.from_json(archive.report(SESSION))
        assert report.intact
        return (
            archive.frames(SESSION),
            archive.answers(SESSION),
            report.signed,
            report.signature,
        )


@pytest.fixture
def folder(tmp_path: Path):
    """A folder in memory: a kill does not ask whether bytes have reached a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    if not memory.is_dir():
        yield tmp_path
        return
    with TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@pytest.fixture
def context(monkeypatch):
    """Processes that start with everything imported."""
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", f"{root / 'src'}:{root}")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return context


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_twenty_kills_leave_no_trace(folder: Path, context):
    """Frames, answers, pictures and the signed report equal an undisturbed run's."""
    source = show(folder / "首场.mp4", FRAMES)
    calm, rough = home(folder / "calm"), home(folder / "rough")
    life = Life(context, calm, source)
    life.finish()

    chance = random.Random(20261123)  # noqa: S311 - moments, not secrets
    moments = sorted(chance.randrange(1, LAST) for _ in range(KILLS))
    killed_at_work = 0
    for number, moment in enumerate(moments):
        life = Life(context, rough, source, until=moment)
        if number % 5 == 4:  # while it is starting, too
            time.sleep(chance.uniform(0, 1.5))
        else:
            life.hear("begun")
            life.hear("there")
            time.sleep(chance.uniform(0, 0.1))
        killed_at_work += life.process.is_alive()
        life.kill()
    with open_archive(rough) as archive:
        left = FRAMES - archive.frame_count(SESSION)
    life = Life(context, rough, source)
    life.finish()

    assert killed_at_work == KILLS
    assert 0 < left < FRAMES
    assert outcome(rough) == outcome(calm)
    assert rows(rough) == rows(calm)
    assert rows(rough)["frame"] == FRAMES
    assert rows(rough)["report"] == 1
    assert {
        name: content
        for name, content in files(rough).items()
        if "/." not in name  # a kill may leave a draft, which nobody reads
    } == files(calm)


@pytest.mark.slow
def test_a_killed_process_is_noticed_at_once(folder: Path, context):
    """Nobody waits for a silence to pass: the kernel tells who is alive."""
    source = show(folder / "首场.mp4", 600)
    settings = home(folder, chunk_frames=8)
    life = Life(context, settings, source, until=20)
    life.hear("begun")
    with jobs_in(settings) as (_, jobs):
        assert jobs.progress(SESSION).state is JobState.RUNNING
        jobs.resume(SESSION)  # somebody is at work: nothing to do
        life.hear("there")
        assert jobs.unfinished() == []
        life.kill()

        assert jobs.progress(SESSION).state is JobState.INTERRUPTED
        assert jobs.unfinished() == [SESSION]
        jobs.resume(SESSION)
        assert jobs.wait(SESSION).state is JobState.DONE
