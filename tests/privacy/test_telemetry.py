"""No library tells its maker about this house, and none writes down what happens."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from idolens.archive.database import open_engine
from idolens.telemetry import SWITCHES
from tests.jobs.shows import home, jobs_in
from tests.privacy.canary import CONTENT, word

ROOT = Path(__file__).parents[2]
SPANS = """
import json, sys
from pathlib import Path
from opentelemetry import trace

told = []

class Ear(trace.NoOpTracer):
    def start_span(self, name, *_, attributes=None, **__):
        told.append([name, repr(attributes)])
        return trace.INVALID_SPAN

    def start_as_current_span(self, name, *_, **more):
        told.append([name, repr(more)])
        return super().start_as_current_span(name)

class Provider(trace.TracerProvider):
    def get_tracer(self, *_, **__):
        return Ear()

trace.set_tracer_provider(Provider())
trace.get_tracer("x").start_span("the ear hears")

from tests.privacy.canary import word
from tests.web.api.studio import analysed, serving
from tests.web.service import as_base64, png

with serving(Path(sys.argv[1])) as (studio, client):
    analysed(studio, Path(sys.argv[1]) / "shows")
    asked = {"image": as_base64(png()), "question": word("span")}
    assert client.post("/vlm/infer", json=asked).status_code == 200
    assert client.get("/nowhere", params={"q": word("span")}).status_code == 404
    assert client.post("/vlm/infer", json={"x": word("span")}).status_code == 422
print(json.dumps(told))
"""


def run(code: str, *words: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        check=False,
        capture_output=True,
        text=True,
        env={
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            "PYTHONUTF8": "1",
            **variables,
        },
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_switches_are_thrown_before_anybody_looks():
    """They hold whatever was asked for outside, and before a library is imported."""
    code = (
        "import sys, idolens, os, json\n"
        "libraries = {'huggingface_hub', 'onnxruntime', 'dbos', 'transformers'}\n"
        "early = sorted(libraries & set(sys.modules))\n"
        "print(json.dumps([early, dict(os.environ)]))"
    )
    early, found = json.loads(run(code, HF_HUB_DISABLE_TELEMETRY="0"))

    assert early == []
    assert {name: found[name] for name in SWITCHES} == SWITCHES


def test_hugging_face_hears_nothing_of_this_machine():
    """Neither events nor, in what a request says of its sender, what is installed."""
    code = (
        "import idolens, json\n"
        "from huggingface_hub import constants\n"
        "from huggingface_hub.utils import build_hf_headers\n"
        "print(json.dumps([constants.HF_HUB_DISABLE_TELEMETRY,"
        " constants.HF_HUB_DISABLE_UPDATE_CHECK,"
        " build_hf_headers(library_name='idolens')['user-agent']]))"
    )
    no_events, no_checks, agent = json.loads(run(code))

    assert no_events
    assert no_checks
    assert "torch" not in agent


def test_transformers_says_that_it_says_nothing():
    """Where it is installed."""
    pytest.importorskip("transformers.utils.hub")
    code = (
        "import idolens\n"
        "from transformers.utils.hub import http_user_agent\n"
        "print(http_user_agent())"
    )
    assert "telemetry/off" in run(code)


def test_onnx_runtime_makes_no_reporter():
    """It starts threads to report when it is imported; with the switch there are none.

    That nothing is sent is what `test_offline` sees, where the kernel counts.
    """
    code = "import {first}, onnxruntime, os\nprint(len(os.listdir('/proc/self/task')))"
    ours, theirs = (int(run(code.format(first=one))) for one in ("idolens", "os"))

    assert ours < theirs


def test_the_jobs_talk_to_no_console(tmp_path):
    """DBOS has neither spans nor a way to its maker's service."""
    with jobs_in(home(tmp_path)):
        from dbos._dbos import _get_dbos_instance  # noqa: PLC0415
        from dbos._tracer import dbos_tracer  # noqa: PLC0415

        dbos = _get_dbos_instance()
        assert dbos_tracer.disable_otlp
        assert dbos.conductor_key is None
        assert dbos.conductor_websocket is None


def test_no_span_is_made(tmp_path):
    """With a tracer that hears everything there is nothing to hear."""
    pytest.importorskip("opentelemetry.trace")
    told = json.loads(run(SPANS, str(tmp_path), IDOLENS_LANGUAGE="en"))

    assert told == [["the ear hears", "None"]]


def test_an_error_of_the_database_quotes_no_values(tmp_path):
    """What was to be written is not in the error's text."""
    engine = open_engine(tmp_path / "x.sqlite")
    with (
        pytest.raises(Exception, match="no such table") as caught,
        engine.connect() as link,
    ):
        link.exec_driver_sql("INSERT INTO missing VALUES (?)", (word("value"),))
    engine.dispose()

    assert CONTENT not in str(caught.value)
