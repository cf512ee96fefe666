"""Rules are read, refused with their place, and come to Prometheus as they are."""

import math
import shutil
import subprocess

import pytest
import yaml

from idolens.errors import SettingsError
from idolens.outputs.alerts import (
    as_payload,
    prometheus_rules,
    read_rules,
    shipped_rules,
)
from idolens.outputs.alerts.alarm import AlertEvent, Change
from idolens.outputs.alerts.promql import expression
from idolens.outputs.alerts.rule import Severity
from tests.outputs.alerts.rules import a_rule

NAMES = {rule.name for rule in shipped_rules().rules}


def test_the_shipped_rules_watch_what_was_promised():
    """Error share, p95, queue, memory, disk and frames are all there."""
    assert {"errors", "slow", "queue", "memory", "disk", "no_frames"} <= NAMES


def test_a_rule_of_ones_own_replaces_and_adds(tmp_path):
    """The same name replaces, a new one is added, the rest stays."""
    file = tmp_path / "rules.yaml"
    own = a_rule("slow").model_dump(mode="json")
    file.write_text(
        yaml.safe_dump({"rules": [own, a_rule("mine").model_dump(mode="json")]})
    )
    book = read_rules(file)

    assert {rule.name for rule in book.rules} == NAMES | {"mine"}
    assert next(r for r in book.rules if r.name == "slow") == a_rule("slow")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "cannot be read"),
        ("- a", "must have a list"),
        ("rules: 3", "must have a list"),
        ("rules: [{name: x}]", "rules.0"),
        ("silences: [{rules: [nobody]}]", "nobody"),
        ("silences: [{up: 1}]", "silences.0.up"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path, text, said):
    """One sentence names the file and where in it."""
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=said) as caught:
        read_rules(file)

    assert str(file) in caught.value.within("zh")


def test_a_missing_file_is_refused(tmp_path):
    """Nobody believes that their rules hold when the file is not there."""
    with pytest.raises(SettingsError, match="cannot be read"):
        read_rules(tmp_path / "no.yaml")


@pytest.mark.parametrize(
    "change",
    [
        {"warning": None, "critical": None},
        {"warning": {"at": 5, "clear": 6, "for_s": 1}},
        {"critical": {"at": 4, "clear": 3, "for_s": 1}},
        {"name": "Not a name"},
        {"measure": {"kind": "level", "of": {"metric": "a b"}}},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change):
    """No threshold, an all-clear on the bad side, critical before warning."""
    with pytest.raises(ValueError, match="validation error"):
        a_rule(**change)


def test_prometheus_gets_every_threshold():
    """One alert a threshold, with its `for`, severity and both languages."""
    book = shipped_rules()
    rules = yaml.safe_load(prometheus_rules(book))["groups"][0]["rules"]

    silence = rules.pop()
    assert silence["alert"] == "idolens_silent"
    assert len(rules) == sum(len(rule.levels) for rule in book.rules)
    disk = next(rule for rule in rules if rule["alert"] == "idolens_disk")
    assert (
        disk["expr"] == "max(idolens_disk_free_bytes) / max(idolens_disk_bytes) <= 0.1"
    )
    assert disk["for"] == "1m"
    assert "磁盘" in disk["annotations"]["summary"]
    assert all(rule["expr"].count("(") == rule["expr"].count(")") for rule in rules)


def test_promql_of_every_measure():
    """Each kind of figure has its words."""
    said = {rule.name: expression(rule) for rule in shipped_rules().rules}

    assert said["slow"].startswith("histogram_quantile(0.95, sum by (le) (rate(")
    assert 'code!~"engine_busy|disk_full"' in said["errors"]
    assert "min_over_time(idolens_jobs_running[3m])" in said["no_frames"]


def test_promtool_agrees(tmp_path):
    """Prometheus' own checker finds no fault, where it is installed."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    file = tmp_path / "rules.yml"
    file.write_text(prometheus_rules(shipped_rules()))
    done = subprocess.run(
        [promtool, "check", "rules", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_message_says_what_and_what_to_do():
    """Both languages, the figure, its limit and the advice; nothing else."""
    rule = next(rule for rule in shipped_rules().rules if rule.name == "disk")
    event = AlertEvent(
        rule="disk",
        change=Change.FIRED,
        severity=Severity.CRITICAL,
        value=0.034,
        at=1_795_000_000,
        since=1_795_000_000,
    )
    payload = as_payload(event, rule, "三号机房")
    data = payload["data"]

    assert payload["type"] == "alert.fired"
    assert data["title"]["zh"] == "[三号机房] 告警(严重):磁盘空间不足"
    assert "3.4 %" in data["text"]["en"]
    assert "limit 5 %" in data["text"]["en"]
    assert "怎么办" in data["text"]["zh"]
    gone = as_payload(event, None, "x")
    assert gone["data"]["title"]["en"].endswith("disk")
    assert math.isclose(gone["data"]["value"], 0.034)
