"""The page of a calibration shows its tables, and asks nothing of anybody."""

import re
from dataclasses import replace

import pytest

from idolens.outputs.reliability_page import render_reliability
from tests.review.test_calibration import boastful, fitted


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tables_and_plots_are_there(language):
    """Every step of both tables has a row and a dot; nothing comes from outside."""
    made = fitted(boastful(100))
    page = render_reliability(made, language)
    (table,) = made.reliability

    steps = len(table.before) + len(table.after)
    assert page.count("<circle") == steps
    assert page.count("<tr><td>") == steps
    assert made.calibration.version in page
    assert f'lang="{language}"' in page
    assert not re.search(r"<script|src=|href=|https?://", page)
    assert page == render_reliability(made, language)


def test_nothing_fitted_is_said_plainly():
    """No usable label: empty tables, a dash for the error."""
    made = fitted([replace(row, truth="elsewhere") for row in boastful(12)])
    page = render_reliability(made, "en")

    assert "<circle" not in page
    assert "– → –" in page
