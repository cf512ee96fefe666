"""The token by which whoever started the service makes the first account.

It stands in a file that only this user of the machine can read, for thirty minutes.
That nobody can use it twice follows from what it is for: the first account.
"""

import hmac
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from idolens.archive.rows import now_ms

LASTS_MS = 30 * 60_000


class SetupToken:
    """The token of one installation.

    Args:
        home: the folder that it stands in.
        clock: the time in milliseconds (UTC).
    """

    def __init__(self, home: Path, clock: Callable[[], int] = now_ms) -> None:
        self.path = home / "setup-token"
        self._clock = clock

    def issue(self) -> str:
        """Return a token that works from now on; an older one does not any more."""
        token = secrets.token_urlsafe(32)
        content = {"token": token, "expires_at_ms": self._clock() + LASTS_MS}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
        draft.replace(self.path)
        return token

    def fits(self, token: str) -> bool:
        """Tell whether ``token`` works now."""
        try:
            kept = json.loads(self.path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        same = hmac.compare_digest(str(kept["token"]).encode(), token.encode())
        return same and self._clock() < kept["expires_at_ms"]

    def withdraw(self) -> None:
        """End the token that there is."""
        self.path.unlink(missing_ok=True)
