"""Debian's Chromium: what a studio's people see the pages with, and what prints."""

import pytest

from idolens.outputs.report_pdf import find_browser

CHROMIUM = find_browser(None)

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: apt-get install chromium"
)
