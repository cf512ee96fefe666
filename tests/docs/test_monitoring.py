"""The Prometheus rules and the Grafana dashboard are the code's, and name what is."""

import json
import re

import pytest
import yaml

from idolens.outputs.alerts import prometheus_rules, shipped_rules
from idolens.web.metrics import dashboard
from idolens.web.metrics.measures import names
from tests.docs.generate import ROOT

FOLDER = ROOT / "docs/monitoring"
PAGES = {
    "rules.yml": lambda: prometheus_rules(shipped_rules()),
    "dashboard.json": dashboard,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_file_is_the_codes(name):
    """What a studio imports is what the service tells."""
    written = (FOLDER / name).read_text("utf-8")

    assert written == PAGES[name](), (
        f"{name} is stale: run `idolens alerts export docs/monitoring`"
    )


def expressions():
    rules = yaml.safe_load((FOLDER / "rules.yml").read_text("utf-8"))
    board = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    yield from (rule["expr"] for group in rules["groups"] for rule in group["rules"])
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


@pytest.mark.parametrize("words", sorted(set(expressions())))
def test_every_metric_named_exists(words):
    """A rule about a metric that nobody tells would never fire."""
    named = set(re.findall(r"idolens_[a-z0-9_]+", words))

    assert named
    assert named <= names()
    assert words.count("(") == words.count(")")
    assert words.count("{") == words.count("}")


def test_panels_have_their_own_place():
    """Ids differ and no panel lies on another."""
    panels = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))["panels"]
    places = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not places & cells
        assert at["x"] + at["w"] <= 24
        places |= cells

    assert len({panel["id"] for panel in panels}) == len(panels)


def test_every_metric_that_has_a_row_is_shown():
    """Nothing is measured that no dashboard shows."""
    text = (FOLDER / "dashboard.json").read_text("utf-8")

    assert not [
        name
        for name in names()
        if not name.endswith(("_count", "_sum")) and name not in text
    ]
