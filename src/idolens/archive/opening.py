"""Opens the archive of one installation, made or brought up to date first."""

from collections.abc import Generator
from contextlib import contextmanager

from idolens.archive.archive import Archive
from idolens.archive.database import Database
from idolens.archive.disk import Disk
from idolens.archive.migrate import upgrade
from idolens.archive.occupancy import at_work_in
from idolens.archive.pictures import PictureStore
from idolens.archive.reserve import Reserve
from idolens.archive.uploads import UploadStore
from idolens.settings import Settings


@contextmanager
def open_archive(settings: Settings) -> Generator[Archive]:
    """Open the archive under ``settings.home``, made or brought up to date first.

    Raises:
        ArchiveError: SQLite is too old, the archive was written by a newer idolens,
            or the folder cannot be written; or a restore was cut off in it.
        ArchiveBusyError: a backup is being restored into it.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with at_work_in(settings.home):
        disk = Disk(settings.home, settings.disk)
        reserve = Reserve(settings.home / "reserve", settings.disk_reserve_mib, disk)
        database = Database(settings.home / "idolens.sqlite", reserve)
        try:
            upgrade(database)
            yield Archive(
                database,
                PictureStore(settings.home / "pictures", database, reserve),
                UploadStore(settings.home / "uploads", settings.uploads, reserve, disk),
                reserve,
                disk,
            )
        finally:
            database.close()
