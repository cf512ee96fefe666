"""The log holds fields from a list, references instead of names, and no words."""

import json
import logging
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from idolens.web.records import FIELDS, Records
from idolens.web.references import References
from tests.web.service import FakeEyes, as_base64, png, running

SOURCE = Path(__file__).parents[2] / "src"
SECRET = "小秘密 canary-7f3a"  # noqa: S105 - that is what it is for
WAYS_TO_BREAK = {
    "uncaught": "raise ValueError(secret)",
    "chained": "try:\n  raise KeyError(secret)\nexcept KeyError as e:\n"
    "  raise ValueError(secret) from e",
    "thread": "import threading\n"
    "def work(): raise ValueError(secret)\n"
    "t = threading.Thread(target=work, name=secret); t.start(); t.join()",
    "warning": "import warnings; warnings.warn(secret)",
    "unraisable": "class A:\n  def __del__(self): raise ValueError(secret)\nA()",
    "task": "import asyncio\nasync def work():\n"
    "  async def lost(): raise ValueError(secret)\n"
    "  t = asyncio.create_task(lost(), name=secret); await asyncio.sleep(0)\n"
    "  await asyncio.sleep(0); del t\n"
    "asyncio.run(work())",
    "log": "import logging\nlogging.getLogger('pil').error('cannot open %s', secret)",
    "broken log": "import logging\nlogging.getLogger('x').error('%d', secret)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "abort": "import os; os.abort()",
}


def written(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "idolens.log").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("way", WAYS_TO_BREAK)
def test_a_process_that_breaks_says_where_and_not_what(way):
    """Its kind and place come out on standard error; no text of anybody's does."""
    code = (
        "import sys; secret = sys.stdin.read()\n"
        "from idolens.web.crash import tell_little; tell_little()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + WAYS_TO_BREAK[way]],
        input=SECRET,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(SOURCE), "PYTHONUTF8": "1"},
    )

    assert done.stderr, way
    assert "canary" not in done.stderr + done.stdout
    assert SECRET not in done.stderr + done.stdout


def test_records_of_others_lose_their_text(tmp_path):
    """Logger, level and place stay; message, arguments and the error's words do not."""
    records = Records(tmp_path)
    foreign = logging.getLogger("somebody.else")
    logging.getLogger().addHandler(records._foreign)
    try:
        try:
            Path(f"/{SECRET}").read_text("utf-8")
        except OSError:
            foreign.exception("cannot open %s", SECRET, extra={"path": SECRET})
        foreign.warning(SECRET)
    finally:
        records.close()
    broken, warned = written(tmp_path)

    assert SECRET not in json.dumps([broken, warned], ensure_ascii=False)
    assert broken["logger"] == "somebody.else"
    assert broken["exception"] == "FileNotFoundError"
    assert str(broken["place"]).startswith("test_records.py:")
    assert warned["level"] == "warning"


def test_our_own_say_what_happened_and_about_what(tmp_path):
    """In one word of the code's, and by a reference; anything longer is dropped."""
    references = References(tmp_path)
    records = Records(tmp_path, references)
    own = logging.getLogger("idolens.jobs.somewhere")
    logging.getLogger().addHandler(records._foreign)
    try:
        own.warning("analysis_broke", extra={"about": {"session_id": SECRET}})
        own.warning("broke at %s", SECRET)
        own.warning(SECRET)
    finally:
        records.close()
    told = written(tmp_path)

    assert [one["event"] for one in told] == ["analysis_broke", "foreign", "foreign"]
    assert told[0]["about"] == {"session_id": references.of(SECRET)}
    assert SECRET not in json.dumps(told, ensure_ascii=False)


def test_only_known_fields_are_kept(tmp_path):
    """Of others only the name is noted."""
    records = Records(tmp_path)
    records.write("request", status=200, question=SECRET)
    records.close()
    (record,) = written(tmp_path)

    assert record["dropped"] == ["question"]
    assert SECRET not in json.dumps(record, ensure_ascii=False)
    assert set(record) <= FIELDS | {"event", "level", "time", "dropped"}


def test_references_stand_for_words(tmp_path):
    """The same word, the same reference; another house has another."""
    references = References(tmp_path / "one")
    again = References(tmp_path / "one")

    assert references.of(SECRET) == again.of(SECRET)
    assert references.of(SECRET) != References(tmp_path / "two").of(SECRET)
    assert references.of(SECRET) != references.of(SECRET + " ")
    assert stat.S_IMODE(references.path.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["log-key"]


def test_a_request_is_found_by_what_it_was_about(tmp_path):
    """The question and the names in the path, as references only."""
    references = References(tmp_path)
    with running(FakeEyes(), tmp_path, references=references) as client:
        asked = {"image": as_base64(png()), "question": SECRET}
        assert client.post("/vlm/infer", json=asked).status_code == 200
        assert client.get(f"/v1/models/{SECRET}").status_code == 404
        assert client.post("/vlm/infer", json={}).status_code == 422
    good, missing, wrong = written(tmp_path)

    assert good["about"] == {"question": references.of(SECRET)}
    assert missing["about"] == {"name": references.of(SECRET)}
    assert (missing["code"], wrong["code"]) == ("model_not_found", "invalid_fields")
    assert SECRET not in (tmp_path / "idolens.log").read_text("utf-8")


def test_a_log_that_cannot_be_written_quotes_nothing(tmp_path, capsys):
    """The record is lost, which is said; the service goes on."""
    records = Records(tmp_path / "logs")
    (tmp_path / "logs" / "idolens.log").mkdir()
    records.write("request", status=200, code=SECRET)
    records.close()

    said = capsys.readouterr().err
    assert "idolens.log: IsADirectoryError" in said
    assert SECRET not in said
