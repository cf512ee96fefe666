"""How a decoder and its child talk: one JSON header and raw bytes, over a socket.

JSON, not pickle: what comes back from the child may have been shaped by a hostile
file, and must never be more than data.
"""

import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any, Final, cast

_LENGTHS: Final = struct.Struct("!II")
_HEADER_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Message:
    """What one side says to the other.

    Attributes:
        header: JSON object.
        body: raw bytes: a file, or pixels.
        fds: open files that travel along; the receiver owns them.
    """

    header: dict[str, Any]
    body: bytes | bytearray | memoryview = b""
    fds: tuple[int, ...] = field(default=())


class HungUpError(Exception):
    """The other side is gone, or talks nonsense."""


def send(link: socket.socket, message: Message) -> None:
    """Send one message.

    Raises:
        OSError: the other side is gone, or too slow.
    """
    header = json.dumps(message.header).encode()
    lengths = _LENGTHS.pack(len(header), len(message.body))
    if message.fds:
        socket.send_fds(link, [lengths], list(message.fds))
    else:
        link.sendall(lengths)
    link.sendall(header)
    if message.body:
        link.sendall(message.body)


def receive(link: socket.socket, *, most: int, fds: int = 0) -> Message:
    """Wait for one message.

    Args:
        link: the socket.
        most: largest body to accept, in bytes.
        fds: most open files to accept.

    Raises:
        HungUpError: the other side is gone, or its message breaks the rules.
        TimeoutError: nothing came in the socket's time.
    """
    taken: tuple[int, ...] = ()
    if fds:
        first, received, _, _ = socket.recv_fds(link, _LENGTHS.size, fds)
        taken = tuple(received)
        if not first:
            raise HungUpError
        lengths = first + _read(link, _LENGTHS.size - len(first))
    else:
        lengths = _read(link, _LENGTHS.size)
    header_size, body_size = _LENGTHS.unpack(lengths)
    if header_size > _HEADER_BYTES or body_size > most:
        raise HungUpError
    try:
        header = json.loads(_read(link, header_size))
    except ValueError as error:
        raise HungUpError from error
    if not isinstance(header, dict):
        raise HungUpError
    return Message(cast("dict[str, Any]", header), _read(link, body_size), taken)


def _read(link: socket.socket, count: int) -> bytearray:
    data = bytearray(count)
    view = memoryview(data)
    while view:
        got = link.recv_into(view)
        if not got:
            raise HungUpError
        view = view[got:]
    return data
