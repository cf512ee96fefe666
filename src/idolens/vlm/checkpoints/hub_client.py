"""How a hub is asked: at its own address, and where on the internet it sends on to."""

import httpx2

from idolens.egress import Limit, Reach, client

LISTING = Limit(most_bytes=64 << 20, seconds=120.0)
"""What a hub may say of one model."""


def hub_client(
    endpoint: str, timeout_s: float, limit: Limit | None = None
) -> httpx2.Client:
    """Return a client for the hub at ``endpoint``.

    Hubs keep large files in stores of the internet and send on to them, so redirects
    are followed there, but never to an address inside the house. ``SSL_CERT_FILE`` may
    name the studio's own authority; no proxy is taken from the environment.
    """
    return client(
        Reach([endpoint], onwards=True),
        timeout_s=timeout_s,
        limit=limit,
        onwards=True,
        trust=httpx2.create_ssl_context(trust_env=True),
    )
