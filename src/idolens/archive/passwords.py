"""Passwords: which are good enough, how they are kept, and how they are checked."""

import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from idolens.errors import BadInputError

LEAST = 12
MOST = 256
"""Characters of a password; more would only cost time."""
AT_ONCE = 2
"""Hashes computed at the same time; each takes 64 MiB and a third of a second."""


class Passwords:
    """Hashes passwords with argon2id, few at a time.

    Args:
        hasher: how; the default takes 64 MiB and three rounds.
    """

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys: str | None = None

    def hashed(self, password: str) -> str:
        """Return what is kept of a new password.

        Raises:
            BadInputError: it is too short or too long.
        """
        if not LEAST <= len(password) <= MOST:
            raise BadInputError(
                f"A password has {LEAST} to {MOST} characters: choose another.",
                f"密码应为 {LEAST} 到 {MOST} 个字符：请换一个。",
            )
        with self._slots:
            return self._hash.hash(password)

    def fits(self, password: str, kept: str | None) -> bool:
        """Tell whether ``password`` is the one that is kept.

        Without one (nobody has that name) the work is done all the same, so that the
        time it takes does not tell who has an account.
        """
        if len(password) > MOST:
            return False
        with self._slots:
            if kept is not None:
                return self._hash.verify(password, kept)
            if self._nobodys is None:
                self._nobodys = self._hash.hash("nobody has this password")
            self._hash.verify(password, self._nobodys)
            return False
