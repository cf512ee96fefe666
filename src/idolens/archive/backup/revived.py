"""What had been ended since a backup was made, and lives again once it is restored."""

from dataclasses import dataclass
from pathlib import Path

from idolens.archive.backup.database_file import ids
from idolens.errors import BackupError


@dataclass(frozen=True, slots=True, kw_only=True)
class Revived:
    """Ids, for somebody to end again.

    Attributes:
        sessions: that had been forgotten.
        keys: that had been revoked.
        accounts: by name, that had been disabled.
    """

    sessions: frozenset[str]
    keys: frozenset[str]
    accounts: frozenset[str]

    @property
    def any(self) -> bool:
        """Whether there is something to end again."""
        return bool(self.sessions or self.keys or self.accounts)


def revived(before: Path, after: Path) -> Revived | None:
    """Compare what was there with what comes; None when that cannot be told."""
    if not before.is_file():
        return None
    try:
        return Revived(
            sessions=frozenset(
                ids(before, "SELECT session_id FROM purge")
                & ids(after, "SELECT id FROM session")
            ),
            keys=frozenset(
                ids(before, "SELECT id FROM api_key WHERE revoked_at_ms IS NOT NULL")
                & ids(after, "SELECT id FROM api_key WHERE revoked_at_ms IS NULL")
            ),
            accounts=frozenset(
                ids(before, "SELECT name FROM account WHERE disabled_at_ms IS NOT NULL")
                & ids(after, "SELECT name FROM account WHERE disabled_at_ms IS NULL")
            ),
        )
    except (BackupError, OSError):
        return None  # damaged, or older than these tables; the caller says so
