"""Our service for bench/overload.py: around an engine that bears so much, or unbounded.

    python -m bench.overload_serve ENGINE --port N [--unbounded]

ENGINE is ``paced``, which answers eight questions at a time in a quarter of a second
each and whose memory ends at 24, or ``embedded``. ``--unbounded`` takes the door away:
whoever comes goes straight to the engine, as in a service without a limit.
"""

import argparse
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

import uvicorn

from idolens.media.picture import Picture
from idolens.settings import load_settings
from idolens.studio import Studio, open_studio
from idolens.vlm.admission import Admission, Doors, Rules
from idolens.vlm.answer import Answer
from idolens.vlm.engine import Model, signed
from idolens.vlm.prompt import CANNOT_TELL, render
from idolens.vlm.question import Question
from idolens.vlm.reading import read_closed
from idolens.web.app import create_app
from idolens.web.server import listen, serve

AT_ONCE = 8
EACH_S = 0.25
FITS = 24
_MANY = 1_000_000


class PacedEngine:
    """Answers `AT_ONCE` calls at a time; with over `FITS` in hand all of them fail."""

    name = "paced"
    model = Model(name="paced", revision="1", demonstration=True)

    def __init__(self) -> None:
        self._slots = threading.Semaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._in_hand = 0
        self._broke_at = 0.0

    def answer(
        self, pictures: Sequence[Picture], questions: Sequence[Question]
    ) -> list[list[Answer]]:
        """Take the time, then say yes to everything."""
        begun = self._take()
        try:
            with self._slots:
                time.sleep(EACH_S * len(pictures))
        finally:
            self._in_hand -= 1
        if self._broke_at >= begun:
            raise MemoryError
        return [[self._yes(question) for question in questions] for _ in pictures]

    def close(self) -> None:
        """Nothing is open."""

    def _take(self) -> float:
        with self._lock:
            now = time.monotonic()
            self._in_hand += 1
            if self._in_hand > FITS:
                self._broke_at = now
            return now

    def _yes(self, question: Question) -> Answer:
        prompt = render(question)
        logs = {
            label: -0.01 if means == "yes" else -9.0 if means == CANNOT_TELL else -5.0
            for label, means in prompt.labels.items()
        }
        reading = read_closed(question, prompt.labels, logs)
        return signed(reading, question, prompt, self, latency_ms=EACH_S * 1000)


class _NoDoor(Admission):
    """Lets everybody in at once, and learns nothing from what comes of it."""

    def __init__(self) -> None:
        super().__init__(
            Rules(
                start=_MANY,
                ceiling=_MANY,
                kept=0,
                waiting=_MANY,
                wait_s=3600.0,
                slow_s=3600.0,
            )
        )

    def _learn(self, *_told: object, **_more: object) -> None:
        return


class _NoDoors(Studio):
    """A studio without doors."""

    @property
    def doors(self) -> Doors:
        """Doors that stand open."""
        return Doors(self._open_door, self._open_door)

    _open_door = _NoDoor()


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=("paced", "embedded"))
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--unbounded", action="store_true")
    given = parser.parse_args()
    settings = load_settings(None, port=given.port)
    engine = PacedEngine() if given.engine == "paced" else None
    door = listen(settings)
    if not given.unbounded:
        with open_studio(settings, engine=engine) as studio:
            serve(studio, settings, door)
        return
    with ExitStack() as stack:
        studio = _NoDoors(settings, engine, stack)
        app = create_app(studio, settings)
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None)).run(
            sockets=[door]
        )


if __name__ == "__main__":
    main()
