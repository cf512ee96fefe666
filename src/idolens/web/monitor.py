"""Watches a running service: what /metrics looks at, who is told, what is degraded."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Protocol

from idolens.archive import Archive, OutboxDepth
from idolens.errors import IdolensError
from idolens.jobs.alerting import open_alerting
from idolens.jobs.watchman import Watchman
from idolens.settings import Settings
from idolens.vlm.engine_state import EngineState
from idolens.vocabulary import Bilingual
from idolens.web.health import Check, Soft
from idolens.web.metrics import Cards, Metrics, Watched

UNDELIVERED_MS = 15 * 60_000
"""A message that has waited longer than this is worth a word."""


class Watchable(Protocol):
    """What is watched; an open studio is."""

    @property
    def archive(self) -> Archive:
        """What is kept."""
        ...

    @property
    def engine_states(self) -> list[EngineState]:
        """How the engines are that have been opened."""
        ...


@contextmanager
def open_monitor(
    house: Watchable, settings: Settings, metrics: Metrics
) -> Generator[Mapping[str, Check]]:
    """Watch ``house`` until the end; give the checks that say what is degraded.

    Raises:
        SettingsError: the alert rules or a target are not what they should be.
    """

    def depth() -> OutboxDepth:
        return house.archive.deliveries.depth()

    metrics.watch(
        Watched(
            metrics,
            settings.home,
            engines=lambda: house.engine_states,
            cards=Cards().look,
            outbox=depth,
        )
    )
    with open_alerting(settings, lambda: house.archive, metrics) as watchman:
        metrics.alerts(lambda: watchman.firing)
        yield {
            "model_servers": Soft(lambda: _servers(house.engine_states)),
            "messages": Soft(lambda: _messages(depth)),
            "alerts": Soft(lambda: _alerts(watchman)),
        }


def _servers(engines: list[EngineState]) -> Bilingual | None:
    servers = [server for engine in engines for server in engine.servers]
    resting = sum(server.state != "closed" for server in servers)
    if not resting:
        return None
    return Bilingual(
        zh=f"{len(servers)} 台模型服务器中有 {resting} 台停止应答,由其余服务器处理。",
        en=f"{resting} of {len(servers)} model servers do not answer; the others do"
        " their work.",
    )


def _messages(depth: Callable[[], OutboxDepth]) -> Bilingual | None:
    try:
        now = depth()
    except IdolensError as error:
        return error.words
    late = now.waiting if now.oldest_ms > UNDELIVERED_MS else 0
    if not late and not now.dead:
        return None
    return Bilingual(
        zh=f"{late} 条消息迟迟未送达,{now.dead} 条无法送达:"
        "请运行 `idolens alerts list`。",
        en=f"{late} messages are late, {now.dead} were taken by nobody: see"
        " `idolens alerts list`.",
    )


def _alerts(watchman: Watchman) -> Bilingual | None:
    names = ", ".join(sorted(watchman.firing))
    if not names:
        return None
    return Bilingual(zh=f"正在告警:{names}。", en=f"These alerts fire: {names}.")
