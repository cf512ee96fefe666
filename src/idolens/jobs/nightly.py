"""Makes a backup every night beside the service, and says how old the newest is."""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from idolens.archive import Archive
from idolens.archive.audit import Deed
from idolens.archive.backup import newest_for, prune, take_backup
from idolens.errors import IdolensError
from idolens.settings import Settings

_LOG = logging.getLogger(__name__)
_LOOK_S = 60.0
"""How often it is looked whether one is due, in seconds."""
_AGAIN = timedelta(hours=1)
"""How long after a failure it is tried again."""
_LEAVE_S = 1.0


class Nightly:
    """The backups of one service.

    Args:
        settings: where to, when, and how many are kept.
        archive: where it is noted that one was made; opened then.
        version: of this program.
        told: hears how each ended: ``made`` or ``failed``.
        clock: the time, with its zone.
    """

    def __init__(
        self,
        settings: Settings,
        archive: Callable[[], Archive],
        version: str,
        told: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone(),
    ) -> None:
        self._settings = settings
        self._archive = archive
        self._version = version
        self._told = told
        self._clock = clock
        self._begun = clock()
        self._last: datetime | None = None
        self._failed: datetime | None = None

    def age_s(self) -> float | None:
        """How old the newest backup is, in seconds; None where none are made.

        Before the first one it counts from the start of the service, so that a folder
        that never worked is noticed too.
        """
        if self._settings.backup.folder is None:
            return None
        return (self._clock() - (self._last or self._begun)).total_seconds()

    def look(self) -> Path | None:
        """Make a backup if one is due; return where it lies."""
        backup, now = self._settings.backup, self._clock()
        if backup.folder is None or self._rests(now):
            return None
        try:
            if self._last is None:
                before = newest_for(self._settings.home, backup.folder)
                self._last = before.made_at if before else None
            if self._last is not None and self._last >= due_before(now, backup.hour):
                return None
            return self._make(backup.folder, now)
        except (IdolensError, OSError) as error:
            self._failed = now
            self._told("failed")
            code = error.code if isinstance(error, IdolensError) else "os_error"
            _LOG.warning("backup_failed", extra={"code": code})
            return None

    def run(self, stop: threading.Event) -> None:
        """Look again and again until ``stop`` is set."""
        while not stop.is_set():
            self.look()
            stop.wait(_LOOK_S)

    def _make(self, folder: Path, now: datetime) -> Path:
        made = take_backup(
            self._settings.home,
            folder,
            version=self._version,
            uploads=self._settings.backup.uploads,
            make_folder=False,
            now=now,
        )
        self._last, self._failed = made.made_at, None
        self._told("made")
        prune(self._settings.home, folder, self._settings.backup.keep)
        self._archive().audit.record("service", Deed.BACKED_UP, made.folder.name)
        return made.folder

    def _rests(self, now: datetime) -> bool:
        return self._failed is not None and now < self._failed + _AGAIN


def due_before(now: datetime, hour: int) -> datetime:
    """Return the last time at which a backup was due.

    Args:
        now: the time, with its zone.
        hour: of the day, by the clock on the wall.
    """
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


@contextmanager
def open_nightly(nightly: Nightly) -> Generator[None]:
    """Make backups within this, beside everything else.

    One that is being written when the service ends is not waited for: it has no name
    yet, and the next one sweeps it away.
    """
    stop = threading.Event()
    worker = threading.Thread(
        target=nightly.run, args=(stop,), daemon=True, name="nightly"
    )
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(_LEAVE_S)
