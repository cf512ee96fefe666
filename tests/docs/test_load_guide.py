"""The guide about load names what there is."""

import re
from pathlib import Path

from idolens.settings import setting_fields
from idolens.vlm.admission import Priority, Refusal
from idolens.web import asker, brownout
from idolens.web.metrics.table import METRICS

GUIDE = Path(__file__).parents[2] / "docs/guides/hold-out-under-load.md"


def test_the_guide_names_settings_metrics_and_headers_that_exist():
    """Every name in it that could have changed, has not."""
    text = GUIDE.read_text("utf-8")
    named = set(re.findall(r"`([^`]+)`", text))
    settings = {".".join(path) for path, _ in setting_fields()}

    load = {name for name in settings if name.startswith("load.")}
    assert load - {"load.kept_for_alerts"} <= named
    assert {name for name in named if name.startswith("load.")} <= load
    assert {"requests_at_once", "requests_waiting", "wait_s"} <= named & settings
    metrics = {name for name in named if name.startswith("idolens_")}
    assert metrics <= {metric.name for metric in METRICS}
    assert {one.name.lower() for one in Priority} <= named
    assert {one.value for one in Refusal} <= named
    assert brownout.HEADER in named
    assert f"{asker.HEADER}: batch" in named
