"""Whether this machine can draw Chinese characters.

A report is a page without fonts of its own: whoever opens it draws the text with
theirs. So only a browser or a printer on this machine needs what is looked for here.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_OWN_FOLDERS = (".local/share/fonts", ".fonts")
_SAMPLE = "汉语图"
_NO_CHARACTER = "\U0010ffff"
"""Drawn as whatever a font draws for what it lacks."""
_SIZE = 16
"""In pixels; what bitmap fonts usually have."""


def font_folders() -> list[Path]:
    """Return where a Debian-like machine keeps fonts, the user's own last."""
    try:
        home = Path.home()
    except RuntimeError:  # a container's user may have none
        return list(_FOLDERS)
    return [*_FOLDERS, *(home / name for name in _OWN_FOLDERS)]


def chinese_font(folders: Iterable[Path]) -> str | None:
    """Return the family of a font that has Chinese characters, or None."""
    for path in _files(folders):
        try:
            font = ImageFont.truetype(path, _SIZE)
            if _draws_chinese(font):
                return str(font.getname()[0])
        except OSError:  # not a font, or of no such size
            continue
    return None


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        # Names that say it first: a machine may have thousands of fonts.
        found = (path for path in folder.rglob("*") if path.is_file())
        yield from sorted(found, key=lambda path: ("CJK" not in path.name, path))


def _draws_chinese(font: ImageFont.FreeTypeFont) -> bool:
    drawn = {_drawing(font, character) for character in _SAMPLE + _NO_CHARACTER}
    return len(drawn) == len(_SAMPLE) + 1


def _drawing(font: ImageFont.FreeTypeFont, character: str) -> bytes:
    paper = Image.new("L", (2 * _SIZE, 2 * _SIZE))
    ImageDraw.Draw(paper).text((0, 0), character, fill=255, font=font)
    return paper.tobytes()
