"""The Python client does what a studio does, against a real service."""

import json
import re
from pathlib import Path

import pytest

from idolens.client import Client, RefusedError
from tests.fakes import FakeEngine, reply_by_digest
from tests.jobs.shows import show
from tests.web.api.studio import serving
from tests.web.service import png

ROOT = Path(__file__).parents[2]


def yes(picture, question):
    return "yes" if question.kind == "yes_no" else reply_by_digest(picture, question)


@pytest.fixture
def house(tmp_path):
    with (
        serving(tmp_path, FakeEngine(reply=yes)) as (studio, bare),
        Client(f"{bare.base_url}") as client,
    ):
        yield studio, client


def test_from_file_to_verdict(house, tmp_path):
    """Upload, analyse, follow, read, judge."""
    _, client = house
    source = show(tmp_path / "show.mp4", 6)
    sent, seen = [], []
    upload = client.upload(source.path, lambda at, size: sent.append((at, size)))
    (session,) = client.analyze([upload.id], policy="livestream-zh", every_s=1)
    end = client.wait(session.id, seen.append)
    findings = list(client.findings(session.id))
    verdict = client.judge(session.id, findings[0].id, "dismissed", note="道具")

    assert upload.complete
    assert upload.name == "show.mp4"
    assert sent[-1] == (upload.size, upload.size)
    assert end.state == "done"
    assert seen[-1] == end
    assert [one.id for one in client.sessions()] == [session.id]
    assert [one.id for one in client.jobs()] == [session.id]
    assert len(list(client.frames(session.id))) == 6
    assert {one.question for one in client.answers(session.id)}
    assert client.judgement(session.id).suggestion in {"review", "block"}
    assert client.picture(session.id, findings[0].frame).startswith(b"\xff\xd8")
    assert (
        json.loads(client.report(session.id))["signed"]["session"]["id"] == session.id
    )
    assert "道具" in client.report(session.id, "html")
    assert verdict.version == 1
    assert findings[0].id not in {one.target for one in client.review()}
    figures = client.figures("livestream-zh").versions[0].figures
    assert figures.precision.of == 1
    assert client.proposal("livestream-zh").text is None


def test_a_cut_upload_goes_on(house, tmp_path):
    """Only what is missing is sent."""
    studio, client = house
    file = tmp_path / "show.bin"
    file.write_bytes(bytes(range(256)) * 100)
    cut = studio.archive.uploads.create("show.bin", file.stat().st_size)
    writer = studio.archive.uploads.writer(cut.id)
    writer.write(file.read_bytes()[:1000])
    writer.close()
    upload = client.go_on(file, cut.id)

    assert upload.complete
    assert studio.archive.uploads.path(cut.id).read_bytes() == file.read_bytes()


def test_one_question_about_one_picture(house):
    """The simple contract, typed."""
    answer = house[1].ask(png(), "画面中是否有未授权LOGO?")

    assert answer.kind == "yes_no"


def test_a_refusal_is_an_error_in_both_languages(house):
    """With the code that programs read."""
    with pytest.raises(RefusedError) as caught:
        house[1].job("nobody")

    assert caught.value.problem.code == "not_found"
    assert caught.value.within("zh").startswith("没有这个场次")


def test_the_guide_runs(tmp_path, monkeypatch, capsys):
    """Its script, beside a service, goes from the sample to a report."""
    guide = (ROOT / "docs/guides/follow-the-studio.md").read_text("utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    monkeypatch.chdir(ROOT)
    with serving(tmp_path, FakeEngine(reply=yes)) as (_, bare):
        here = f"{bare.base_url}".rstrip("/")
        exec(script.replace("http://127.0.0.1:8080", here), {})  # noqa: S102

    said = capsys.readouterr().out.splitlines()
    assert said[-1].endswith("characters to forward")
    assert any(line.startswith("done ") for line in said)
