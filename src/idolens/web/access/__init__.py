"""Who gets in, and what they may do there: roles, logins, keys, the gate before it all.

`permissions` is the file to read first: add a line to its ``RULES`` with every route.
Must not know what a route does.
"""

from idolens.web.access.caller import Caller, caller_of
from idolens.web.access.callers import Callers
from idolens.web.access.gate import AccessGate
from idolens.web.access.permissions import Permission
from idolens.web.access.routes import access_routes

__all__ = [
    "AccessGate",
    "Caller",
    "Callers",
    "Permission",
    "access_routes",
    "caller_of",
]
