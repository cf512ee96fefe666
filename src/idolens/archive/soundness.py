"""Compares what the database says with what lies on the disk, both ways.

What is lost (a row without its file, a broken reference) only a backup brings back.
What is stray (a file that no row knows) can be set aside; nothing is deleted here.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from idolens.archive.archive import Archive
from idolens.archive.backup.contents import (
    DATABASE,
    DATABASES,
    PICTURES,
    UPLOADS,
    picture_path,
)
from idolens.archive.backup.database_file import (
    broken_references,
    damage_of,
    pictures_of,
    reports_of,
    sources_of,
)
from idolens.archive.backup.exchange import POINT
from idolens.archive.backup.manifest import digest_of
from idolens.archive.occupancy import at_work_in
from idolens.archive.opening import open_archive
from idolens.errors import BadInputError
from idolens.settings import Settings

QUARANTINE = "quarantine"
SETTLED_S = 3600.0
"""A file that no row knows may be on its way in; older than this it is stray."""


class Flaw(StrEnum):
    """What can be wrong."""

    DATABASE = "database"
    """A database is damaged."""
    REFERENCE = "reference"
    """Rows refer to rows that are not there: answers without a frame, say."""
    AUDIT = "audit"
    """The log of deeds was changed."""
    REPORT = "report"
    """A report is not what it was when it was kept."""
    PICTURE_GONE = "picture_gone"
    PICTURE_CHANGED = "picture_changed"
    SOURCE_GONE = "source_gone"
    """An upload that an unfinished session needs is not there."""
    STRAY_PICTURE = "stray_picture"
    STRAY_UPLOAD = "stray_upload"
    UNUSED_UPLOAD = "unused_upload"
    """No session uses it; it goes when its time is over."""
    RESTORE_POINT = "restore_point"
    """What was there before a restore; somebody deletes it when all is well."""


LOST = frozenset(
    {
        Flaw.DATABASE,
        Flaw.REFERENCE,
        Flaw.AUDIT,
        Flaw.REPORT,
        Flaw.PICTURE_GONE,
        Flaw.PICTURE_CHANGED,
        Flaw.SOURCE_GONE,
    }
)
"""What does not come back by itself."""
STRAY = frozenset({Flaw.STRAY_PICTURE, Flaw.STRAY_UPLOAD})
"""What can be set aside."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is not as it should be.

    Attributes:
        flaw: what is wrong.
        what: a path in the data folder, or a few words; never content.
        bytes: that it takes on the disk.
    """

    flaw: Flaw
    what: str
    bytes: int = 0


def look_through(settings: Settings, now: datetime | None = None) -> list[Found]:
    """Compare rows and files, and read every picture; return what is wrong.

    Raises:
        BadInputError: there is no data here.
        ArchiveError: the database is of a newer idolens.
    """
    home = settings.home
    if not (home / DATABASE).is_file():
        raise BadInputError(
            f"There is no data in {home}: check the setting `home`.",
            f"{home} 中没有数据:请检查设置 `home`。",
        )
    with at_work_in(home):
        damaged = list(_damage(home))
        if any(one.what.startswith(DATABASE) for one in damaged):
            return damaged
        moment = (now or datetime.now(UTC)).timestamp()
        with open_archive(settings) as archive:
            return [
                *damaged,
                *_rows(home, archive),
                *_pictures(home, moment),
                *_uploads(home, archive, moment),
                *_points(home),
            ]


def set_aside(
    home: Path, found: Iterable[Found], now: datetime | None = None
) -> Path | None:
    """Move what is stray into a folder of its own; return which, if anything moved."""
    folder = home / QUARANTINE / f"{now or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    moved = False
    with at_work_in(home):
        for one in found:
            source, target = home / one.what, folder / one.what
            if one.flaw not in STRAY or not source.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            source.rename(target)
            moved = True
    return folder if moved else None


def _damage(home: Path) -> Iterator[Found]:
    for name in DATABASES:
        if (home / name).is_file():
            for words in damage_of(home / name):
                yield Found(Flaw.DATABASE, f"{name}: {words}")


def _rows(home: Path, archive: Archive) -> Iterator[Found]:
    broken = Counter(broken_references(home / DATABASE))
    for (table, parent), count in sorted(broken.items()):
        yield Found(Flaw.REFERENCE, f"{table} → {parent}: {count}")
    entry = archive.audit.broken_at()
    if entry is not None:
        yield Found(Flaw.AUDIT, str(entry))
    for session_id, expected, content in reports_of(home / DATABASE):
        if hashlib.sha256(content.encode()).hexdigest() != expected:
            yield Found(Flaw.REPORT, session_id)


def _pictures(home: Path, now: float) -> Iterator[Found]:
    known: set[str] = set()
    for digest, expected, _ in pictures_of(home / DATABASE):
        path = picture_path(digest)
        known.add(path)
        try:
            if digest_of(home / path) != expected:
                yield Found(Flaw.PICTURE_CHANGED, path, _size(home / path))
        except FileNotFoundError:
            yield Found(Flaw.PICTURE_GONE, path)
    for file in sorted((home / PICTURES).rglob("*")):
        path = file.relative_to(home).as_posix()
        if file.is_file() and path not in known and _settled(file, now):
            yield Found(Flaw.STRAY_PICTURE, path, _size(file))


def _uploads(home: Path, archive: Archive, now: float) -> Iterator[Found]:
    folder = (home / UPLOADS).resolve()
    sources = list(_sources_in(folder, home))
    for place, done in sources:
        if not done and not place.exists():
            yield Found(Flaw.SOURCE_GONE, f"{UPLOADS}/{place.relative_to(folder)}")
    named = {place.parent for place, _ in sources}
    whole = {folder / upload.id for upload in archive.uploads.all()}
    for place in sorted(folder.glob("*")):
        if place in named or not _settled(place, now):
            continue
        flaw = Flaw.UNUSED_UPLOAD if place in whole else Flaw.STRAY_UPLOAD
        yield Found(flaw, f"{UPLOADS}/{place.name}", _size(place))


def _sources_in(folder: Path, home: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the uploads that sessions name, and whether they are done with them."""
    for sources, done in sources_of(home / DATABASE):
        for source in json.loads(sources):
            place = Path(source["path"])
            if place.is_relative_to(folder):
                yield place, done


def _points(home: Path) -> Iterator[Found]:
    for place in sorted(home.glob(f"{POINT}*")):
        yield Found(Flaw.RESTORE_POINT, place.name, _size(place))


def _settled(place: Path, now: float) -> bool:
    return place.stat().st_mtime < now - SETTLED_S


def _size(place: Path) -> int:
    files = place.rglob("*") if place.is_dir() else (place,)
    return sum(file.stat().st_size for file in files if file.is_file())
