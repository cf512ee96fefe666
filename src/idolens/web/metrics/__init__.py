"""What /metrics tells: counts, times and levels, never anything of a picture or word.

Takes what happens from whoever measures (a `Meter`), and looks at the rest when asked.
Must not know what anybody does with the figures.
"""

from idolens.web.metrics.backups import WatchedBackups
from idolens.web.metrics.cards import Cards
from idolens.web.metrics.desks import WatchedDesks
from idolens.web.metrics.gate import MeterGate
from idolens.web.metrics.grafana import dashboard
from idolens.web.metrics.measures import Metrics
from idolens.web.metrics.routes import metrics_routes
from idolens.web.metrics.watching import Watched

__all__ = [
    "Cards",
    "MeterGate",
    "Metrics",
    "Watched",
    "WatchedBackups",
    "WatchedDesks",
    "dashboard",
    "metrics_routes",
]
