"""What is looked at when somebody asks: engines, cards, disk, database, outbox.

Nothing is opened for it: an engine that nobody has asked yet is not loaded to be
counted. A part that cannot be read leaves its figures out, and is counted itself.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from prometheus_client.registry import Collector

from idolens.archive import DiskLevel, OutboxDepth
from idolens.errors import IdolensError
from idolens.vlm.cached import CacheCounts
from idolens.vlm.endpoints import EndpointHealth
from idolens.vlm.engine_state import EngineState
from idolens.web.metrics.cards import Card
from idolens.web.metrics.families import Family, counter, gauge
from idolens.web.metrics.measures import Metrics


class Watched(Collector):
    """Looks at the parts of a service.

    Args:
        metrics: where failures to look are counted.
        home: the data folder.
        engines: gives the state of the engines that are open.
        cards: gives the graphics cards.
        outbox: gives how much waits to be told; None while there is no outbox.
        level: gives what the disk still allows.
    """

    def __init__(
        self,
        metrics: Metrics,
        home: Path,
        *,
        engines: Callable[[], Iterable[EngineState]],
        cards: Callable[[], Iterable[Card]],
        outbox: Callable[[], OutboxDepth | None],
        level: Callable[[], DiskLevel],
    ) -> None:
        self._metrics = metrics
        self._home = home
        self._parts: dict[str, Callable[[], Iterator[Family]]] = {
            "engines": lambda: _of_engines(list(engines())),
            "cards": lambda: _of_cards(list(cards())),
            "disk": self._disk,
            "disk_state": lambda: _of_disk(level()),
            "database": self._database,
            "outbox": lambda: _of_outbox(outbox()),
        }

    def describe(self) -> Iterable[Family]:
        """Return nothing: to register must not look yet."""
        return []

    def collect(self) -> Iterator[Family]:
        """Look at every part."""
        for name, part in self._parts.items():
            try:
                families = list(part())
            except (IdolensError, OSError):
                self._metrics.failed(name)
            else:
                yield from families

    def _disk(self) -> Iterator[Family]:
        home = self._home.absolute()
        there = next(place for place in (home, *home.parents) if place.exists())
        usage = shutil.disk_usage(there)
        yield gauge("idolens_disk_free_bytes", [((), usage.free)])
        yield gauge("idolens_disk_bytes", [((), usage.total)])

    def _database(self) -> Iterator[Family]:
        file = self._home / "idolens.sqlite"
        log = file.with_name(f"{file.name}-wal")
        sizes = [(["database"], _size(file)), (["log"], _size(log))]
        yield gauge("idolens_database_bytes", sizes)


def _of_disk(level: DiskLevel) -> Iterator[Family]:
    states = [([one.word], one is level) for one in DiskLevel]
    yield gauge("idolens_disk_state", states)


def _of_engines(engines: list[EngineState]) -> Iterator[Family]:
    outcomes: Counter[str] = Counter()
    for engine in engines:
        outcomes.update(_outcomes(engine.cache or CacheCounts()))
    shortages = sum(engine.shortages for engine in engines)
    servers = [server for engine in engines for server in engine.servers]
    counted = [([name], count) for name, count in outcomes.items()]
    yield counter("idolens_cached_answers", counted)
    yield counter("idolens_memory_shortages", [((), shortages)])
    yield gauge(
        "idolens_endpoint_state",
        [
            ([place(server), state], server.state == state)
            for server in servers
            for state in ("closed", "open", "half_open")
        ],
    )
    yield gauge(
        "idolens_endpoint_in_flight",
        [([place(server)], server.in_flight) for server in servers],
    )


def place(server: EndpointHealth) -> str:
    """Return host and port of a model server, without a name or key in its address."""
    return urlsplit(server.address).netloc.rpartition("@")[2]


def _outcomes(counts: CacheCounts) -> dict[str, int]:
    return {
        "hit": counts.hits,
        "near_hit": counts.near_hits,
        "joined": counts.joined,
        "miss": counts.misses,
        "evicted": counts.evictions,
    }


def _of_cards(cards: list[Card]) -> Iterator[Family]:
    yield gauge("idolens_gpu_present", [((), bool(cards))])
    told: dict[str, Callable[[Card], float | None]] = {
        "idolens_gpu_use_ratio": lambda card: card.use,
        "idolens_gpu_memory_used_bytes": lambda card: card.memory_used,
        "idolens_gpu_memory_bytes": lambda card: card.memory,
        "idolens_gpu_temperature_celsius": lambda card: card.celsius,
    }
    for name, of_card in told.items():
        values = [([str(card.number)], of_card(card)) for card in cards]
        yield gauge(name, [(at, value) for at, value in values if value is not None])


def _of_outbox(depth: OutboxDepth | None) -> Iterator[Family]:
    if depth is None:
        return
    counts = [(["waiting"], depth.waiting), (["dead"], depth.dead)]
    yield gauge("idolens_outbox_messages", counts)
    yield gauge("idolens_outbox_age_seconds", [((), depth.oldest_ms / 1000)])


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
