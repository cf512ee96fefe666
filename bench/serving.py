"""Starts servers beside a benchmark, and asks them."""

import base64
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path
from typing import Any

from PIL import Image

from idolens.media.picture import Picture

PATIENCE_S = 180
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Served:
    """A server that runs beside the benchmark."""

    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the processor seconds that it has taken, whoever else computes."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    command: Callable[[int], Sequence[str]],
    ready: str,
    environment: Mapping[str, str] | None = None,
    cores: set[int] | None = None,
) -> Iterator["Served"]:
    """Run ``command(port)`` until the block ends; yield it once it answers.

    Args:
        command: the words after ``python``.
        ready: path that answers 200 when the server is.
        environment: what the server finds there beside this process's own.
        cores: the processor cores it may use; None for those of this process.
    """
    port = _free_port()
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *command(port)],
            env=os.environ  # noqa: TID251 - the server's, not our settings
            | {
                "OMP_NUM_THREADS": str(len(cores or os.sched_getaffinity(0))),
                "HF_HUB_OFFLINE": "1",
                "HF_HUB_DISABLE_UPDATE_CHECK": "1",
                "IDOLENS_HOME": home,
                "IDOLENS_LOGS": str(Path(home, "logs")),
            }
            | dict(environment or {}),
            stdout=said,
            stderr=said,
            preexec_fn=lambda: os.sched_setaffinity(  # noqa: PLW1509 - no threads yet
                0, cores or os.sched_getaffinity(0)
            ),
        )
        try:
            _wait(process, port, ready, said)
            yield Served(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def transformers_serve(folder: Path) -> Callable[[int], Sequence[str]]:
    """Return the command of `transformers serve` on a checkpoint."""
    return lambda port: (
        *("-m", "bench.serve_transformers", "serve", str(folder.absolute())),
        *("--port", str(port), "--device", "cpu", "--dtype", "float32"),
    )


def flask_script(folder: Path) -> Callable[[int], Sequence[str]]:
    """Return the command of the Flask script on a checkpoint."""
    return lambda port: ("-m", "bench.flask_script", str(folder), "--port", str(port))


def idolens_serve() -> Callable[[int], Sequence[str]]:
    """Return the command of our own service."""
    return lambda port: ("-m", "idolens", "serve", "--port", str(port))


class Client:
    """One connection that stays open, and asks one thing after the other."""

    def __init__(self, port: int) -> None:
        self._door = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)

    def post(self, path: str, body: bytes) -> bytes:
        """Send ``body``; return the reply.

        Raises:
            RuntimeError: the server answered anything but 200.
        """
        try:
            reply = self._send(path, body)
        except (BrokenPipeError, ConnectionResetError, RemoteDisconnected):
            self._door.close()  # a server hangs up on who is silent for a while
            reply = self._send(path, body)
        data = reply.read()
        if reply.status != 200:  # noqa: PLR2004
            message = f"{path} answered {reply.status}: {data[:300]!r}"
            raise RuntimeError(message)
        return data

    def _send(self, path: str, body: bytes) -> HTTPResponse:
        self._door.request("POST", path, body, JSON)
        return self._door.getresponse()

    def close(self) -> None:
        """Hang up."""
        self._door.close()


def infer_body(picture: Picture, question: str, **more: Any) -> bytes:
    """Return a body of ``POST /vlm/infer``."""
    return json.dumps(
        {"image": encoded(picture), "question": question, **more}
    ).encode()


def encoded(picture: Picture) -> str:
    """Return a picture as base64 of a JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "JPEG", quality=90)
    return base64.b64encode(buffer.getvalue()).decode()


def throughput(
    port: int, path: str, bodies: Sequence[Sequence[bytes]], at_most_s: float
) -> float:
    """Let one client per list of ``bodies`` ask them in turn; return requests/s.

    Each client sends its list once, or as far as it comes in ``at_most_s``.
    """
    done = [0] * len(bodies)
    begin = threading.Barrier(len(bodies) + 1)
    failures: list[BaseException] = []

    def ask(number: int) -> None:
        client = Client(port)
        begin.wait()
        until = time.perf_counter() + at_most_s
        try:
            for body in bodies[number]:
                client.post(path, body)
                done[number] += 1
                if time.perf_counter() > until:
                    break
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(len(bodies))]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise failures[0]
    return sum(done) / seconds


def _wait(process: subprocess.Popen[bytes], port: int, ready: str, said: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        door = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            door.request("GET", ready)
            if door.getresponse().status == 200:  # noqa: PLR2004
                return
        except OSError:
            pass
        finally:
            door.close()
        time.sleep(0.1)
    said.seek(0)
    message = f"the server did not start:\n{said.read().decode()[-2000:]}"
    raise RuntimeError(message)


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
