"""Every metric: name, kind, labels, what it means. The dashboard is made from this.

Labels come from closed lists (routes, codes of errors, names of the settings), so that
nobody's input can make a new series. Each part of the service has a table of its own.
"""

from typing import Final

from idolens.web.metrics.table.alerts import ALERTS
from idolens.web.metrics.table.machine import MACHINE
from idolens.web.metrics.table.metric import ROWS, Kind, Metric, Row
from idolens.web.metrics.table.model import MODEL
from idolens.web.metrics.table.requests import REQUESTS
from idolens.web.metrics.table.work import WORK

METRICS: Final = (*REQUESTS, *MODEL, *WORK, *MACHINE, *ALERTS)
"""All metrics of the service, beside those of its process (``process_…``)."""

__all__ = ["METRICS", "ROWS", "Kind", "Metric", "Row"]
