"""Runs commands in this process, or in one of their own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from idolens.cli import main

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"

POLICY = """
name: small
title: {zh: 小策略, en: small}
questions:
  - key: anybody
    kind: yes_no
    instruction: 画面中是否有人物?
    label: {zh: 人物, en: People}
    risks:
      - when: ["yes", "no"]
        sub_label: {zh: 有画面, en: a picture}
        review_at: 0.000001
"""
"""Finds something in every frame whatever the model thinks of it."""


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """A terminal in an empty folder, with a home of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(folder)
        # Wide, so that no table is cut and no word wrapped.
        self._variables = {
            "IDOLENS_HOME": str(folder / "data"),
            "IDOLENS_LOGS": str(folder / "logs"),
            "IDOLENS_LANGUAGE": "en",
            "IDOLENS_DISK_RESERVE_MIB": "1",
            "IDOLENS_CHUNK_FRAMES": "4",
            "COLUMNS": "200",
        }
        for name, value in self._variables.items():
            monkeypatch.setenv(name, value)
        (folder / "small.yaml").write_text(POLICY, encoding="utf-8")

    def run(self, *arguments: str) -> Done:
        """Run one command here."""
        status: int | str | None = 0
        # Not pytest's own capture: DBOS's log keeps the stream that it began with,
        # and pytest closes its streams.
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            try:
                main(list(arguments))
            except SystemExit as end:
                status = end.code
        return Done(int(status or 0), out.getvalue(), err.getvalue())

    def type(self, line: str) -> None:
        """Let the next command read ``line`` from its standard input."""
        self._monkeypatch.setattr(sys, "stdin", StringIO(f"{line}\n"))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command in a process of its own, which Ctrl-C reaches.

        A shell starts background work with SIGINT ignored, and that is inherited:
        without a handler here the command could not be interrupted in such a run.
        """
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return subprocess.Popen(
            [sys.executable, "-m", "idolens", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},  # noqa: TID251
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def lines(found: Sequence[str]) -> str:
    """Join lines as a file holds them."""
    return "".join(f"{line}\n" for line in found)
