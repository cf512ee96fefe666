"""A real server on a free port of this machine, around a fake engine."""

import base64
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
import numpy as np
from PIL import Image, UnidentifiedImageError

from idolens.archive import Archive, open_archive
from idolens.errors import UnsupportedMediaError
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm.admission import Doors, doors
from idolens.vlm.answer import Answer
from idolens.vlm.question import Question
from idolens.web.app import create_app
from idolens.web.health import Check
from idolens.web.records import Records
from idolens.web.references import References
from idolens.web.server import Server, address_of, configured, listen
from tests.fakes import FakeEngine


@dataclass
class FakeEyes:
    """A studio that decodes with Pillow in this process.

    Attributes:
        engine: who answers.
        archive: what is kept; `running` opens an empty one where there is none.
        known: answers that need nobody to be asked, by the picture file's bytes.
        doors: who gives turns; `running` makes them of its settings.
    """

    engine: FakeEngine = field(default_factory=FakeEngine)
    archive: Archive | None = None
    known: dict[bytes, list[Answer]] = field(default_factory=dict)
    doors: Doors = field(default_factory=lambda: doors(Settings()))

    def recall(self, picture: bytes, questions: Sequence[Question]):
        return self.known.get(picture)

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
    references: References | None = None,
    **settings: object,
) -> Iterator[httpx2.Client]:
    """Yield a client of a service around ``eyes``; stop it afterwards."""
    chosen = Settings(port=0, logs=logs, **settings)
    door = listen(chosen)
    records = Records(logs, references)
    stack = ExitStack()
    if eyes.archive is None:
        eyes.archive = stack.enter_context(empty_archive(logs / "home"))
    if isinstance(eyes, FakeEyes):
        eyes.doors = doors(chosen)
    ready = threading.Event()
    closing = threading.Event()
    app = create_app(
        eyes,
        chosen,
        records=records,
        checks=checks,
        on_ready=ready.set,
        closing=closing,
    )
    server = Server(configured(app, chosen), closing)
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
        stack.close()


@contextmanager
def empty_archive(home: Path) -> Iterator[Archive]:
    """Yield an archive with nothing in it, made faster than by its migrations."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "idolens.sqlite").write_bytes(_empty_database())
    with open_archive(Settings(home=home, disk_reserve_mib=0)) as archive:
        yield archive


@cache
def _empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        with open_archive(Settings(home=Path(folder), disk_reserve_mib=0)) as archive:
            archive._database.tidy()
        return (Path(folder) / "idolens.sqlite").read_bytes()


def png(side: int = 32, shade: int = 80) -> bytes:
    """Return a small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), (shade, 90, 160)).save(file, "PNG")
    return file.getvalue()


def as_base64(data: bytes) -> str:
    """Return ``data`` as one line of base64."""
    return base64.b64encode(data).decode()
