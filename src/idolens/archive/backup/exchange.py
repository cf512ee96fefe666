"""Exchanges what a data folder holds: name by name, with a journal, and back again.

A data folder may be a disk of its own, which cannot be renamed; so what is in it is.
While the journal is there nobody opens the folder, and `put_back` undoes it all,
however far it had come.
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from idolens.archive.backup.manifest import sync_folder, write_private
from idolens.archive.occupancy import JOURNAL
from idolens.archive.ownership import hand_over

INCOMING: Final = ".restore-"
"""What folders are called that hold the new until it is in its place."""
POINT: Final = "before-restore-"
"""What the folders are called that hold what was there before."""
_DONE: Final = "exchanged.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What is exchanged for what, all within one data folder.

    Attributes:
        incoming: name of the folder that holds the new.
        point: name of the folder that the old goes to.
        names: what is exchanged, in this order.
        had: those of them that the old has.
        source: what the new came from, for people.
    """

    incoming: str
    point: str
    names: tuple[str, ...]
    had: tuple[str, ...]
    source: str


def exchange(home: Path, change: Exchange) -> None:
    """Put the new in the place of the old, and the old into its own folder."""
    (home / change.point).mkdir(mode=0o700)
    hand_over(home / change.point, home)
    draft = home / f"{JOURNAL}.draft"
    draft.unlink(missing_ok=True)
    write_private(draft, json.dumps(asdict(change)).encode())
    hand_over(draft, home)
    draft.replace(home / JOURNAL)
    sync_folder(home)
    for name in change.names:
        _move(home / name, home / change.point / name)
        _move(home / change.incoming / name, home / name)
    for folder in (home, home / change.point):
        sync_folder(folder)


def put_back(home: Path, change: Exchange) -> None:
    """Have the old in its place again, however far the exchange had come."""
    point, incoming = home / change.point, home / change.incoming
    for name in reversed(change.names):
        here, old, new = home / name, point / name, incoming / name
        if name in change.had:
            if not old.exists():
                continue  # never left its place
            _discard(here, new)
            old.rename(here)
        elif here.exists():
            _discard(here, new)
    sync_folder(home)
    (home / JOURNAL).unlink()
    if incoming.name.startswith(INCOMING):  # not when it is itself a restore point
        shutil.rmtree(incoming, ignore_errors=True)
    point.rmdir()
    sync_folder(home)


def settle(home: Path, change: Exchange) -> Path:
    """Say that the new holds; return where the old lies."""
    (home / JOURNAL).rename(home / change.point / _DONE)
    sync_folder(home)
    shutil.rmtree(home / change.incoming, ignore_errors=True)
    return home / change.point


def cut_off(home: Path) -> Exchange | None:
    """Return the exchange that is under way in ``home``, if one is."""
    return _read(home / JOURNAL)


def last_exchange(home: Path) -> Exchange | None:
    """Return the newest exchange that was settled and whose old is still there."""
    points = sorted(home.glob(f"{POINT}*"), reverse=True)
    found = (_read(point / _DONE) for point in points)
    return next((one for one in found if one is not None), None)


def _read(file: Path) -> Exchange | None:
    try:
        return TypeAdapter(Exchange).validate_json(file.read_bytes())
    except FileNotFoundError:
        return None


def _move(source: Path, target: Path) -> None:
    if source.exists() or source.is_symlink():
        source.rename(target)


def _discard(here: Path, aside: Path) -> None:
    """Move what is ``here`` aside, unless it has been."""
    if not (here.exists() or here.is_symlink()):
        return
    if aside.exists():
        # A log that the new left behind after it was closed.
        here.unlink()
        return
    here.rename(aside)
