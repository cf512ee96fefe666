"""The guide about keeping says what the settings and the log say."""

import re
from pathlib import Path

from idolens.archive.audit import Deed
from idolens.settings import KeepSettings, Settings

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "keep-and-forget.md"
ROW = re.compile(r"^\| `(\w+)\.(\w+)` \|.*\| (\d+)[^|]*\|$", re.MULTILINE)


def test_every_term_is_named_with_its_default():
    """In days, but for two that are older than the others."""
    said = {
        (group, name): float(value)
        for group, name, value in ROW.findall(GUIDE.read_text("utf-8"))
    }
    settings = Settings.model_construct()
    terms = {name for name in KeepSettings.model_fields if name.endswith("_days")}

    assert {name for group, name in said if group == "keep"} == terms
    for (group, name), value in said.items():
        assert getattr(getattr(settings, group), name) == value


def test_every_deed_is_named():
    """As the log calls it."""
    text = GUIDE.read_text("utf-8")

    assert [deed for deed in Deed if f"`{deed.value}`" not in text] == []
