"""Serves /api/v1: what the studio has looked at, and what it makes of it.

Takes an open studio; gives routes, one file a resource with its shapes beside it.
Must not know how a job runs, what a table looks like, or what a policy means.
"""

from idolens.web.api.past_limit import PastLimit
from idolens.web.api.repeating import repeatable
from idolens.web.api.routes import api_routes

__all__ = ["PastLimit", "api_routes", "repeatable"]
