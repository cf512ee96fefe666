"""Keeps what the studio may not lose: sessions, frames, answers, reports, pictures.

Takes and gives our own values; the only opener of the database and the picture store.
Must not know what a policy is, how an answer was made, or that there is an HTTP API.
"""

from idolens.archive.archive import Archive
from idolens.archive.database import sqlite_version
from idolens.archive.deliveries import Deliveries
from idolens.archive.disk import Disk, DiskLevel
from idolens.archive.opening import open_archive
from idolens.archive.outbox import Outbox
from idolens.archive.parcel import AlertChange, Delivery, Notice, OutboxDepth, Parcel
from idolens.archive.pictures import PictureStore
from idolens.archive.session import (
    Event,
    Session,
    SessionKind,
    SessionState,
    SourceFile,
)
from idolens.archive.uploads import Upload, UploadStore

__all__ = [
    "AlertChange",
    "Archive",
    "Deliveries",
    "Delivery",
    "Disk",
    "DiskLevel",
    "Event",
    "Notice",
    "Outbox",
    "OutboxDepth",
    "Parcel",
    "PictureStore",
    "Session",
    "SessionKind",
    "SessionState",
    "SourceFile",
    "Upload",
    "UploadStore",
    "open_archive",
    "sqlite_version",
]
