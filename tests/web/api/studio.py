"""A real studio with a fake engine behind a real server on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from idolens.settings import Settings
from idolens.studio import Studio, open_studio
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, lot, policy, show
from tests.web.service import running

API = "/api/v1"
PICTURES = "20261123-090000-fedcba"


@contextmanager
def serving(
    folder: Path, engine: FakeEngine | None = None, **settings: object
) -> Iterator[tuple[Studio, httpx2.Client]]:
    """Yield an open studio, and a client of the service around it."""
    chosen = {"home": folder / "home", "disk_reserve_mib": 1, **settings}
    with (
        open_studio(Settings(**chosen), engine=engine or FakeEngine()) as studio,
        running(studio, folder / "logs", **chosen) as client,
    ):
        yield studio, client


def analysed(studio: Studio, folder: Path, seconds: int = 12) -> str:
    """Let ``studio`` look at a small show, and at pictures; return the show's id."""
    folder.mkdir(exist_ok=True)
    source = show(folder / "show.mp4", seconds)
    studio.jobs.analyze([source], policy(), 1000, session_id=SESSION)
    studio.jobs.wait(SESSION)
    studio.jobs.analyze(
        lot(folder / "pictures", 3), policy(), 1000, session_id=PICTURES
    )
    studio.jobs.wait(PICTURES)
    return SESSION
