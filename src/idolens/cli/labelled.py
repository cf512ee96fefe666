"""A folder of labelled pictures, as several commands read it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError
from idolens.review import Policy
from idolens.review.labels import Label, read_labels
from idolens.vlm.question import Question

_SET = typer.Argument(
    metavar="SET",
    help="Folder of pictures, with a labels.jsonl that says what is true; "
    "see docs/guides/measure-your-own-pictures.md. "
    "· 图片文件夹，其中的 labels.jsonl 写明正确答案，"
    "见 docs/guides/measure-your-own-pictures.md。",
)
SetFolder = Annotated[Path, _SET]
OptionalSetFolder = Annotated[Path | None, _SET]


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled picture: its label, its file's bytes, and what is asked of it."""

    label: Label
    data: bytes
    asked: list[Question]


class LabelledSet:
    """The pictures in ``folder`` whose labels answer questions of ``policy``.

    Raises:
        BadInputError: there is no labels.jsonl, or a line of it is wrong.
    """

    def __init__(self, folder: Path, policy: Policy) -> None:
        self._folder = folder
        self._policy = policy
        self._text = _text(folder / "labels.jsonl")
        self.labels = read_labels(self._text, policy)

    def items(self, terminal: Terminal, zh: str, en: str) -> Iterator[Item]:
        """Yield picture by picture; a terminal shows how far it is.

        Raises:
            BadInputError: a picture is missing, or outside of the folder.
        """
        labels = track(
            self.labels,
            description=terminal.word(zh, en),
            console=terminal.err,
            transient=True,
            disable=not terminal.err.is_terminal,
        )
        for label in labels:
            asked = [
                entry.question()
                for entry in self._policy.questions
                if entry.key in label.truths
            ]
            yield Item(label, _read(_inside(self._folder, label.picture)), asked)

    def record(self) -> str:
        """Return what stands for labels and pictures: it changes when they do."""
        digests = [
            hashlib.sha256(_read(_inside(self._folder, label.picture))).hexdigest()
            for label in self.labels
        ]
        return "\n".join((self._text, *digests))


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise BadInputError(
            f"labels.jsonl names {name}, which is outside its folder; move it inside.",
            f"labels.jsonl 中的 {name} 在该文件夹之外；请移入文件夹内。",
        )
    return path


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{path.name} is not UTF-8 text; save it as UTF-8.",
            f"{path.name} 不是 UTF-8 文本；请以 UTF-8 保存。",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInputError(
            f"{path.name} cannot be read ({reason}); a set is a folder of pictures "
            "with a labels.jsonl.",
            f"无法读取 {path.name}({reason});评测集应为含 labels.jsonl 的图片文件夹。",
        ) from error


def percent(share: float | None) -> str:
    """Say a share as a percentage, and an unknown one as a dash."""
    return "–" if share is None else f"{share:.1%}"
