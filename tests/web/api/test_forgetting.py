"""Of a session that is forgotten no byte is left, whenever the lights go out."""

import io
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from idolens.archive.audit import Deed
from idolens.archive.keys import Keys
from idolens.studio import open_studio
from idolens.vlm.reading import Piece, read_open
from tests.fakes import FakeEngine
from tests.jobs.shows import SlowEngine, home, jobs_in, lot, policy, scene
from tests.web.access.house import bearer
from tests.web.api.studio import API, PICTURES, serving
from tests.web.test_infer import is_problem

NAME = "金丝雀名-7f3a9c"
QUESTION = "金丝雀问-81be02"
ANSWER = "金丝雀答-c4410d"
NOTE = "金丝雀注-90aa7e"
WORDS = (NAME, QUESTION, ANSWER, NOTE)
POLICY = f"""
name: canaries
title: {{zh: 金丝雀, en: Canaries}}
questions:
  - key: exposure
    kind: yes_no
    instruction: {QUESTION}?
    label: {{zh: 暴露着装, en: Exposure}}
    risks:
      - {{when: yes, sub_label: {{zh: 暴露着装, en: Exposed}}, level: high}}
  - key: words
    kind: text
    instruction: 画面里写着什么?
    label: {{zh: 文字, en: Words}}
"""


def said(_picture, question):
    if question.kind == "text":
        return read_open(question, [Piece(ANSWER, -0.1)])
    return "yes"


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.fromarray(scene(77)).save(file, "PNG")
    return file.getvalue()


def admin(studio) -> dict[str, str]:
    """Return the headers of somebody who may do everything."""
    scopes = ["read", "ask", "judge", "ingest", "policy", "purge", "audit"]
    _, text = Keys(studio.archive._database).add("all", scopes, "terminal", None)
    return bearer(text)


def begun(studio, client, headers, picture: bytes) -> tuple[str, str]:
    """Upload a picture and have it looked at; return the session's id and upload's."""
    sent = client.post(
        f"{API}/uploads",
        files={"file": (f"{NAME}.png", picture)},
        headers=headers | {"Idempotency-Key": "up"},
    )
    upload = sent.json()["id"]
    reply = client.post(
        f"{API}/sessions",
        json={"uploads": [upload], "policy": "canaries"},
        headers=headers | {"Idempotency-Key": "begin"},
    )
    assert reply.status_code == 201, reply.text
    (session,) = reply.json()["sessions"]
    studio.jobs.wait(session["id"])
    return session["id"], upload


def traces(folder, *words: bytes) -> list[tuple[str, bytes]]:
    """Return which files hold which of ``words``."""
    return [
        (str(path.relative_to(folder)), word)
        for path in folder.rglob("*")
        if path.is_file()
        for word in words
        if word in path.read_bytes()
    ]


def test_no_byte_of_a_forgotten_session_is_left(tmp_path):
    """In no database, log of one, cache, upload, picture or record of the service."""
    picture = a_picture()
    with serving(tmp_path, FakeEngine(reply=said)) as (studio, client):
        headers = admin(studio)
        text = POLICY.replace(QUESTION, "问")
        for content in (text, POLICY):
            added = client.post(
                f"{API}/policies", json={"text": content}, headers=headers
            )
            version = added.json()["version"]
            client.post(
                f"{API}/policies/canaries/activate",
                json={"version": version},
                headers=headers,
            )
        session, upload = begun(studio, client, headers, picture)
        found = client.get(f"{API}/sessions/{session}/findings", headers=headers)
        client.post(
            f"{API}/sessions/{session}/verdicts",
            json={
                "finding": found.json()["items"][0]["id"],
                "decision": "confirmed",
                "version": 0,
                "note": NOTE,
            },
            headers=headers | {"Idempotency-Key": "verdict"},
        )
        studio.archive.outbox.add(
            {"type": "report.ready", "data": {"session": session, "name": NAME}}, ["x"]
        )
        jpegs = [path.read_bytes() for path in (tmp_path / "home").rglob("*.jpg")]
        words = [word.encode() for word in (NAME, ANSWER, NOTE)]
        words += [upload.encode(), *(jpeg[-200:] for jpeg in jpegs), picture[100:300]]
        assert {word for _, word in traces(tmp_path, *words)} == set(words)

        first = client.delete(f"{API}/sessions/{session}", headers=headers)
        again = client.delete(f"{API}/sessions/{session}", headers=headers)
        gone = client.get(f"{API}/sessions/{session}", headers=headers)

        assert (first.status_code, again.status_code) == (204, 204)
        is_problem(gone, 404, "not_found")
        told = studio.archive.news.behind(0, 1000)
        assert [one.data for one in told if one.kind == "session"] == [
            {"gone": session}
        ]
        assert traces(tmp_path, *words) == []
        # A policy is nobody's: its versions stay, the session's own copy does not.
        assert {name for name, _ in traces(tmp_path, QUESTION.encode())} <= {
            "home/idolens.sqlite"
        }
        deeds = [
            one for one in studio.archive.audit.entries() if one.subject == session
        ]
        assert [one.action for one in deeds] == [Deed.VERDICT, Deed.PURGED]
        assert deeds[-1].actor.startswith("key:")
        assert studio.archive.audit.broken_at() is None
    assert traces(tmp_path, *words) == []
    assert session.encode() not in (tmp_path / "home" / "jobs.sqlite").read_bytes()


def test_what_is_being_analysed_is_not_forgotten(tmp_path):
    """It says to cancel first; what is unknown is unknown."""
    engine = SlowEngine()
    with serving(tmp_path, engine, batch_frames=1) as (studio, client):
        headers = admin(studio)
        sources = lot(tmp_path / "lot", 4)
        studio.jobs.analyze(sources, policy(), 1000, session_id=PICTURES)
        assert engine.reached.wait(30)
        busy = client.delete(f"{API}/sessions/{PICTURES}", headers=headers)
        engine.go_on.set()
        studio.jobs.wait(PICTURES)
        unknown = client.delete(f"{API}/sessions/nobody", headers=headers)
        reader = Keys(studio.archive._database).add("r", ["read"], "terminal", None)[1]
        refused = client.delete(f"{API}/sessions/{PICTURES}", headers=bearer(reader))

        is_problem(busy, 409, "conflict")
        is_problem(unknown, 404, "not_found")
        is_problem(refused, 403, "not_allowed")
        assert studio.archive.purges.unfinished() == []
        assert studio.archive.frame_count(PICTURES) == 4


def test_what_another_session_needs_stays(tmp_path):
    """The same upload, looked at twice, goes with the last of the two."""
    with serving(tmp_path, FakeEngine(reply=said)) as (studio, client):
        headers = admin(studio)
        added = client.post(f"{API}/policies", json={"text": POLICY}, headers=headers)
        body = {"version": added.json()["version"]}
        client.post(f"{API}/policies/canaries/activate", json=body, headers=headers)
        first, upload = begun(studio, client, headers, a_picture())
        again = client.post(f"{API}/jobs/{first}/retry", headers=headers).json()["id"]
        studio.jobs.wait(again)
        client.delete(f"{API}/sessions/{first}", headers=headers)
        assert studio.archive.uploads.get(upload).complete
        (frame,) = studio.archive.frames(again)
        assert studio.archive.pictures.get(frame.picture)
        client.delete(f"{API}/sessions/{again}", headers=headers)

        assert studio.archive.uploads.all() == []
        assert list((tmp_path / "home").rglob("*.jpg")) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from idolens.archive.database import Database
from idolens.archive.pictures import PictureStore
from idolens.settings import Settings
from idolens.studio import open_studio
from tests.fakes import FakeEngine

where, home = sys.argv[1], Path(sys.argv[2])

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(home=home, disk_reserve_mib=1)
with open_studio(settings, engine=FakeEngine()) as studio:
    studio.jobs
    if where == "files":
        remove = PictureStore.remove
        def once(self, digest):
            remove(self, digest)
            die()
        PictureStore.remove = once
    elif where == "rows":
        Database.tidy = die
    elif where == "jobs":
        type(studio.jobs).forget = die
    elif where == "end":
        type(studio.archive.purges).finish = die
    studio.forget(sys.argv[3], "account:lin")
"""


@pytest.mark.parametrize("where", ["files", "rows", "jobs", "end"])
def test_a_deletion_that_was_killed_is_finished(tmp_path, where):
    """At the next start, by asking again, or with the next tidying up."""
    settings = home(tmp_path)
    with jobs_in(settings) as (archive, jobs):
        sources = lot(tmp_path / NAME, 3)
        jobs.analyze(sources, policy(), 1000, session_id=PICTURES)
        jobs.wait(PICTURES)
        assert archive.frame_count(PICTURES) == 3
    done = subprocess.run(
        [sys.executable, "-c", KILLED, where, settings.home, PICTURES], check=False
    )
    assert done.returncode == -signal.SIGKILL

    with open_studio(settings, engine=FakeEngine()) as studio:
        assert studio.jobs.unfinished() == []
        assert studio.finish_purges() == [PICTURES]
        assert studio.finish_purges() == []
        studio.forget(PICTURES, "account:lin")

        assert studio.archive.sessions() == []
        deeds = [(one.actor, one.action) for one in studio.archive.audit.entries()]
        assert deeds == [("account:lin", Deed.PURGED)]
    assert traces(settings.home, NAME.encode()) == []
    assert list(settings.home.rglob("*.jpg")) == []


def test_what_engine_and_decoder_remember_goes_too(tmp_path):
    """Neither pictures nor what was read of them stay in memory."""

    class Remembering(FakeEngine):
        forgot = 0

        def forget(self):
            self.forgot += 1

    engine = Remembering()
    with open_studio(home(tmp_path), engine=engine) as studio:
        studio.jobs.analyze(
            lot(tmp_path / "lot", 1), policy(), 1000, session_id=PICTURES
        )
        studio.jobs.wait(PICTURES)
        picture = a_picture()
        studio.ask(picture, policy().asked())
        recall = studio._decoder.get()
        assert recall.known(picture) is not None
        studio.forget(PICTURES, "terminal")

        assert engine.forgot == 1
        assert recall.known(picture) is None
        assert np.array_equal(studio.look(picture).pixels.shape, (90, 160, 3))
