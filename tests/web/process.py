"""A real service in a process of its own, to be stopped and killed."""

import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image

from tests.jobs.shows import scene

ROOT = Path(__file__).parents[2]
BEGIN_S = 60.0
"""How long a service may take to begin before a test gives up."""


def picture(number: int) -> bytes:
    """Return a PNG that looks like no other number's, and is worth a look."""
    file = io.BytesIO()
    Image.fromarray(scene(number)).save(file, "PNG")
    return file.getvalue()


class Service:
    """``idolens serve`` in ``folder``; begin it as often as need be.

    Args:
        folder: for data and logs.
        settings: names without ``IDOLENS_``, in capitals, and values.

    Attributes:
        client: to the service that runs, once it answers.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._variables = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251
            if not name.startswith("IDOLENS_")
        } | {
            "IDOLENS_HOME": str(folder / "data"),
            "IDOLENS_LOGS": str(folder / "logs"),
            "IDOLENS_DISK_RESERVE_MIB": "1",
            "PYTHONPATH": str(ROOT / "src"),
            **{f"IDOLENS_{name}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[str] | None = None
        self.client: Any = None
        self._said = folder / "said"
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self) -> "Service":
        """Start it, and wait until it answers."""
        self.launch()
        self.client = httpx2.Client(base_url=self._address(), timeout=60)
        return self

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "idolens", "serve", "--port", "0"],
                cwd=self.folder,
                env=self._variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                text=True,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait for its end; return its exit code."""
        assert self._process is not None
        status = self._process.wait(seconds)
        if self.client is not None:
            self.client.close()
            self.client = None
        return status

    def kill(self) -> None:
        """End it as a crash would; do nothing where none runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self.wait()

    def _address(self) -> str:
        assert self._process is not None
        for _ in range(round(BEGIN_S / 0.02)):
            if found := re.search(r"http://\S+", self._said.read_text()):
                return found[0]
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            break
        raise AssertionError(f"the service did not begin: {self._said.read_text()}")
