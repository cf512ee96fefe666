"""/metrics tells what happened, by closed lists of names, and nothing of content."""

import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from idolens.errors import EngineBusyError
from idolens.outputs.alerts import shipped_rules
from idolens.outputs.alerts.rule import Quantile
from idolens.web.metrics import Metrics
from idolens.web.metrics.measures import names
from idolens.web.metrics.table import METRICS
from tests.fakes import FakeEngine
from tests.web.service import FakeEyes, as_base64, png, running

CANARY = "小秘密canary"


def figures(client):
    """Return what /metrics tells: (name, labels) → value, without the process's own."""
    reply = client.get("/metrics")
    assert reply.status_code == 200
    assert CANARY not in reply.text
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.text)
        for sample in family.samples
    }


def total(told, name, **labels):
    """Return the sum of all samples of ``name`` with these labels."""
    return sum(
        value
        for (found, *pairs), value in told.items()
        if found == name and labels.items() <= dict(pairs).items()
    )


def test_requests_are_counted_by_template_status_and_code(tmp_path):
    """No path, method or question of a caller becomes a label."""
    with running(FakeEyes(), tmp_path) as client:
        asked = {"image": as_base64(png()), "question": f"{CANARY}?"}
        assert client.post("/vlm/infer", json=asked).status_code == 200
        assert client.post("/vlm/infer", json={"x": CANARY}).status_code == 422
        assert client.get(f"/{CANARY}?q={CANARY}").status_code == 404
        assert client.request("PURGE", "/vlm/infer").status_code == 405
        assert client.get("/livez", headers={"host": "evil.example"}).status_code == 421
        told = figures(client)

    count = "idolens_requests_total"
    infer = {"method": "POST", "route": "/vlm/infer"}
    assert total(told, count, **infer, status="200", code="") == 1
    assert total(told, count, **infer, status="422", code="invalid_fields") == 1
    assert total(told, count, route="other", status="404", code="no_such_address") == 1
    assert total(told, count, method="other", status="405") == 1
    assert total(told, count, status="421", code="unknown_host") == 1
    assert total(told, "idolens_request_seconds_count", route="/vlm/infer") >= 2


def test_every_name_is_in_the_table(tmp_path):
    """What the service tells is what the table lists, and the process's own."""
    with running(FakeEyes(), tmp_path) as client:
        told = {name for name, *_ in figures(client)}

    own = {name for name in told if name.startswith("idolens_")}
    created = {name for name in own if name.endswith("_created")}
    assert own - created <= names()
    assert any(name.startswith("process_") for name in told)


def test_refusals_and_waits_are_counted(tmp_path):
    """A full desk refuses at once, an impatient one after the wait."""
    begun, over = threading.Event(), threading.Event()

    def slow(_picture, _question):
        begun.set()
        over.wait(20)
        return "yes"

    chosen = {"requests_at_once": 1, "requests_waiting": 1, "wait_s": 0.3}
    asked = {"image": as_base64(png()), "question": "有人吗?"}
    with running(FakeEyes(FakeEngine(reply=slow)), tmp_path, **chosen) as client:
        first = threading.Thread(
            target=client.post, args=("/vlm/infer",), kwargs={"json": asked}
        )
        first.start()
        assert begun.wait(20)
        waiting = figures(client)
        assert client.post("/vlm/infer", json=asked).status_code == 503
        over.set()
        first.join()
        told = figures(client)

    assert total(waiting, "idolens_queue_running", desk="look") == 1
    assert total(waiting, "idolens_queue_limit", desk="look") == 1
    assert total(told, "idolens_shed_total", desk="look", reason="late") == 1
    assert total(told, "idolens_queue_wait_seconds_count", desk="look") == 1
    assert total(told, "idolens_queue_running", desk="look") == 0
    assert total(told, "idolens_requests_total", code="engine_busy", status="503") == 1


def test_a_problem_of_ours_is_counted_by_its_code(tmp_path):
    """The code of an error is the error's own, not its words."""

    def busy(_picture, _question):
        raise EngineBusyError(CANARY, CANARY)

    with running(FakeEyes(FakeEngine(reply=busy)), tmp_path) as client:
        asked = {"image": as_base64(png()), "question": "有人吗?"}
        assert client.post("/vlm/infer", json=asked).status_code == 503
        told = figures(client)

    assert total(told, "idolens_requests_total", code="engine_busy") == 1


def test_a_meter_counts_what_it_hears():
    """Stages, frames, questions, tokens, rejects and jobs each have their metric."""
    metrics = Metrics()
    metrics.took("vision", 0.03)
    metrics.looked("kept")
    metrics.answered("yes_no", "ok")
    metrics.read(40)
    metrics.said(7)
    metrics.refused("unreadable_media")
    metrics.working(2)
    metrics.working(-1)
    metrics.delivered("ops", "failed")
    metrics.failed("disk")
    metrics.beat("pager", "delivered")
    metrics.backed_up("made")
    metrics.alerts(lambda: {"disk": "critical"}, lambda: 7.0)
    told = {
        (one.name, *sorted(one.labels.items())): one.value for one in metrics.samples()
    }

    assert told["idolens_stage_seconds_count", ("stage", "vision")] == 1
    assert (
        told["idolens_stage_seconds_bucket", ("le", "0.05"), ("stage", "vision")] == 1
    )
    assert told["idolens_frames_total", ("state", "kept")] == 1
    assert told["idolens_questions_total", ("kind", "yes_no"), ("status", "ok")] == 1
    assert told["idolens_tokens_total", ("kind", "read")] == 40
    assert told["idolens_tokens_total", ("kind", "said")] == 7
    assert told["idolens_decode_rejects_total", ("code", "unreadable_media")] == 1
    assert told[("idolens_jobs_running",)] == 1
    assert told["idolens_backups_total", ("outcome", "made")] == 1
    assert told[("idolens_watch_age_seconds",)] == 7
    assert (
        told["idolens_heartbeats_total", ("outcome", "delivered"), ("target", "pager")]
        == 1
    )
    fires = ("idolens_alerts_firing", ("rule", "disk"), ("severity", "critical"))
    assert told[fires] == 1


def test_two_services_in_one_process_count_apart():
    """No metric is shared through a module."""
    one, two = Metrics(), Metrics()
    one.read(5)

    assert {s.value for s in two.samples() if s.name == "idolens_tokens_total"} == {0}


@pytest.mark.parametrize("rule", shipped_rules().rules, ids=lambda rule: rule.name)
def test_every_metric_of_a_rule_exists(rule):
    """No rule watches what nobody tells, by a label that there is not."""
    known = {name: metric for metric in METRICS for name in metric.samples}
    measure = rule.measure
    for part in ("of", "part", "whole", "busy"):
        selector = getattr(measure, part, None)
        if selector is None:
            continue
        ends = ("_bucket", "_count") if isinstance(measure, Quantile) else ("",)
        for end in ends:
            metric = known[f"{selector.metric}{end}"]
            assert {*selector.where, *selector.without} <= set(metric.labels)


def test_every_metric_is_explained_in_both_languages():
    """Names keep Prometheus' rules; a histogram has its buckets in order."""
    for metric in METRICS:
        assert metric.means.zh
        assert metric.means.en
        assert metric.name.startswith("idolens_")
        assert not metric.name.endswith("_total")
        assert set(metric.by) <= set(metric.labels)
        assert list(metric.buckets) == sorted(metric.buckets)
        assert bool(metric.buckets) == (metric.kind == "histogram")
