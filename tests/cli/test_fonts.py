"""A font is judged by what it draws, not by its name."""

from pathlib import Path

from idolens.cli.fonts import chinese_font


def bitmap_font(path: Path, characters: str) -> None:
    """Write a font in which each of ``characters`` looks different."""
    glyphs = [
        f"STARTCHAR u{ord(each):04X}\nENCODING {ord(each)}\nSWIDTH 1000 0\n"
        f"DWIDTH 16 0\nBBX 16 1 0 0\nBITMAP\n{ord(each):04X}\nENDCHAR\n"
        for each in characters
    ]
    path.write_text(
        "STARTFONT 2.1\n"
        "FONT -made-Drawn-Medium-R-Normal--16-160-75-75-C-160-ISO10646-1\n"
        "SIZE 16 75 75\nFONTBOUNDINGBOX 16 16 0 0\nSTARTPROPERTIES 4\nPIXEL_SIZE 16\n"
        'CHARSET_REGISTRY "ISO10646"\nCHARSET_ENCODING "1"\nFAMILY_NAME "Drawn"\n'
        f"ENDPROPERTIES\nCHARS {len(characters)}\n{''.join(glyphs)}ENDFONT\n",
        encoding="ascii",
    )


def test_a_font_with_chinese_characters_is_found(tmp_path):
    """However deep it lies, and whatever lies beside it."""
    (tmp_path / "fonts.dir").write_text("no font")
    bitmap_font(tmp_path / "a-CJK-in-name-only.bdf", "ABC")
    (tmp_path / "deep").mkdir()
    bitmap_font(tmp_path / "deep" / "plain.bdf", "A汉语图")

    assert chinese_font([tmp_path / "none", tmp_path]) == "Drawn"


def test_a_western_font_is_not_enough(tmp_path):
    """Without the characters, or with one box for all of them, there is none."""
    assert chinese_font([tmp_path]) is None
    bitmap_font(tmp_path / "western.bdf", "ABC")
    (tmp_path / "broken.ttf").write_bytes(b"\0\1\0\0" + bytes(40))

    assert chinese_font([tmp_path]) is None
