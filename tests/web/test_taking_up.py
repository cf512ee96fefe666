"""What a crash interrupted goes on when the service starts."""

import json
import threading

from idolens.archive import open_archive
from idolens.jobs.intake import new_session
from idolens.settings import Settings
from idolens.studio import open_studio
from idolens.web.records import Records
from idolens.web.taking_up import taking_up
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, home, lot, policy


def interrupted(settings: Settings, folder, session_id=SESSION) -> list:
    """Leave a session that was begun and that nobody is at work on."""
    sources = lot(folder, 2)
    session = new_session(
        sources,
        policy(),
        1000,
        engine=FakeEngine(),
        settings=settings,
        session_id=session_id,
    )
    with open_archive(settings) as archive:
        archive.add_session(session)
    return sources


def test_what_was_begun_is_finished(tmp_path):
    """Nobody has to ask for it."""
    settings = home(tmp_path)
    interrupted(settings, tmp_path / "pictures")
    records = Records(tmp_path / "logs")
    with open_studio(settings, engine=FakeEngine()) as studio:
        with taking_up(studio, threading.Event(), records):
            while studio.jobs.progress(SESSION).state == "interrupted":
                pass
            studio.jobs.wait(SESSION)

        assert studio.archive.report(SESSION) is not None
    records.close()


def test_what_cannot_go_on_stays_and_is_noted(tmp_path):
    """A file is gone: the others go on, and the log says so without its name."""
    settings = home(tmp_path)
    gone = interrupted(settings, tmp_path / "gone", "20261123-070000-aaaaaa")
    interrupted(settings, tmp_path / "pictures")
    gone[0].path.unlink()
    records = Records(tmp_path / "logs")
    with open_studio(settings, engine=FakeEngine()) as studio:
        with taking_up(studio, threading.Event(), records):
            while studio.jobs.progress(SESSION).state == "interrupted":
                pass
            studio.jobs.wait(SESSION)
        left = studio.jobs.unfinished()
    records.close()

    assert left == ["20261123-070000-aaaaaa"]
    (line,) = records.path.read_text("utf-8").splitlines()
    assert json.loads(line)["event"] == "not_resumed"
    assert json.loads(line)["code"] == "job"


def test_without_anything_to_do_no_jobs_are_opened(tmp_path):
    """A service that only answers questions starts no worker."""
    settings = home(tmp_path)
    records = Records(tmp_path / "logs")
    with (
        open_studio(settings, engine=FakeEngine()) as studio,
        taking_up(studio, threading.Event(), records),
    ):
        pass
    records.close()

    assert not (settings.home / "jobs.sqlite").exists()


def test_an_upload_that_was_all_here_is_finished(tmp_path):
    """A crash came between its last byte and its check; its sender is done with it."""
    settings = home(tmp_path)
    with open_archive(settings) as archive:
        for content in (b"whole", b"half"):
            upload = archive.uploads.create("show.mp4", 5)
            writer = archive.uploads.writer(upload.id)
            writer.write(content)
            writer.close()
    records = Records(tmp_path / "logs")
    with open_studio(settings, engine=FakeEngine()) as studio:
        with taking_up(studio, threading.Event(), records):
            pass
        ends = {one.received: one.complete for one in studio.archive.uploads.all()}
    records.close()

    assert ends == {5: True, 4: False}
