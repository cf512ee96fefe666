"""Starts the decoder's child process, talks to it, and ends it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import idolens
from idolens.media.wire import Message, receive, send
from idolens.settings import DecodeSettings

_REPLY_BYTES: Final = 4 * 2**20
# The package stands in for itself without its __init__, which would import what only
# the parent needs: settings, OpenCV, NumPy.
_START: Final = (
    "import sys, json, types; sys.path[:] = json.loads(sys.argv.pop());"
    "media = sys.modules['idolens.media'] = types.ModuleType('idolens.media');"
    "media.__path__ = [sys.path[0] + '/idolens/media'];"
    "from idolens.media.child import main; main()"
)
_KEPT_BYTES: Final = str(32 * 2**20)
_ENVIRONMENT: Final = {
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    # Memory of the last picture serves the next: handed back to the system and asked
    # for again, it would cost a page fault every 4 KiB, a third of a picture's time.
    "MALLOC_MMAP_THRESHOLD_": _KEPT_BYTES,
    "MALLOC_TRIM_THRESHOLD_": _KEPT_BYTES,
}
_ORDERS: Final = {
    "memory_mib",
    "seconds",
    "picture_bytes",
    "pixels",
    "side",
    "frames",
    "hours",
}


class Child:
    """A running child and the socket to it."""

    def __init__(self, limits: DecodeSettings) -> None:
        self._link, theirs = socket.socketpair()
        self._link.settimeout(limits.seconds)
        folder = tempfile.mkdtemp(prefix="idolens-")
        with theirs:
            self._process = _start(theirs.fileno(), limits, folder)
        # It keeps a working directory that has no name any more: nothing can be put
        # there, and nothing is left behind.
        Path(folder).rmdir()

    def ask(self, request: Message) -> Message:
        """Send a request and wait for its reply; a beat renews the wait.

        Raises:
            TimeoutError: no sign of life in ``DecodeSettings.seconds``.
            HungUpError: the child is gone.
            OSError: the child is gone.
        """
        send(self._link, request)
        while True:
            reply = receive(self._link, most=_REPLY_BYTES)
            if "beat" not in reply.header:
                return reply

    def kill(self) -> None:
        """End the child and whatever it started."""
        self._link.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _start(link: int, limits: DecodeSettings, folder: str) -> subprocess.Popen[bytes]:
    orders = limits.model_dump(include=_ORDERS)
    command = [sys.executable, "-I", "-X", "utf8", "-c", _START]
    words = [str(link), json.dumps(orders), json.dumps(_import_path())]
    return subprocess.Popen(  # noqa: S603 our own interpreter and words
        command + words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(link,),
        cwd=folder,
        env=_ENVIRONMENT,
        start_new_session=True,
    )


def _import_path() -> list[str]:
    """Where this process finds modules, without what hangs on the working directory."""
    ours = str(Path(str(idolens.__file__)).parent.parent)
    return [ours, *(entry for entry in sys.path if Path(entry).is_absolute())]
