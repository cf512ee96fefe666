"""Probability against frequency, before and after calibration, as one page.

Self-contained like a report: no script, no request. A point on the dashed line means
that what was said to be so probable came true just as often.
"""

import math
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from idolens.review.calibrating import Fitted, Reliability
from idolens.review.calibration import Curve
from idolens.review.evaluation import CalibrationBin
from idolens.vocabulary import Language

_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "title": "概率校准",
        "before": "校准前",
        "after": "校准后",
        "probability": "给出的概率",
        "frequency": "实际频率",
        "range": "区间",
        "count": "数量",
        "legend": "空心圆为校准前，实心圆为校准后；圆越大，回答越多。"
        "落在虚线上表示概率与实际频率一致。“校准后”由未见过该图片的拟合给出。",
        "origin": "引擎 {engine} · 模型 {model} ({model_revision}) · 策略 {policy} · "
        "{pictures} 张图片 · 版本 {version}",
        "summary": "{count} 个标注 · {method} · 校准误差 {before} → {after}",
    },
    "en": {
        "title": "Calibration of probabilities",
        "before": "before",
        "after": "after",
        "probability": "probability given",
        "frequency": "came true",
        "range": "range",
        "count": "count",
        "legend": "Hollow: before; filled: after; the larger, the more answers. On the "
        "dashed line, probability and frequency agree. “After” is by fits that had not "
        "seen the picture.",
        "origin": "engine {engine} · model {model} ({model_revision}) · "
        "policy {policy} · {pictures} pictures · version {version}",
        "summary": "{count} labels · {method} · calibration error {before} → {after}",
    },
}
_LARGEST = 6.0


def render_reliability(fitted: Fitted, language: Language) -> str:
    """Render the tables and plots of ``fitted``; the same gives the same text."""
    words = _WORDS[language]
    facts = fitted.calibration.model_dump(mode="json")
    source = files("idolens.outputs").joinpath("templates", "reliability.html")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(source.read_text("utf-8")).render(
        language=language,
        title=words["title"],
        origin=words["origin"].format(**facts),
        legend=words["legend"],
        words=words,
        questions=[
            _question(curve, table, words)
            for curve, table in zip(
                fitted.calibration.curves, fitted.reliability, strict=True
            )
        ],
    )


def _question(
    curve: Curve, table: Reliability, words: dict[str, str]
) -> dict[str, Any]:
    most = max((step.count for step in (*table.before, *table.after)), default=1)
    return {
        "label": curve.question,
        "summary": words["summary"].format(
            count=curve.count,
            method=curve.method,
            before=_percent(curve.error_before),
            after=_percent(curve.error_after),
        ),
        "dots": [
            *_dots(table.before, "before", most),
            *_dots(table.after, "after", most),
        ],
        "tables": [
            (words["before"], _rows(table.before)),
            (words["after"], _rows(table.after)),
        ],
    }


def _dots(
    steps: Sequence[CalibrationBin], kind: str, most: int
) -> list[dict[str, object]]:
    return [
        {
            "kind": kind,
            "x": round(step.probability * 100, 2),
            "y": round(100 - step.accuracy * 100, 2),
            "radius": round(1.0 + (_LARGEST - 1) * math.sqrt(step.count / most), 2),
            "title": f"{step.probability:.1%} → {step.accuracy:.1%} ({step.count})",
        }
        for step in steps
    ]


def _rows(steps: Sequence[CalibrationBin]) -> list[dict[str, object]]:
    return [
        {
            "range": f"{step.low:.0%}–{step.high:.0%}",
            "count": step.count,
            "probability": f"{step.probability:.1%}",
            "frequency": f"{step.accuracy:.1%}",
        }
        for step in steps
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
