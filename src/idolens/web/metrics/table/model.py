"""What models do: stages, questions, tokens, kept answers, memory, servers."""

from typing import Final

from idolens.web.metrics.table.metric import Metric, metric

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

MODEL: Final[tuple[Metric, ...]] = (
    metric(
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
    metric(
        "idolens_questions",
        "counter",
        "已回答的问题",
        "Questions answered",
        labels=("kind", "status"),
        by=("status",),
        unit="ops",
        row="model",
    ),
    metric(
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
    metric(
        "idolens_cached_answers",
        "counter",
        "缓存：命中、近似命中、合并、未命中、淘汰",
        "Answers by where they came from, and those that had to make room",
        labels=("outcome",),
        by=("outcome",),
        unit="ops",
        row="model",
    ),
    metric(
        "idolens_memory_shortages",
        "counter",
        "模型内存不足的次数",
        "How often a model ran out of memory",
        unit="ops",
        row="model",
    ),
    metric(
        "idolens_endpoint_state",
        "gauge",
        "模型服务器的状态",
        "1 for the state that a model server is in",
        labels=("endpoint", "state"),
        by=("endpoint", "state"),
        row="model",
    ),
    metric(
        "idolens_endpoint_in_flight",
        "gauge",
        "模型服务器上的请求",
        "Requests that a model server has",
        labels=("endpoint",),
        by=("endpoint",),
        row="model",
    ),
)
