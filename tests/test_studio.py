"""A studio opens what is asked for, once, and closes it in the right order."""

import io
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from idolens.errors import MediaError, NotFoundError
from idolens.jobs import JobState, unpack_folder
from idolens.settings import Settings
from idolens.studio import open_studio
from idolens.vlm import ENGINES
from idolens.vlm.cached import CachedEngine
from tests.archive.rooms import a_session
from tests.fakes import FakeEngine
from tests.jobs.shows import home, lot, policy, scene


def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(scene(1)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_picture_is_asked_about(tmp_path):
    """Bytes and questions in, one answer per question out, in their order."""
    questions = policy().asked()
    with open_studio(home(tmp_path), engine=FakeEngine()) as studio:
        answers = studio.ask(png(), questions)

        assert [answer.key for answer in answers] == ["exposure", "scene"]
        assert studio.ask(png(), questions) == answers
        with pytest.raises(MediaError):
            studio.ask(b"no picture", questions)


def test_nothing_is_opened_that_nobody_needs(tmp_path):
    """A studio that is only opened makes no folder, no database, no model."""
    engine = FakeEngine()
    with open_studio(home(tmp_path), engine=engine):
        pass

    assert list(tmp_path.iterdir()) == []
    assert not engine.closed


def test_answers_are_kept_for_the_next_studio(tmp_path):
    """The settings' own engine is asked once, though the studio is opened twice."""
    settings = home(tmp_path)
    if ENGINES["embedded"].obstacle(settings) is not None:
        pytest.skip("the embedded model is not here")
    counts = []
    for _ in range(2):
        with open_studio(settings) as studio:
            answers = studio.ask(png(), policy().asked())
            assert isinstance(studio.engine, CachedEngine)
            counts.append((studio.engine.counts.hits, studio.engine.counts.misses))
            assert studio.ask(png(), policy().asked()) is not answers

    assert counts == [(0, 2), (2, 0)]


def test_a_session_is_forgotten_with_its_kept_answers(tmp_path):
    """What was said of its pictures is in no file, and would be asked again."""
    settings = home(tmp_path)
    if ENGINES["embedded"].obstacle(settings) is not None:
        pytest.skip("the embedded model is not here")
    with open_studio(settings) as studio:
        studio.archive.add_session(a_session("s1"))
        studio.ask(png(), policy().asked())
        revision = studio.engine.model.revision.encode()
    assert _files_with(tmp_path, revision) == ["data.mdb"]

    with open_studio(settings) as studio:
        with pytest.raises(NotFoundError):
            studio.forget("s2", "terminal")
        studio.forget("s1", "terminal")

        assert studio.archive.sessions() == []
        assert _files_with(tmp_path, revision) == []
        studio.ask(png(), policy().asked())
        assert studio.engine.counts.misses == 2


def _files_with(folder, content: bytes) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if content in path.read_bytes()]


def test_asking_needs_no_archive(tmp_path):
    """Questions about a picture leave nothing on the disk."""
    engine = FakeEngine()
    with open_studio(home(tmp_path), engine=engine) as studio:
        studio.ask(png(), policy().asked())

    assert list(tmp_path.iterdir()) == []
    assert engine.closed


def test_each_part_is_opened_once(tmp_path):
    """Every caller gets the same archive, engine and jobs."""
    with open_studio(home(tmp_path), engine=FakeEngine()) as studio:
        assert studio.archive is studio.archive
        assert studio.engine is studio.engine
        assert studio.jobs is studio.jobs


def test_jobs_end_before_the_engine_they_ask(tmp_path):
    """Leaving in the middle of a job stops the job first; it can be resumed."""
    sources = lot(tmp_path / "lot", 12)
    engine = FakeEngine(delay_s=0.1)
    settings = home(tmp_path, chunk_frames=4)
    with open_studio(settings, engine=engine) as studio:
        session_id = studio.jobs.analyze(sources, policy(), 1000)
        while not engine.asked:
            assert studio.jobs.progress(session_id).state is JobState.RUNNING
    asked = len(engine.asked)

    assert engine.closed
    assert len(engine.asked) == asked < 12
    with open_studio(settings, engine=FakeEngine()) as studio:
        assert studio.jobs.unfinished() == [session_id]
        studio.jobs.resume(session_id)
        assert studio.jobs.wait(session_id).state is JobState.DONE


def test_a_failure_inside_closes_everything(tmp_path):
    """An error in the caller's block passes through, and the engine is closed."""
    engine = FakeEngine()

    def work() -> None:
        with open_studio(home(tmp_path), engine=engine) as studio:
            assert studio.jobs.unfinished() == []
            assert studio.engine is engine
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert engine.closed


def test_files_are_found(tmp_path):
    """Discovery is the media room's, with the home folder for what zips hold."""
    lot(tmp_path / "lot", 3)
    with open_studio(home(tmp_path), engine=FakeEngine()) as studio:
        names = [source.name for source in studio.discover([tmp_path / "lot"])]

        assert names == ["0000.png", "0001.png", "0002.png"]


def test_what_was_unpacked_goes_when_it_is_done(tmp_path):
    """Pictures of a zip lie in the home folder only until their report is there."""
    lot(tmp_path / "lot", 3)
    shutil.make_archive(str(tmp_path / "lot"), "zip", tmp_path / "lot")
    settings = home(tmp_path)
    with open_studio(settings, engine=FakeEngine()) as studio:
        sources = studio.discover([tmp_path / "lot.zip"])
        assert all(source.path.is_file() for source in sources)
        session_id = studio.jobs.analyze(sources, policy(), 1000)
        studio.jobs.wait(session_id)

        assert studio.archive.frame_count(session_id) == 3
    assert list(unpack_folder(settings).iterdir()) == []
    assert len(list((tmp_path / "lot").iterdir())) == 3


def test_opening_a_studio_is_quick_to_import():
    """Neither Alembic nor an engine's runtime is imported with the studio."""
    code = (
        "import sys, idolens.studio\n"
        "print({'alembic', 'onnxruntime', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "src"},
    )

    assert done.stdout.strip() == "set()"


def test_settings_are_at_hand(tmp_path):
    """Callers read the settings that the studio was opened with."""
    settings = Settings(home=tmp_path)
    with open_studio(settings, engine=FakeEngine()) as studio:
        assert studio.settings is settings


def test_analyses_that_nobody_is_at_work_on_are_counted(tmp_path):
    """Without opening the jobs for it; one that is taken up again is not counted."""
    with open_studio(home(tmp_path), engine=FakeEngine()) as studio:
        assert studio.standing_still == 0
        session = studio.jobs.describe(lot(tmp_path / "pictures", 2), policy(), 1000)
        studio.jobs.add([session])
        assert studio.standing_still == 1
        studio.jobs.resume(session.id)
        studio.jobs.wait(session.id)
        assert studio.standing_still == 0
