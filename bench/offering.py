"""Sends requests at a steady pace, whether or not those before have come back."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_PATIENCE_S = 60.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one request.

    Attributes:
        status: HTTP's; 0 where no answer came.
        seconds: from the moment when it was to be sent.
        at: when it was to be sent, from the beginning.
        retry: whether it says when to try again.
        reduced: whether it was given with less.
    """

    status: int
    seconds: float
    at: float
    retry: bool
    reduced: bool


@dataclass(frozen=True)
class Offered:
    """What became of all requests of one run.

    Attributes:
        replies: one to each request that was sent after the warming up.
        seconds: for how long requests were sent.
        useful_s: an answer that took longer is of no use to anybody.
    """

    replies: Sequence[Reply]
    seconds: float
    useful_s: float

    def figures(self, name: str) -> dict[str, float]:
        """Return the figures of this run, each begun with ``name``."""
        answers = [one.seconds for one in self.replies if one.status == _OK]
        refusals = [one.seconds for one in self.replies if one.retry]
        useful = sum(took <= self.useful_s for took in answers)
        told = Counter(one.status for one in self.replies)
        failed = len(self.replies) - len(answers) - len(refusals)
        return {
            f"{name}_offered_per_s": len(self.replies) / self.seconds,
            f"{name}_goodput_per_s": useful / self.seconds,
            f"{name}_answer_p50_ms": _at(answers, 50) * 1000,
            f"{name}_answer_p99_ms": _at(answers, 99) * 1000,
            f"{name}_refused_share": len(refusals) / max(1, sum(told.values())),
            f"{name}_refusal_p99_ms": _at(refusals, 99) * 1000,
            f"{name}_failed_share": failed / max(1, sum(told.values())),
            f"{name}_reduced_share": sum(one.reduced for one in self.replies)
            / max(1, len(answers)),
        }


def joined(runs: Sequence[Offered]) -> Offered:
    """Return several runs as one."""
    replies = [reply for run in runs for reply in run.replies]
    return Offered(replies, sum(run.seconds for run in runs), runs[0].useful_s)


class Offering:
    """Requests to one server.

    Args:
        port: of the server, on this machine.
        path: what is asked.
        bodies: taken in turn; each is another picture.
    """

    def __init__(self, port: int, path: str, bodies: Iterator[bytes]) -> None:
        self._port = port
        self._path = path
        self._bodies = bodies
        self._idle: list[_Line] = []

    def paced(
        self, per_s: float, seconds: float, warm_s: float, useful_s: float
    ) -> Offered:
        """Send ``per_s`` requests a second; those of the first ``warm_s`` are left out.

        Those that are out at the end are waited for.
        """
        return asyncio.run(self._paced(per_s, seconds, warm_s, useful_s))

    def in_turn(self, clients: int, seconds: float, warm_s: float) -> float:
        """Let clients ask one thing after the other; return answers a second."""
        return asyncio.run(self._in_turn(clients, seconds, warm_s))

    async def _paced(
        self, per_s: float, seconds: float, warm_s: float, useful_s: float
    ) -> Offered:
        begin = time.perf_counter()
        out: list[asyncio.Task[Reply]] = []
        chance = np.random.default_rng(7)
        at = 0.0
        while at < warm_s + seconds:
            await asyncio.sleep(begin + at - time.perf_counter())
            out.append(asyncio.create_task(self._ask(begin, at)))
            at += float(chance.exponential(1 / per_s))
        replies = await asyncio.gather(*out)
        await self._hang_up()
        kept = [one for one in replies if one.at >= warm_s]
        return Offered(kept, seconds, useful_s)

    async def _in_turn(self, clients: int, seconds: float, warm_s: float) -> float:
        begin = time.perf_counter()
        done = 0

        async def client() -> None:
            nonlocal done
            while (at := time.perf_counter() - begin) < warm_s + seconds:
                reply = await self._ask(begin, at)
                done += reply.status == _OK and at + reply.seconds >= warm_s

        await asyncio.gather(*(client() for _ in range(clients)))
        await self._hang_up()
        return done / (time.perf_counter() - begin - warm_s)

    async def _ask(self, begin: float, at: float) -> Reply:
        line = self._idle.pop() if self._idle else _Line(self._port)
        body = next(self._bodies)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                try:
                    status, headers = await line.post(self._path, body)
                except (ConnectionError, EOFError):
                    await line.close()  # a server hangs up on who is silent for long
                    status, headers = await line.post(self._path, body)
        except (OSError, EOFError, TimeoutError, ValueError):
            await line.close()
            status, headers = 0, b""
        else:
            self._idle.append(line)
        return Reply(
            status,
            time.perf_counter() - begin - at,
            at,
            b"retry-after:" in headers,
            b"idolens-reduced:" in headers,
        )

    async def _hang_up(self) -> None:
        for line in self._idle:
            await line.close()
        self._idle.clear()


class _Line:
    """One connection, kept open.

    By hand, for a client's library takes longer over a request than the service over a
    refusal, and both share this machine.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send ``body``; return status and headers in small letters."""
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._ends
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        headers = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = headers.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        if b"connection: close" in headers:
            await self.close()
        return int(headers.split(b" ", 2)[1]), headers

    async def close(self) -> None:
        """Hang up."""
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None


def _at(seconds: Sequence[float], percent: float) -> float:
    return float(np.percentile(seconds, percent)) if seconds else 0.0
