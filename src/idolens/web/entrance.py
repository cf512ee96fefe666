"""Says aloud when people get in without an account: a figure, and a shortfall."""

from collections.abc import Iterable, Iterator

from prometheus_client.registry import Collector

from idolens.vocabulary import Bilingual
from idolens.web.access import Callers
from idolens.web.metrics.families import Family, gauge

_EVERYBODY = 2
_OPEN = Bilingual(
    zh="没有帐号：任何能访问本服务的人都可以使用它。请运行 `idolens accounts "
    "create-admin 名称`。",
    en="There is no account: everybody who can reach this service may use it. Run "
    "`idolens accounts create-admin NAME`.",
)


class WatchedEntrance(Collector):
    """Looks at who gets in.

    Args:
        callers: knows it.
    """

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def describe(self) -> Iterable[Family]:
        """Return nothing: to register must not look yet."""
        return []

    def collect(self) -> Iterator[Family]:
        """Look."""
        yield gauge("idolens_open_access", [([], self._callers.openness())])


def open_words(callers: Callers) -> Bilingual | None:
    """Say so where others than this machine are let in without an account."""
    return _OPEN if callers.openness() == _EVERYBODY else None
