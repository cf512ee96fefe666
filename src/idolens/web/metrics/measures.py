"""The metrics of one service: a registry of its own, and whoever counts into it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from idolens.media.frame import FrameState
from idolens.media.meter import Stage
from idolens.outputs.alerts import Sample
from idolens.vlm.admission import Refusal
from idolens.web.brownout import Less
from idolens.web.metrics.families import Family, gauge
from idolens.web.metrics.table import METRICS, Metric

_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)
LOOKED_AT: Final = frozenset(
    {
        "idolens_alerts_firing",
        "idolens_cached_answers",
        "idolens_memory_shortages",
        "idolens_endpoint_state",
        "idolens_endpoint_in_flight",
        "idolens_gpu_present",
        "idolens_gpu_use_ratio",
        "idolens_gpu_memory_used_bytes",
        "idolens_gpu_memory_bytes",
        "idolens_gpu_temperature_celsius",
        "idolens_disk_free_bytes",
        "idolens_disk_bytes",
        "idolens_disk_state",
        "idolens_database_bytes",
        "idolens_backup_age_seconds",
        "idolens_watch_age_seconds",
        "idolens_outbox_messages",
        "idolens_outbox_age_seconds",
        "idolens_queue_waiting",
        "idolens_queue_age_seconds",
        "idolens_queue_running",
        "idolens_queue_limit",
        "idolens_queue_ceiling",
        "idolens_brownout_step",
        "idolens_open_access",
    }
)
"""Metrics that are looked at when somebody asks (watching.py), not counted here."""


class Metrics:
    """Counts and times in many threads; a `Meter`.

    Attributes:
        registry: what /metrics tells.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        made = {one.name: one for one in METRICS if one.name not in LOOKED_AT}
        self._counters = {
            name: Counter(name, one.means.en, one.labels, registry=self.registry)
            for name, one in made.items()
            if one.kind == "counter"
        }
        self._gauges = {
            name: Gauge(name, one.means.en, one.labels, registry=self.registry)
            for name, one in made.items()
            if one.kind == "gauge"
        }
        self._histograms = {
            name: self._histogram(one)
            for name, one in made.items()
            if one.kind == "histogram"
        }
        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Show what has not happened yet: growth from nothing would not be seen."""
        for desk in ("look", "talk"):
            for refusal in Refusal:
                self._counters["idolens_shed"].labels(desk, refusal.value)
            for what in get_args(Less):
                self._counters["idolens_reduced"].labels(desk, what)
        for kind in ("read", "said"):
            self._counters["idolens_tokens"].labels(kind)
        for state in FrameState:
            self._counters["idolens_frames"].labels(state.value)

    def watch(self, collector: Collector) -> None:
        """Ask ``collector`` too, whenever somebody asks."""
        self.registry.register(collector)

    def samples(self) -> list[Sample]:
        """Return every figure as it is now."""
        return [
            Sample(sample.name, sample.labels, sample.value)
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name.startswith("idolens_")
        ]

    def request(
        self, method: str, route: str, status: int, code: str, seconds: float
    ) -> None:
        """Note a request that has been answered.

        Args:
            method: HTTP's; unknown ones count as ``other``.
            route: the route's template.
            status: HTTP's.
            code: of the problem; empty when there was none.
            seconds: from the first byte to the last.
        """
        known = method if method in _METHODS else "other"
        self._counters["idolens_requests"].labels(known, route, str(status), code).inc()
        self._histograms["idolens_request_seconds"].labels(route).observe(seconds)

    def waited(self, desk: str, seconds: float) -> None:
        """Note how long a request waited for its turn."""
        self._histograms["idolens_queue_wait_seconds"].labels(desk).observe(seconds)

    def shed(self, desk: str, reason: str) -> None:
        """Note that a request was refused; ``reason`` is a `Refusal`."""
        self._counters["idolens_shed"].labels(desk, reason).inc()

    def reduced(self, desk: str, what: str) -> None:
        """Note that a reply was given with less."""
        self._counters["idolens_reduced"].labels(desk, what).inc()

    def took(self, stage: Stage, seconds: float) -> None:
        """See `Meter`."""
        self._histograms["idolens_stage_seconds"].labels(stage).observe(seconds)

    def refused(self, code: str) -> None:
        """See `Meter`."""
        self._counters["idolens_decode_rejects"].labels(code).inc()

    def looked(self, state: str) -> None:
        """See `Meter`."""
        self._counters["idolens_frames"].labels(state).inc()

    def answered(self, kind: str, status: str) -> None:
        """See `Meter`."""
        self._counters["idolens_questions"].labels(kind, status).inc()

    def read(self, tokens: int) -> None:
        """See `Meter`."""
        self._counters["idolens_tokens"].labels("read").inc(tokens)

    def said(self, tokens: int) -> None:
        """See `Meter`."""
        self._counters["idolens_tokens"].labels("said").inc(tokens)

    def working(self, change: int) -> None:
        """See `Meter`."""
        self._gauges["idolens_jobs_running"].inc(change)

    def delivered(self, target: str, outcome: str) -> None:
        """Note a try to deliver a message."""
        self._counters["idolens_deliveries"].labels(target, outcome).inc()

    def beat(self, target: str, outcome: str) -> None:
        """Note a heartbeat; ``asleep`` is one that was held back."""
        self._counters["idolens_heartbeats"].labels(target, outcome).inc()

    def backed_up(self, outcome: str) -> None:
        """Note how a nightly backup ended: ``made`` or ``failed``."""
        self._counters["idolens_backups"].labels(outcome).inc()

    def failed(self, part: str) -> None:
        """Note that a figure could not be read."""
        self._counters["idolens_watch_failures"].labels(part).inc()

    def alerts(
        self, firing: Callable[[], Mapping[str, str]], age_s: Callable[[], float]
    ) -> None:
        """Ask, when somebody asks, which rules fire and how bad each is.

        Args:
            firing: gives that.
            age_s: gives how long ago the rules were looked at, in seconds.
        """
        self.watch(_Firing(firing, age_s))

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(
            metric.name,
            metric.means.en,
            metric.labels,
            registry=self.registry,
            buckets=metric.buckets,
        )


class _Firing(Collector):
    """The alerts that fire, and whether anybody looks."""

    def __init__(
        self, firing: Callable[[], Mapping[str, str]], age_s: Callable[[], float]
    ) -> None:
        self._firing = firing
        self._age_s = age_s

    def describe(self) -> Iterable[Family]:
        return []

    def collect(self) -> Iterator[Family]:
        fires = [((rule, severity), 1.0) for rule, severity in self._firing().items()]
        yield gauge("idolens_alerts_firing", fires)
        yield gauge("idolens_watch_age_seconds", [((), self._age_s())])


def names(metrics: Iterable[Metric] = METRICS) -> set[str]:
    """Return the names of all samples that there can be."""
    return {name for metric in metrics for name in metric.samples}
