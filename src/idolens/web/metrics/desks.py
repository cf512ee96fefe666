"""How full the desks are, looked at when somebody asks."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.registry import Collector

from idolens.web.desk import Desk
from idolens.web.metrics.families import Family, gauge


class WatchedDesks(Collector):
    """Looks at ``desks``."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._desks = desks

    def describe(self) -> Iterable[Family]:
        """Return nothing: to register must not look yet."""
        return []

    def collect(self) -> Iterator[Family]:
        """Look at every desk."""
        seen = [desk.state for desk in self._desks]
        yield gauge(
            "idolens_queue_waiting", [([one.name], one.waiting) for one in seen]
        )
        yield gauge(
            "idolens_queue_running", [([one.name], one.running) for one in seen]
        )
        yield gauge("idolens_queue_limit", [([one.name], one.limit) for one in seen])
        ages = [([one.name], one.oldest_s) for one in seen]
        yield gauge("idolens_queue_age_seconds", ages)
