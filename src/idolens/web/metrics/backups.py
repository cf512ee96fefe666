"""How old the newest backup is, looked at when somebody asks."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.registry import Collector

from idolens.web.metrics.families import Family, gauge


class WatchedBackups(Collector):
    """Looks at the backups.

    Args:
        age_s: gives how old the newest one is, in seconds; None where none are made.
    """

    def __init__(self, age_s: Callable[[], float | None]) -> None:
        self._age_s = age_s

    def describe(self) -> Iterable[Family]:
        """Return nothing: to register must not look yet."""
        return []

    def collect(self) -> Iterator[Family]:
        """Look."""
        age_s = self._age_s()
        if age_s is not None:
            yield gauge("idolens_backup_age_seconds", [((), age_s)])
