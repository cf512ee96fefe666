"""Which hosts can be gone to, and on which of their addresses."""

import socket
import threading
from collections.abc import Callable, Iterable

import httpx2

from idolens.egress.address import Side, side_of
from idolens.vocabulary import Bilingual

LookUp = Callable[[str, int], list[str]]
"""Gives all addresses of a host; raises OSError where there is none."""
_WEB = (80, 443)


class ForbiddenError(httpx2.ConnectError):
    """A connection that must not be made. To most callers: nobody answers there.

    Attributes:
        words: why, and what to do.
    """

    def __init__(self, words: Bilingual) -> None:
        super().__init__(words.en)
        self.words = words


def system_look_up(host: str, port: int) -> list[str]:
    """Ask the system, as every other program does."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Reach:
    """The hosts that the settings name. Safe to use from several threads.

    A host stays on the side of the house's door where it was found first: a name that
    suddenly leads elsewhere is somebody's trick, or a mistake that would let pictures
    out.

    Args:
        addresses: URLs, or bare host names, as they stand in the settings.
        outside: whether these hosts may lie outside the house.
        onwards: whether hosts of the internet may be gone to that are not named, at
            the ports of the web: hubs send on to stores of theirs.
        look_up: gives the addresses of a host.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        outside: bool = True,
        onwards: bool = False,
        look_up: LookUp = system_look_up,
    ) -> None:
        self._hosts = frozenset(map(host_of, addresses))
        self._outside = outside
        self._onwards = onwards
        self._look_up = look_up
        self._sides: dict[str, Side] = {}
        self._lock = threading.Lock()

    def addresses(self, host: str, port: int) -> list[str]:
        """Return where ``host`` is now; each address may be connected to.

        Raises:
            ForbiddenError: it must not be gone to.
            ConnectError: it has no address.
        """
        host = host.lower()
        named = host in self._hosts
        if not named and not (self._onwards and port in _WEB):
            raise _stranger(host)
        try:
            found = self._look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError(f"no address of that name: {error}") from error
        sides: set[Side] = {side_of(address) for address in found}
        if "never" in sides or len(sides) != 1:
            raise _nowhere(host)
        (side,) = sides
        self._check(host, side, named=named)
        return found

    def _check(self, host: str, side: Side, *, named: bool) -> None:
        if side == "inside" and not named:
            raise _stranger(host)
        if side == "outside" and not self._outside:
            raise _leaves(host)
        with self._lock:
            if self._sides.setdefault(host, side) != side:
                raise _moved(host)


def host_of(address: str) -> str:
    """Return the host of a URL, or of what is one already, as connections name it."""
    text = address if "://" in address else f"tcp://{address}"
    try:
        return httpx2.URL(text).raw_host.decode("ascii").lower()
    except httpx2.InvalidURL:
        return ""  # goes nowhere; whoever connects says what is wrong with it


def _stranger(host: str) -> ForbiddenError:
    return ForbiddenError(
        Bilingual(
            en=f"{host} is not named in the settings, so nothing is sent there: name it"
            " if that is what you want.",
            zh=f"设置中没有 {host},不会向其发送任何内容：如确有需要，请在设置中写明。",
        )
    )


def _nowhere(host: str) -> ForbiddenError:
    return ForbiddenError(
        Bilingual(
            en=f"The name {host} leads to addresses that nothing is sent to"
            " (link-local, multicast, a cloud's metadata, or inside and outside at"
            " once): correct the address.",
            zh=f"{host} 解析到不允许连接的地址(链路本地、组播、云元数据，或同时指向"
            "内外网):请更正地址。",
        )
    )


def _leaves(host: str) -> ForbiddenError:
    return ForbiddenError(
        Bilingual(
            en=f"{host} is outside the house now, and pictures stay in it: check its"
            " name, or set allow_public_engine if everybody in them agrees.",
            zh=f"{host} 现在指向公网，图片不会离开本地：请检查该名称；如已征得画面中"
            "所有人同意，请设置 allow_public_engine。",
        )
    )


def _moved(host: str) -> ForbiddenError:
    return ForbiddenError(
        Bilingual(
            en=f"The name {host} has moved from one side of the house's door to the"
            " other: if you moved it, restart idolens.",
            zh=f"{host} 的解析结果在内网与公网之间发生了变化：如是您所为，"
            "请重新启动 idolens。",
        )
    )
