"""The Prometheus rules and the Grafana dashboard are the code's, and name what is."""

import json
import re
import shutil
import subprocess

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


def series(name, values):
    return {"series": name, "values": values}


def fires(name, severity, minute):
    return {
        "eval_time": f"{minute}m",
        "alertname": f"idolens_{name}",
        "exp_alerts": [{"exp_labels": {"severity": severity}}] if severity else [],
    }


SHOWS = [
    (
        "a disk that empties",
        [
            series("idolens_disk_free_bytes", "50x10 8x20 50x20"),
            series("idolens_disk_bytes", "100x60"),
        ],
        [fires("disk", None, 9), fires("disk", "warning", 15), fires("disk", None, 40)],
    ),
    (
        "a job that stands still, and one that goes on",
        [
            series("idolens_jobs_running", "1x60"),
            series("idolens_frames_total{state='kept'}", "0+5x20 100x40"),
        ],
        [
            fires("no_frames", None, 15),
            fires("no_frames", "critical", 30),
        ],
    ),
    (
        "nothing to do is no standstill",
        [
            series("idolens_jobs_running", "0x60"),
            series("idolens_frames_total{state='kept'}", "100x60"),
        ],
        [fires("no_frames", None, 30)],
    ),
    (
        "one failure in ten, of many; and of few",
        [
            series(
                "idolens_requests_total{route='/a',status='200',code=''}", "0+90x30"
            ),
            series(
                "idolens_requests_total{route='/a',status='500',code='x'}", "0+10x30"
            ),
        ],
        [fires("errors", "warning", 20)],
    ),
    (
        "nobody gives the alarm any more, or looks",
        [series("idolens_watch_age_seconds", "1x10 _x20 5x10 60+60x30")],
        [
            fires("silent", None, 9),
            fires("silent", "critical", 29),
            fires("silent", None, 40),
            fires("silent", "critical", 50),
        ],
    ),
    (
        "a heartbeat that does not arrive, beside one that does",
        [
            series(
                "idolens_heartbeats_total{target='a',outcome='delivered'}", "0+1x60"
            ),
            series(
                "idolens_heartbeats_total{target='b',outcome='failed'}", "0x20 0+1x40"
            ),
        ],
        [fires("heartbeat", None, 19), fires("heartbeat", "warning", 30)],
    ),
    (
        "a backup that grows old, and a new one",
        [series("idolens_backup_age_seconds", "0+3600x40 0x20")],
        [
            fires("backup", None, 29),
            fires("backup", "warning", 32),
            fires("backup", None, 45),
        ],
    ),
    (
        "one failure of one",
        [
            series(
                "idolens_requests_total{route='/a',status='500',code='x'}", "0x9 1x30"
            )
        ],
        [fires("errors", None, 12)],
    ),
]


@pytest.mark.parametrize(
    ("title", "given", "expected"), SHOWS, ids=[s[0] for s in SHOWS]
)
def test_prometheus_fires_where_idolens_does(tmp_path, title, given, expected):
    """Prometheus' own tester plays a show against the rules, where it is installed."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    rules = yaml.safe_load((FOLDER / "rules.yml").read_text("utf-8"))
    for rule in rules["groups"][0]["rules"]:
        del rule["annotations"]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules))
    show = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "15s",
        "tests": [
            {
                "name": title,
                "interval": "1m",
                "input_series": given,
                "alert_rule_test": expected,
            }
        ],
    }
    (tmp_path / "show.yml").write_text(yaml.safe_dump(show))
    done = subprocess.run(
        [promtool, "test", "rules", str(tmp_path / "show.yml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
