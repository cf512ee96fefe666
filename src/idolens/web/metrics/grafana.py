"""A Grafana dashboard of all metrics, made from their table."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any, Final

from idolens.web.metrics.table import METRICS, ROWS, Metric

_WIDTH: Final = 8
_HEIGHT: Final = 7
_ACROSS: Final = 24
_QUANTILES: Final = (0.5, 0.95, 0.99)


def dashboard() -> str:
    """Return the dashboard as JSON, to be imported."""
    document = {
        "__inputs": [
            {
                "name": "DS_PROMETHEUS",
                "label": "Prometheus",
                "type": "datasource",
                "pluginId": "prometheus",
            }
        ],
        "title": "idolens",
        "uid": "idolens",
        "tags": ["idolens"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "panels": list(_panels()),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _panels() -> Iterator[dict[str, Any]]:
    numbers, y = count(1), 0
    for row, words in ROWS.items():
        shown = [metric for metric in METRICS if metric.row == row]
        yield {
            "id": next(numbers),
            "type": "row",
            "title": f"{words.zh} · {words.en}",
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": y, "w": _ACROSS, "h": 1},
        }
        y += 1
        for at, metric in enumerate(shown):
            x = at % (_ACROSS // _WIDTH) * _WIDTH
            down = y + at // (_ACROSS // _WIDTH) * _HEIGHT
            place = {"x": x, "y": down, "w": _WIDTH, "h": _HEIGHT}
            yield _panel(next(numbers), metric, place)
        y += -(-len(shown) // (_ACROSS // _WIDTH)) * _HEIGHT


def _panel(number: int, metric: Metric, place: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
    return {
        "id": number,
        "type": "timeseries",
        "title": f"{metric.means.zh} · {metric.means.en}",
        "description": metric.name,
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": metric.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": letter,
                "datasource": source,
                "expr": words,
                "legendFormat": legend,
            }
            for letter, (words, legend) in zip("ABC", _queries(metric), strict=False)
        ],
    }


def _queries(metric: Metric) -> Iterator[tuple[str, str]]:
    legend = " ".join(f"{{{{{label}}}}}" for label in metric.by) or metric.name
    by = f" by ({', '.join(metric.by)})" if metric.by else ""
    match metric.kind:
        case "counter":
            yield f"sum{by} (rate({metric.samples[0]}[5m]))", legend
        case "gauge":
            yield f"max{by} ({metric.name})", legend
        case "histogram":
            kept = ", ".join(("le", *metric.by))
            for share in _QUANTILES:
                rate = f"sum by ({kept}) (rate({metric.samples[0]}[5m]))"
                words = f"histogram_quantile({share:g}, {rate})"
                yield words, f"p{share * 100:g} {legend}"
