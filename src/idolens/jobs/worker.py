"""Who is at work: each process holds a locked file for as long as it lives.

The kernel gives the lock back when a process ends, however it ends; so nobody
has to guess from a silence whether a worker has died.
"""

import fcntl
import secrets
from pathlib import Path


class Worker:
    """This process among those that work in one home.

    Args:
        folder: where the workers' files lie.

    Attributes:
        id: unique among all processes, ever.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.id = secrets.token_hex(8)
        # Locked before it has its name: nobody ever sees it unlocked while we live.
        draft = folder / f"{self.id}.draft"
        self._file = draft.open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(self._path(self.id))

    def lives(self, worker_id: str) -> bool:
        """Whether the process ``worker_id`` is still there."""
        try:
            with self._path(worker_id).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def bury(self) -> list[str]:
        """Remove the files of dead workers, and return their ids."""
        ids = [path.stem for path in self._folder.glob("*.worker")]
        dead = [worker_id for worker_id in ids if not self.lives(worker_id)]
        for worker_id in dead:
            self._path(worker_id).unlink(missing_ok=True)
        return dead

    def close(self) -> None:
        """Leave."""
        self._path(self.id).unlink(missing_ok=True)
        self._file.close()

    def _path(self, worker_id: str) -> Path:
        return self._folder / f"{worker_id}.worker"
