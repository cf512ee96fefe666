"""The only way out of the house: connections to hosts that the settings name.

Takes the hosts and how far they may be; gives HTTP clients and sockets that go to
these and nowhere else. A name is looked up once for a connection, every address that
it has is judged, and the connection goes to an address that was judged. Nothing is
taken from the environment, and nothing is followed unless the caller says so. Must
not know what is sent.
"""

from idolens.egress.address import Side, side_of
from idolens.egress.clients import Limit, async_client, client, connect
from idolens.egress.reach import ForbiddenError, Reach

__all__ = [
    "ForbiddenError",
    "Limit",
    "Reach",
    "Side",
    "async_client",
    "client",
    "connect",
    "side_of",
]
