"""Each figure that an operator was promised is there, by the name that rules use."""

import pytest

from idolens.web.metrics.table import METRICS

BY_NAME = {metric.name: metric for metric in METRICS}

PROMISED = [
    ("requests by route template, code and error code", "idolens_requests", "route"),
    ("requests by route template, code and error code", "idolens_requests", "status"),
    ("requests by route template, code and error code", "idolens_requests", "code"),
    ("latency of requests", "idolens_request_seconds", "route"),
    ("latency by stage", "idolens_stage_seconds", "stage"),
    ("queue: how many wait", "idolens_queue_waiting", "desk"),
    ("queue: how long they waited", "idolens_queue_wait_seconds", "desk"),
    ("queue age", "idolens_queue_age_seconds", "desk"),
    ("limit", "idolens_queue_limit", "desk"),
    ("shed by reason", "idolens_shed", "reason"),
    ("cache hits", "idolens_cached_answers", "outcome"),
    ("tokens", "idolens_tokens", "kind"),
    ("frames/s", "idolens_frames", "state"),
    ("questions/s", "idolens_questions", "status"),
    ("files that cannot be decoded, by reason", "idolens_decode_rejects", "code"),
    ("out of memory", "idolens_memory_shortages", None),
    ("GPU there or not", "idolens_gpu_present", None),
    ("GPU use", "idolens_gpu_use_ratio", "gpu"),
    ("GPU memory", "idolens_gpu_memory_used_bytes", "gpu"),
    ("GPU memory", "idolens_gpu_memory_bytes", "gpu"),
    ("GPU temperature", "idolens_gpu_temperature_celsius", "gpu"),
    ("disk", "idolens_disk_free_bytes", None),
    ("disk", "idolens_disk_bytes", None),
    ("database and its log", "idolens_database_bytes", "file"),
    ("outbox", "idolens_outbox_messages", "state"),
    ("outbox age", "idolens_outbox_age_seconds", None),
    ("deliveries", "idolens_deliveries", "outcome"),
    ("alerts", "idolens_alerts_firing", "rule"),
    ("somebody looks", "idolens_watch_age_seconds", None),
    ("heartbeat", "idolens_heartbeats", "outcome"),
    ("backup", "idolens_backup_age_seconds", None),
]
"""What an operator was promised, its metric, and the label that tells it apart."""
RATES = {"idolens_requests", "idolens_frames", "idolens_questions", "idolens_tokens"}


@pytest.mark.parametrize(("what", "name", "label"), PROMISED)
def test_what_was_promised_is_told(what, name, label):
    """A metric of this name, by this label, on the dashboard."""
    metric = BY_NAME.get(name)

    assert metric is not None, what
    assert label is None or label in metric.labels
    assert metric.row is not None


@pytest.mark.parametrize("name", sorted(RATES))
def test_a_rate_comes_from_a_counter(name):
    """Frames and questions a second are a counter's growth."""
    assert BY_NAME[name].kind == "counter"
