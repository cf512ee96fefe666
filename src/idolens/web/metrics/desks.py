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
        seen = [([desk.name], desk.state) for desk in self._desks]
        yield gauge("idolens_queue_waiting", [(at, one.waiting) for at, one in seen])
        yield gauge("idolens_queue_running", [(at, one.running) for at, one in seen])
        yield gauge("idolens_queue_limit", [(at, one.limit) for at, one in seen])
        yield gauge("idolens_queue_ceiling", [(at, one.ceiling) for at, one in seen])
        ages = [(at, one.oldest_s) for at, one in seen]
        yield gauge("idolens_queue_age_seconds", ages)
        yield gauge("idolens_brownout_step", [(at, one.step) for at, one in seen])
