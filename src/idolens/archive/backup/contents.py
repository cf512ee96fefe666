"""What of a data folder belongs in a backup, and where it lies."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from idolens.archive.occupancy import JOURNAL, LOCK

DATABASE: Final = "idolens.sqlite"
DATABASES: Final = ("jobs.sqlite", DATABASE)
"""In the order in which they are copied: a step that the jobs know as done must be in
the archive. The other way round, a resumed job would skip what it never kept."""
PICTURES: Final = "pictures"
UPLOADS: Final = "uploads"
_LOGS: Final = ("-wal", "-shm", "-journal")
_NOT_KEPT: Final = ("reserve", "setup-token", LOCK, JOURNAL)
_KEY_BYTES: Final = 2**20


def keys_in(home: Path) -> Iterator[Path]:
    """Yield the small files of ``home`` itself: keys that this installation made up.

    What ends by itself (the setup token) and what is made anew is not among them.
    """
    for path in sorted(home.glob("*")):
        if not path.is_file() or path.is_symlink() or " " in path.name:
            continue
        if path.name.startswith((*_NOT_KEPT, *DATABASES)):
            continue
        if path.stat().st_size <= _KEY_BYTES:
            yield path


def picture_path(digest: str) -> str:
    """Return where a picture lies in a data folder."""
    return f"{PICTURES}/{digest[:2]}/{digest}.jpg"


def uploads_in(home: Path) -> Iterator[Path]:
    """Yield the files of every upload that its sender knows of."""
    for about in sorted((home / UPLOADS).glob("*/about.json")):
        yield about
        yield about.with_name("data")


def exchanged(names: list[str], *, uploads: bool) -> tuple[str, ...]:
    """Return the names in a data folder that a restore exchanges.

    Args:
        names: what the backup has at its top.
        uploads: whether the backup has uploads; if not, those that are there stay.
    """
    logs = [f"{name}{end}" for name in DATABASES for end in _LOGS]
    kept = [PICTURES, UPLOADS] if uploads else [PICTURES]
    # First the databases with their logs: a log must never meet another's database.
    return tuple(dict.fromkeys([*DATABASES, *logs, *kept, *names]))
