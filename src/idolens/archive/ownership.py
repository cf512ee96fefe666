"""Whose files are: what an administrator makes in a data folder is its owner's."""

import os
from pathlib import Path


def hand_over(place: Path, home: Path) -> None:
    """Give ``place`` to whom ``home`` belongs; only root has something to give."""
    if os.geteuid() == 0:
        owner = home.stat()
        os.chown(place, owner.st_uid, owner.st_gid, follow_symlinks=False)
