"""The guide to what stays in the house says what the code does."""

import re
from pathlib import Path

from idolens.settings import setting_fields
from idolens.web.records import FIELDS
from tests.privacy.canary import STORES

GUIDE = Path(__file__).parents[2] / "docs/guides/what-stays-in-the-house.md"


def test_every_field_of_the_log_is_named():
    """Those that a record may hold, and no others."""
    (line,) = (
        one
        for one in GUIDE.read_text("utf-8").splitlines()
        if "these fields and no others" in one
    )
    listed = line.partition("no others:")[2].partition(", beside")[0]

    assert set(re.findall(r"`(\w+)`", listed)) == FIELDS


def test_every_store_of_content_is_named():
    """Where the canary test lets content be, the guide says so."""
    page = GUIDE.read_text("utf-8")
    stores = {name.removesuffix("-wal") for name in STORES}

    assert {name for name in stores if f"| `{name}` |" not in page} == set()


def test_every_setting_that_lets_something_out_is_one():
    """The names in the table of connections are settings."""
    rows = GUIDE.read_text("utf-8").partition("## What can go out")[2]
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", rows))
    known = {".".join(path) for path, _ in setting_fields()}

    assert {"chat.endpoints", "alerts.targets", "hub.endpoint"} <= named <= known
