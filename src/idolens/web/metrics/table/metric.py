"""What there is to say about one metric, and where the dashboard shows it."""

from dataclasses import dataclass
from typing import Final, Literal

from idolens.vocabulary import Bilingual

Kind = Literal["counter", "gauge", "histogram"]
Row = Literal["requests", "model", "work", "machine", "alerts"]

ROWS: Final[dict[Row, Bilingual]] = {
    "requests": Bilingual(zh="请求与排队", en="Requests and queue"),
    "model": Bilingual(zh="模型", en="Model"),
    "work": Bilingual(zh="分析任务", en="Analyses"),
    "machine": Bilingual(zh="机器", en="Machine"),
    "alerts": Bilingual(zh="告警与消息", en="Alerts and messages"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: without ``_total``, which a counter's samples end with.
        means: what it counts.
        labels: what tells its series apart.
        by: labels that the dashboard shows apart; the others are summed.
        unit: as Grafana names it.
        row: where on the dashboard; None leaves it out.
        buckets: upper bounds, of a histogram.
    """

    name: str
    kind: Kind
    means: Bilingual
    labels: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    unit: str = "short"
    row: Row | None = None
    buckets: tuple[float, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """Names of its samples, as rules and dashboards write them."""
        if self.kind == "counter":
            return (f"{self.name}_total",)
        if self.kind == "histogram":
            return tuple(f"{self.name}_{end}" for end in ("bucket", "count", "sum"))
        return (self.name,)


def metric(name: str, kind: Kind, zh: str, en: str, **more: object) -> Metric:
    """Return a metric with its meaning in both languages."""
    return Metric(name=name, kind=kind, means=Bilingual(zh=zh, en=en), **more)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
