"""What stands in the log for words that it may not hold.

A reference is the beginning of an HMAC under a key of this installation: the same word
has the same one, so that records can be found that belong together, and whoever knows
the word (and has the key) finds them with ``idolens reference``. Nobody gets from a
reference to the word, or can try words out without the key.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

_BYTES = 32
_LETTERS = 12


class References:
    """The references of one installation.

    Args:
        home: its data folder; the key stands there, for nobody else to read.
    """

    def __init__(self, home: Path) -> None:
        self.path = home / "log-key"
        self._key = _kept(self.path)

    def of(self, words: str) -> str:
        """Return what stands for ``words``."""
        content = words.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()[:_LETTERS]


def _kept(path: Path) -> bytes:
    """Return the key, made if there is none; two who make one at once share the first.

    Raises:
        OSError: the folder cannot be written to.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()
