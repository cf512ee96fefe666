"""Talks to a running idolens from Python: uploads, follows, reads, judges, asks.

Takes the address of a service and a key; gives the same typed replies that the service
makes. Must not know the database, the engine, or anything else behind the service.
"""

from idolens.client.client import Client
from idolens.client.listening import Heard
from idolens.client.refusal import RefusedError

__all__ = ["Client", "Heard", "RefusedError"]
