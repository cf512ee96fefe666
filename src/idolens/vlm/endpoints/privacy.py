"""Whether a picture sent to an address would leave the house."""

import ipaddress
import socket
from urllib.parse import urlsplit

from idolens.egress import side_of
from idolens.errors import SettingsError
from idolens.vlm.endpoints.failures import EndpointDownError, bare

_HOUSE_NAMES = ("localhost", ".local", ".lan", ".internal", ".home.arpa")


def refuse_public(address: str) -> None:
    """Refuse an address outside the house.

    Raises:
        SettingsError: it is public.
        EndpointDownError: its name is not known, so it can't be told.
    """
    host = (urlsplit(address).hostname or "").casefold()
    if host.endswith(_HOUSE_NAMES):
        return
    if any(side_of(ip) == "outside" for ip in _addresses(host)):
        raise public(address)


def public(address: str) -> SettingsError:
    """Return the error for a server outside the house."""
    address = bare(address)
    return SettingsError(
        f"The model server {address} is public: pictures would leave the house. Set"
        " allow_public_engine if that is agreed with everybody who is in them.",
        f"模型服务器 {address} 位于公网,图片会离开本地:"
        "如已征得画面中所有人同意,请设置 allow_public_engine。",
    )


def _addresses(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EndpointDownError(
            f"The name {host!r} of a model server is not known here ({error}): check"
            " the address, or the network.",
            f"无法解析模型服务器的主机名 {host!r}({error}):请检查地址或网络。",
        ) from error
    return [str(entry[4][0]) for entry in found]
