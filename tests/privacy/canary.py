"""Words that must not be found again, and how they are looked for."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

CONTENT = "canary7f3a"
"""Begins what a studio's people write: names, questions, notes. It may stand in stores
that are there to hold it, and nowhere else."""
SECRET = "hush9c1e"  # noqa: S105 - that is what it is for
"""Begins passwords, keys and tokens. These stand nowhere."""
STORES: Mapping[str, str] = {
    "idolens.sqlite": "sessions, answers, verdicts, policies: what the archive is for",
    "idolens.sqlite-wal": "the same, not yet in the file",
    "uploads": "what people sent, under the names that they gave it",
    "pictures": "evidence",
    "unpacked": "what a zip held, until its session is done",
    "cache": "what the model said, to be given again; for ten minutes",
}
"""What of the data folder holds content, and why."""


def word(kind: str) -> str:
    """Return content that says where it was put in."""
    return f"{CONTENT}-{kind}"


def secret(kind: str) -> str:
    """Return a secret that says where it was put in."""
    return f"{SECRET}-{kind}-long-enough"


def leaks(data: bytes, stem: str) -> list[str]:
    """Return what was found of ``stem`` in ``data``, with what stands around it.

    Base64 hides a word in one of three ways, by where it begins.
    """
    hidden = [_of_base64(stem, before) for before in range(3)]
    found: list[str] = []
    low = data.lower()
    for wanted, text in (
        (stem.encode().lower(), low),
        *((one, data) for one in hidden),
    ):
        at = text.find(wanted)
        if at >= 0:
            found.append(data[max(0, at - 160) : at + 120].decode("utf-8", "replace"))
    return found


def in_files(
    folder: Path, stem: str, stores: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the files under ``folder`` that hold ``stem``, ``stores`` left out."""
    return {
        str(path.relative_to(folder)): found
        for path in _files(folder)
        if path.relative_to(folder).parts[0] not in stores
        and (found := leaks(path.read_bytes() + path.name.encode(), stem))
    }


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _of_base64(stem: str, before: int) -> bytes:
    whole = base64.b64encode(b"." * before + stem.encode())
    first = (before * 8 + 5) // 6  # letters that share bits with what stands before
    last = (before + len(stem)) * 8 // 6
    return whole[first:last]
