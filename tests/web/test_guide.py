"""The scripts in docs/guides about HTTP do what they say."""

import re
from pathlib import Path

from tests.fakes import SpeakingFakeEngine
from tests.web.service import FakeEyes, running

ROOT = Path(__file__).parents[2]


def test_the_script_of_the_guide_runs(tmp_path, monkeypatch, capsys):
    """Copied into a file and run beside a service, it prints an answer."""
    guide = (ROOT / "docs/guides/call-from-a-script.md").read_text("utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    monkeypatch.chdir(ROOT)
    with running(FakeEyes(), tmp_path) as client:
        here = str(client.base_url).rstrip("/")
        exec(script.replace("http://127.0.0.1:8080", here), {})  # noqa: S102

    assert capsys.readouterr().out.strip() in {"是", "否", "无法判断"}


def test_the_openai_clients_guide_runs(tmp_path, monkeypatch, capsys):
    """Its pieces, one after the other, ask, stream and print."""
    guide = (ROOT / "docs/guides/use-openai-clients.md").read_text("utf-8")
    pieces = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    monkeypatch.chdir(ROOT)
    with running(FakeEyes(SpeakingFakeEngine()), tmp_path) as client:
        here = str(client.base_url).rstrip("/")
        script = "\n".join(pieces).replace("http://127.0.0.1:8080", here)
        names: dict[str, object] = {}
        exec(script, names)  # noqa: S102
        names["client"].close()

    *answers, said = capsys.readouterr().out.strip().splitlines()
    assert [answer.split()[0] for answer in answers] == ["logo", "place", "light"]
    assert said == "听到了1句。"
