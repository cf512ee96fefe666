"""Which addresses are this machine's own."""

from ipaddress import ip_address

from starlette.requests import HTTPConnection

OWN_NAMES = ("localhost", "127.0.0.1", "::1")
"""Host names by which a browser on this machine may call the service."""
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(header: str) -> str:
    """Return the name in a Host header, without its port."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def from_this_machine(connection: HTTPConnection) -> bool:
    """Tell whether a request was made here, to a name of this machine.

    One that a proxy passed on was not, wherever the proxy stands.
    """
    client, headers = connection.client, connection.headers
    return (
        client is not None
        and is_loopback(client.host)
        and is_loopback(host_name(headers.get("host", "")))
        and not any(name in headers for name in _PASSED_ON)
    )
