"""What fires, who is told, and whether anybody looks."""

from typing import Final

from idolens.web.metrics.table.metric import Metric, metric

ALERTS: Final[tuple[Metric, ...]] = (
    metric(
        "idolens_watch_age_seconds",
        "gauge",
        "距上次检查告警规则的时间",
        "How long ago the alert rules were looked at",
        unit="s",
        row="alerts",
    ),
    metric(
        "idolens_heartbeats",
        "counter",
        "发出的心跳",
        "Heartbeats to whoever watches the watchman",
        labels=("target", "outcome"),
        by=("target", "outcome"),
        unit="ops",
        row="alerts",
    ),
    metric(
        "idolens_alerts_firing",
        "gauge",
        "正在告警",
        "1 for every alert that fires",
        labels=("rule", "severity"),
        by=("rule", "severity"),
        row="alerts",
    ),
    metric(
        "idolens_outbox_messages",
        "gauge",
        "等待送达与无法送达的消息",
        "Messages that wait, and those that nobody took",
        labels=("state",),
        by=("state",),
        row="alerts",
    ),
    metric(
        "idolens_outbox_age_seconds",
        "gauge",
        "最早的消息已等待的时间",
        "How long the oldest message that waits has waited",
        unit="s",
        row="alerts",
    ),
    metric(
        "idolens_deliveries",
        "counter",
        "送达的尝试",
        "Tries to deliver a message",
        labels=("target", "outcome"),
        by=("target", "outcome"),
        unit="ops",
        row="alerts",
    ),
    metric(
        "idolens_watch_failures",
        "counter",
        "无法读取指标的次数",
        "How often a figure could not be read",
        labels=("part",),
        by=("part",),
        unit="ops",
        row="alerts",
    ),
)
