"""Asks model servers over HTTP: which one, for how long, and what to do when it fails.

Takes addresses and JSON, gives JSON or an error whose type says whether to try again.
Knows no question and no model: what is asked is the engines' business.
"""

from idolens.vlm.endpoints.failures import (
    EndpointDownError,
    MissingError,
    RefusedError,
)
from idolens.vlm.endpoints.fleet import OPENING_S, Fleet, open_fleet
from idolens.vlm.endpoints.health import EndpointHealth
from idolens.vlm.endpoints.pool import Pool

__all__ = [
    "OPENING_S",
    "EndpointDownError",
    "EndpointHealth",
    "Fleet",
    "MissingError",
    "Pool",
    "RefusedError",
    "open_fleet",
]
