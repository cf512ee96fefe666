"""Watches a running service: what /metrics looks at, who is told, what is degraded."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Protocol

from idolens.archive import Archive, DiskLevel, OutboxDepth
from idolens.errors import IdolensError
from idolens.jobs.alerting import open_alerting
from idolens.jobs.watchman import Watchman
from idolens.settings import Settings
from idolens.vlm.engine_state import EngineState
from idolens.vocabulary import Bilingual
from idolens.web.full_disk import disk_words
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

    @property
    def standing_still(self) -> int:
        """How many analyses nobody is at work on."""
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

    def level() -> DiskLevel:
        return house.archive.disk.level

    metrics.watch(
        Watched(
            metrics,
            settings.home,
            engines=lambda: house.engine_states,
            cards=Cards().look,
            outbox=depth,
            level=level,
        )
    )
    with open_alerting(settings, lambda: house.archive, metrics) as watchman:
        metrics.alerts(lambda: watchman.firing, lambda: watchman.silent_s)
        yield {
            "model_servers": Soft(lambda: _servers(house.engine_states)),
            "messages": Soft(lambda: _messages(depth)),
            "alerts": Soft(lambda: _alerts(watchman)),
            "disk_room": Soft(lambda: disk_words(house.archive.disk)),
            "jobs": Soft(lambda: _jobs(house.standing_still)),
            "watchman": Soft(lambda: _watchman(watchman)),
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


def _jobs(still: int) -> Bilingual | None:
    if not still:
        return None
    return Bilingual(
        zh=f"{still} 个分析任务未完成且没有在进行：请运行 `idolens resume`。",
        en=f"{still} analyses are unfinished and stand still: run `idolens resume`.",
    )


def _watchman(watchman: Watchman) -> Bilingual | None:
    silent_s = watchman.silent_s
    if silent_s <= watchman.patience_s:
        return None
    return Bilingual(
        zh=f"告警规则已有 {silent_s:.0f} 秒未能检查：请查看日志，必要时重启服务。",
        en=f"The alert rules could not be looked at for {silent_s:.0f} s: see the log, "
        "and start the service anew if need be.",
    )
