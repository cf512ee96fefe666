"""How far analyses are, and what they look at."""

from typing import Final

from idolens.web.metrics.table.metric import Metric, metric

WORK: Final[tuple[Metric, ...]] = (
    metric(
        "idolens_jobs_running",
        "gauge",
        "正在运行的分析任务",
        "Analyses that are at work",
        row="work",
    ),
    metric(
        "idolens_frames",
        "counter",
        "看过的画面",
        "Frames that analyses looked at",
        labels=("state",),
        by=("state",),
        unit="ops",
        row="work",
    ),
    metric(
        "idolens_decode_rejects",
        "counter",
        "无法解码的文件",
        "Files that could not be decoded",
        labels=("code",),
        by=("code",),
        unit="ops",
        row="work",
    ),
)
