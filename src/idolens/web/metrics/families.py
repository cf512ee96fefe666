"""Metrics of the table with the values that they have at one moment."""

from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from idolens.web.metrics.table import METRICS

Family = GaugeMetricFamily | CounterMetricFamily
Values = Iterable[tuple[Sequence[str], float]]
"""A value for each of the labels' values."""
_OF_NAME: Final = {metric.name: metric for metric in METRICS}


def gauge(name: str, values: Values) -> Family:
    """Return a gauge of the table with these values."""
    metric = _OF_NAME[name]
    return _filled(
        GaugeMetricFamily(name, metric.means.en, labels=metric.labels), values
    )


def counter(name: str, values: Values) -> Family:
    """Return a counter of the table with these values."""
    metric = _OF_NAME[name]
    return _filled(
        CounterMetricFamily(name, metric.means.en, labels=metric.labels), values
    )


def _filled(family: Family, values: Values) -> Family:
    for labels, value in values:
        family.add_metric(labels, float(value))
    return family
