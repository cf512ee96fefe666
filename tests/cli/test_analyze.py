"""``idolens analyze``: from files to reports, exit codes and all."""

import json
import os
import shutil
import signal
import time

import pytest

from idolens.archive import open_archive
from idolens.review import check_policy
from idolens.settings import load_settings
from idolens.studio import open_studio
from tests.cli.terminal import SAMPLES
from tests.fakes import FakeEngine
from tests.jobs.shows import lot, policy, show

CONCERT = str(SAMPLES / "concert.mp4")
WAY = ("--every", "40s", "--policy", "small.yaml")


def test_a_recording_becomes_a_report_in_a_folder_of_its_name(shell):
    """report.json, report.html and evidence lie in out/concert; a table sums up."""
    done = shell.run("analyze", CONCERT, *WAY)

    folder = shell.folder / "out" / "concert"
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert done.status == 0, done.err
    assert "People" in done.out
    assert "review" in done.out
    assert str(folder / "report.html").endswith(done.out.split("Report: ")[1].strip())
    assert list((folder / "evidence").iterdir())
    assert report["signed"]["session"]["every_ms"] == 40_000
    assert (folder / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


def test_json_is_all_that_is_printed(shell):
    """A program reads standard output; the report lies where --out says."""
    done = shell.run("analyze", CONCERT, *WAY, "--json", "--out", "here")

    (session,) = done.json()["sessions"]
    assert done.status == 0, done.err
    assert session["suggestion"] == "review"
    assert session["findings"] >= 1
    assert session["report_json"] == "here/report.json"
    assert (shell.folder / session["report_html"]).exists()


@pytest.mark.parametrize(("worst", "status"), [("review", 3), ("block", 0)])
def test_fail_on_turns_a_suggestion_into_an_exit_code(shell, worst, status):
    """A script can stop a publication; the report is written all the same."""
    done = shell.run("analyze", CONCERT, *WAY, "--fail-on", worst)

    assert done.status == status, done.err
    assert (shell.folder / "out" / "concert" / "report.html").exists()


def test_each_recording_is_a_session_and_all_pictures_are_one(shell):
    """A folder with two recordings and three pictures makes three reports."""
    night = shell.folder / "night"
    night.mkdir()
    for name in ("one.mp4", "two.mp4"):
        shutil.copy(CONCERT, night / name)
    for picture in sorted((SAMPLES / "pictures").iterdir())[:3]:
        shutil.copy(picture, night)

    done = shell.run("analyze", "night", *WAY, "--json", "--out", "reports")

    sessions = done.json()["sessions"]
    assert done.status == 0, done.err
    assert [session["name"] for session in sessions] == ["one.mp4", "two.mp4", "night"]
    folders = {session["report_json"] for session in sessions}
    assert len(folders) == 3
    assert all((shell.folder / folder).exists() for folder in folders)


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze", "no-such-file.mp4"),
        ("analyze", "small.yaml"),
        ("analyze", CONCERT, "--every", "often"),
        ("analyze", CONCERT, "--every", "0.1s"),
        ("analyze", CONCERT, "--policy", "livestream-hz"),
        ("analyze", CONCERT, "--engine", "embeded"),
        ("analyze", CONCERT, "--fail-on", "pass"),
        ("analyze",),
        ("resume", "no-such-session"),
        ("--settings", "none.yaml", "engines"),
    ],
    ids=lambda arguments: " ".join(arguments[-2:])[-40:],
)
def test_bad_input_is_2_and_one_clear_message(shell, arguments):
    """Nobody sees a traceback for a typo."""
    done = shell.run(*arguments)

    assert done.status == 2
    assert done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_typo_is_answered_with_the_name_that_was_meant(shell, monkeypatch):
    """Policies, engines and settings all say it."""
    policy = shell.run("analyze", CONCERT, "--policy", "livestream-hz")
    engine = shell.run("analyze", CONCERT, "--engine", "embeded")
    monkeypatch.setenv("IDOLENS_EVERY", "3")
    setting = shell.run("engines")

    assert "livestream-zh" in policy.err
    assert "embedded" in engine.err
    assert "IDOLENS_EVERY_S" in setting.err
    assert setting.status == 2


def test_messages_are_in_the_language_of_the_studio(shell, monkeypatch):
    """Chinese unless the studio says otherwise."""
    monkeypatch.setenv("IDOLENS_LANGUAGE", "zh")
    done = shell.run("analyze", "no-such-file.mp4")

    assert done.err.startswith("错误")


def test_nothing_unfinished_is_said(shell):
    """resume without anything to do is not an error."""
    done = shell.run("resume")

    assert done.status == 0
    assert "Nothing is unfinished" in done.err


@pytest.fixture
def begun_elsewhere(shell):
    """The id of an unfinished session that an engine of another house began."""
    settings = load_settings()
    with open_studio(settings, engine=FakeEngine(delay_s=0.1)) as studio:
        sources = lot(shell.folder / "lot", 12)
        return studio.jobs.analyze(sources, policy(), 1000)


def test_another_engine_does_not_finish_what_one_began(shell, begun_elsewhere):
    """2 and what to do instead; without --engine its own engine is looked for."""
    wrong = shell.run("resume", begun_elsewhere, "--engine", "embedded")
    own = shell.run("resume", begun_elsewhere)
    typo = shell.run("resume", "--engine", "embeded")

    assert (wrong.status, own.status, typo.status) == (2, 2, 2)
    assert "began with fake" in wrong.err
    assert "leave --engine out" in wrong.err
    assert "'fake'" in own.err
    assert "'embedded'" in typo.err


def test_resume_with_an_engine_leaves_the_others(shell, begun_elsewhere):
    """What another engine began is named and stays unfinished."""
    done = shell.run("resume", "--engine", "embedded", "--json")

    assert done.status == 0, done.err
    assert done.json()["sessions"] == []
    assert f"Left as it is: {begun_elsewhere}" in done.err
    assert "'fake'" in shell.run("resume").err


def test_one_broken_recording_does_not_stop_the_others(shell):
    """It is named, in the JSON too, and the exit code is that of bad input."""
    folder = shell.folder / "night"
    folder.mkdir()
    show(folder / "a.mp4", 3)
    (folder / "b.mp4").write_bytes((folder / "a.mp4").read_bytes()[:40])
    show(folder / "c.mp4", 3)

    done = shell.run("analyze", "night", *WAY, "--json")

    said = done.json()
    assert done.status == 2, done.err
    assert [session["name"] for session in said["sessions"]] == ["a.mp4", "c.mp4"]
    assert [failed["name"] for failed in said["failed"]] == ["b.mp4"]
    assert "b.mp4" in done.err
    assert shell.run("resume", "--json").json() == {"sessions": [], "failed": []}


def test_one_job_that_cannot_go_on_does_not_stop_the_others(shell):
    """resume names it and finishes the rest."""
    sources = [show(shell.folder / name, 3) for name in ("a.mp4", "b.mp4", "c.mp4")]
    with open_studio(load_settings()) as studio:
        jobs = studio.jobs
        jobs.add([jobs.describe([source], policy(), 1000) for source in sources])
    sources[1].path.unlink()

    done = shell.run("resume", "--json")

    said = done.json()
    assert done.status == 1, done.err
    assert {session["name"] for session in said["sessions"]} == {"a.mp4", "c.mp4"}
    (failed,) = said["failed"]
    assert failed["name"] == "b.mp4"
    assert failed["code"] == "job"
    assert "b.mp4 is gone" in failed["message"]


@pytest.mark.slow
def test_ctrl_c_among_several_loses_none(shell):
    """What had not begun yet is known too: resume finishes all, the guide's promise."""
    shutil.copy(CONCERT, shell.folder / "a.mp4")
    show(shell.folder / "b.mp4", 3)
    show(shell.folder / "c.mp4", 3)
    process = shell.start(
        "analyze", "a.mp4", "b.mp4", "c.mp4", "--every", "2s", "--policy", "small.yaml"
    )
    begun = frames_of_some(process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert begun.name == "a.mp4"
    assert "3 sessions are unfinished" in said
    assert "idolens resume\n" in said

    done = shell.run("resume", "--json")
    sessions = done.json()["sessions"]
    assert done.status == 0, done.err
    assert {session["name"] for session in sessions} == {"a.mp4", "b.mp4", "c.mp4"}
    assert all((shell.folder / each["report_html"]).exists() for each in sessions)
    assert "Nothing is unfinished" in shell.run("resume").err


def frames_of_some(process):
    """Wait until a session has four frames, and return it."""
    with open_archive(load_settings()) as archive:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            for session in archive.sessions():
                if archive.frame_count(session.id) >= 4:
                    return session
            time.sleep(0.05)
    process.kill()
    pytest.fail(f"no session has four frames: {process.communicate()[1]}")


@pytest.mark.slow
def test_ctrl_c_leaves_a_job_that_resume_finishes(shell):
    """130 and the command to type; the finished report has every frame once."""
    every = ("--every", "1s", "--policy", "small.yaml")
    process = shell.start("analyze", CONCERT, *every)
    begun = frames_of_some(process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert f"idolens resume {begun.id}" in said
    assert "Traceback" not in said

    done = shell.run("resume", "--json")
    (session,) = done.json()["sessions"]
    report = json.loads((shell.folder / session["report_json"]).read_text("utf-8"))
    ids = [frame["id"] for frame in report["signed"]["frames"]]
    duration = report["signed"]["session"]["duration_ms"]
    assert done.status == 0, done.err
    assert session["session"] == begun.id
    assert len(ids) == len(set(ids)) == -(-duration // 1000)


def test_a_version_that_was_activated_elsewhere_holds_here_too(shell):
    """Activated over HTTP or by a script, it judges what the terminal begins."""
    text = (shell.folder / "small.yaml").read_text("utf-8")
    text = text.replace("name: small", "name: poster-zh")
    made = check_policy(text)
    with open_studio(load_settings()) as studio:
        studio.archive.policies.add("poster-zh", made.version, text, by="test")
        studio.archive.policies.choose("poster-zh", "active", made.version, by="test")
        picture = str(lot(shell.folder / "lot", 1)[0].path)
        assert studio.rules.usual("picture") == made

    done = shell.run("analyze", picture, "--json")
    named = shell.run("analyze", picture, "--policy", "poster-zh", "--out", "again")
    shown = shell.run("policies", "show", "poster-zh")

    (session,) = done.json()["sessions"]
    assert (session["policy"], session["policy_version"]) == ("poster-zh", made.version)
    assert f"Policy: poster-zh, version {made.version}" in named.out
    assert check_policy(shown.out) == made


def test_a_report_is_exported_again(shell):
    """As a table, as a page, on paper where a Chromium is; and that is audited."""
    session = shell.run("analyze", CONCERT, *WAY, "--json").json()["sessions"][0]
    for form in ("csv", "html", "json"):
        done = shell.run("export", session["session"], "--format", form)
        assert done.status == 0, done.err
        assert (shell.folder / done.out.strip()).stat().st_size > 200
    nobody = shell.run("export", "20260101-000000-aaaaaa")
    with open_archive(load_settings()) as archive:
        deeds = [entry.action for entry in archive.audit.entries(0, 100)]

    assert nobody.status == 2
    assert deeds.count("exported") >= 3
