"""Copies of an installation while it works, and the way back.

Takes a data folder; gives a folder that can be proven whole without idolens, and takes
such a folder back. Must not know when backups are made, or who asked for one.
"""

from idolens.archive.backup.manifest import Manifest, read_manifest
from idolens.archive.backup.proof import verify
from idolens.archive.backup.restoring import Restored, restore, undo
from idolens.archive.backup.shelf import Backup, backups_in, newest_for, prune
from idolens.archive.backup.taking import take_backup

__all__ = [
    "Backup",
    "Manifest",
    "Restored",
    "backups_in",
    "newest_for",
    "prune",
    "read_manifest",
    "restore",
    "take_backup",
    "undo",
    "verify",
]
