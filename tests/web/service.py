"""A real server on a free port of this machine, around a fake engine."""

import base64
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import numpy as np
import uvicorn
from PIL import Image, UnidentifiedImageError

from idolens.errors import UnsupportedMediaError
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm.answer import Answer
from idolens.vlm.question import Question
from idolens.web.app import create_app
from idolens.web.health import Check
from idolens.web.records import Records
from idolens.web.server import address_of, listen
from tests.fakes import FakeEngine


@dataclass
class FakeEyes:
    """A studio that decodes with Pillow in this process."""

    engine: FakeEngine = field(default_factory=FakeEngine)

    def look(self, picture: bytes) -> Picture:
        try:
            image = Image.open(io.BytesIO(picture)).convert("RGB")
        except UnidentifiedImageError as error:
            raise UnsupportedMediaError("Not a picture.", "不是图片。") from error
        return Picture(np.asarray(image))

    def ask(self, picture: bytes, questions: Sequence[Question]) -> list[Answer]:
        (answers,) = self.engine.answer([self.look(picture)], questions)
        return answers


@contextmanager
def running(
    eyes: FakeEyes,
    logs: Path,
    checks: dict[str, Check] | None = None,
    **settings: object,
) -> Iterator[httpx2.Client]:
    """Yield a client of a service around ``eyes``; stop it afterwards."""
    chosen = Settings(port=0, logs=logs, **settings)
    door = listen(chosen)
    records = Records(logs)
    ready = threading.Event()
    app = create_app(eyes, chosen, records=records, checks=checks, on_ready=ready.set)
    server = uvicorn.Server(
        uvicorn.Config(app, access_log=False, log_config=None, server_header=False)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        assert ready.wait(20)
        with httpx2.Client(base_url=address_of(door), timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        records.close()
        door.close()


def png(side: int = 32, shade: int = 80) -> bytes:
    """Return a small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 90, 160)).save(file, "PNG")
    return file.getvalue()


def as_base64(data: bytes) -> str:
    """Return ``data`` as one line of base64."""
    return base64.b64encode(data).decode()
