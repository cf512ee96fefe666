"""Every metric: name, kind, labels, what it means. The dashboard is made from this.

Labels come from closed lists (routes, codes of errors, names of the settings), so that
nobody's input can make a new series.
"""

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

REQUEST_SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
STAGE_SECONDS: Final = (
    0.0005,
    0.002,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    5,
    30,
)


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


def _metric(name: str, kind: Kind, zh: str, en: str, **more: object) -> Metric:
    return Metric(name=name, kind=kind, means=Bilingual(zh=zh, en=en), **more)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


METRICS: Final = (
    _metric(
        "idolens_requests",
        "counter",
        "已回答的请求",
        "Requests answered",
        labels=("method", "route", "status", "code"),
        by=("route", "status"),
        unit="reqps",
        row="requests",
    ),
    _metric(
        "idolens_request_seconds",
        "histogram",
        "请求耗时",
        "Time from request to the end of its answer",
        labels=("route",),
        by=("route",),
        unit="s",
        row="requests",
        buckets=REQUEST_SECONDS,
    ),
    _metric(
        "idolens_queue_waiting",
        "gauge",
        "正在排队的请求",
        "Requests that wait for their turn",
        labels=("desk",),
        by=("desk",),
        row="requests",
    ),
    _metric(
        "idolens_queue_age_seconds",
        "gauge",
        "排在最前的请求已等待的时间",
        "How long the first in the queue has waited",
        labels=("desk",),
        by=("desk",),
        unit="s",
        row="requests",
    ),
    _metric(
        "idolens_queue_running",
        "gauge",
        "正在处理的请求",
        "Requests that are being worked on",
        labels=("desk",),
        by=("desk",),
        row="requests",
    ),
    _metric(
        "idolens_queue_limit",
        "gauge",
        "同时处理的上限",
        "Requests that are worked on at once at most",
        labels=("desk",),
        by=("desk",),
        row="requests",
    ),
    _metric(
        "idolens_queue_ceiling",
        "gauge",
        "同时处理的上限最多可到多少",
        "Requests that are worked on at once at best",
        labels=("desk",),
        by=("desk",),
        row="requests",
    ),
    _metric(
        "idolens_brownout_step",
        "gauge",
        "过载时的省略等级：1 缩小图片、2 减少问题、3 只答已知",
        "What is left out while too much is asked: 1 smaller pictures, 2 fewer"
        " questions, 3 nobody waits",
        labels=("desk",),
        by=("desk",),
        row="requests",
    ),
    _metric(
        "idolens_reduced",
        "counter",
        "有所省略的回答",
        "Replies that were given with less",
        labels=("desk", "what"),
        by=("what",),
        unit="reqps",
        row="requests",
    ),
    _metric(
        "idolens_queue_wait_seconds",
        "histogram",
        "排队等待的时间",
        "Time that requests waited for their turn",
        labels=("desk",),
        by=("desk",),
        unit="s",
        row="requests",
        buckets=REQUEST_SECONDS,
    ),
    _metric(
        "idolens_shed",
        "counter",
        "因繁忙被拒绝的请求",
        "Requests refused because all hands are full",
        labels=("desk", "reason"),
        by=("reason",),
        unit="reqps",
        row="requests",
    ),
    _metric(
        "idolens_stage_seconds",
        "histogram",
        "各阶段耗时",
        "Time of one step of a stage",
        labels=("stage",),
        by=("stage",),
        unit="s",
        row="model",
        buckets=STAGE_SECONDS,
    ),
    _metric(
        "idolens_questions",
        "counter",
        "已回答的问题",
        "Questions answered",
        labels=("kind", "status"),
        by=("status",),
        unit="ops",
        row="model",
    ),
    _metric(
        "idolens_tokens",
        "counter",
        "读取和说出的词元",
        "Tokens read: questions by models of this machine, and conversations; tokens"
        " said in conversations",
        labels=("kind",),
        by=("kind",),
        unit="ops",
        row="model",
    ),
    _metric(
        "idolens_cached_answers",
        "counter",
        "缓存：命中、近似命中、合并、未命中、淘汰",
        "Answers by where they came from, and those that had to make room",
        labels=("outcome",),
        by=("outcome",),
        unit="ops",
        row="model",
    ),
    _metric(
        "idolens_memory_shortages",
        "counter",
        "模型内存不足的次数",
        "How often a model ran out of memory",
        unit="ops",
        row="model",
    ),
    _metric(
        "idolens_endpoint_state",
        "gauge",
        "模型服务器的状态",
        "1 for the state that a model server is in",
        labels=("endpoint", "state"),
        by=("endpoint", "state"),
        row="model",
    ),
    _metric(
        "idolens_endpoint_in_flight",
        "gauge",
        "模型服务器上的请求",
        "Requests that a model server has",
        labels=("endpoint",),
        by=("endpoint",),
        row="model",
    ),
    _metric(
        "idolens_jobs_running",
        "gauge",
        "正在运行的分析任务",
        "Analyses that are at work",
        row="work",
    ),
    _metric(
        "idolens_frames",
        "counter",
        "看过的画面",
        "Frames that analyses looked at",
        labels=("state",),
        by=("state",),
        unit="ops",
        row="work",
    ),
    _metric(
        "idolens_decode_rejects",
        "counter",
        "无法解码的文件",
        "Files that could not be decoded",
        labels=("code",),
        by=("code",),
        unit="ops",
        row="work",
    ),
    _metric(
        "idolens_gpu_present",
        "gauge",
        "是否有 NVIDIA 显卡",
        "1 where an NVIDIA graphics card can be asked, else 0",
        row="machine",
    ),
    _metric(
        "idolens_gpu_use_ratio",
        "gauge",
        "显卡占用率",
        "Share of time that a graphics card computed",
        labels=("gpu",),
        by=("gpu",),
        unit="percentunit",
        row="machine",
    ),
    _metric(
        "idolens_gpu_memory_used_bytes",
        "gauge",
        "已用显存",
        "Memory of a graphics card that is taken",
        labels=("gpu",),
        by=("gpu",),
        unit="bytes",
        row="machine",
    ),
    _metric(
        "idolens_gpu_memory_bytes",
        "gauge",
        "显存",
        "Memory of a graphics card",
        labels=("gpu",),
        by=("gpu",),
        unit="bytes",
        row="machine",
    ),
    _metric(
        "idolens_gpu_temperature_celsius",
        "gauge",
        "显卡温度",
        "Temperature of a graphics card",
        labels=("gpu",),
        by=("gpu",),
        unit="celsius",
        row="machine",
    ),
    _metric(
        "idolens_disk_free_bytes",
        "gauge",
        "磁盘剩余",
        "Free room on the disk of the data folder",
        unit="bytes",
        row="machine",
    ),
    _metric(
        "idolens_disk_bytes",
        "gauge",
        "磁盘容量",
        "Size of the disk of the data folder",
        unit="bytes",
        row="machine",
    ),
    _metric(
        "idolens_disk_state",
        "gauge",
        "磁盘当前的状态：正常、偏低、停收上传、只读",
        "1 for what the disk still allows: ok, low, no_uploads, read_only",
        labels=("state",),
        by=("state",),
        row="machine",
    ),
    _metric(
        "idolens_database_bytes",
        "gauge",
        "数据库与其日志的大小",
        "Size of the database and of its write-ahead log",
        labels=("file",),
        by=("file",),
        unit="bytes",
        row="machine",
    ),
    _metric(
        "idolens_alerts_firing",
        "gauge",
        "正在告警",
        "1 for every alert that fires",
        labels=("rule", "severity"),
        by=("rule", "severity"),
        row="alerts",
    ),
    _metric(
        "idolens_outbox_messages",
        "gauge",
        "等待送达与无法送达的消息",
        "Messages that wait, and those that nobody took",
        labels=("state",),
        by=("state",),
        row="alerts",
    ),
    _metric(
        "idolens_outbox_age_seconds",
        "gauge",
        "最早的消息已等待的时间",
        "How long the oldest message that waits has waited",
        unit="s",
        row="alerts",
    ),
    _metric(
        "idolens_deliveries",
        "counter",
        "送达的尝试",
        "Tries to deliver a message",
        labels=("target", "outcome"),
        by=("target", "outcome"),
        unit="ops",
        row="alerts",
    ),
    _metric(
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
"""All metrics of the service, beside those of its process (``process_…``)."""
