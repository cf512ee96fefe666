"""Runs the service on one address until it is told to stop."""

import signal
import socket
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from types import FrameType

import uvicorn

from idolens.errors import SettingsError
from idolens.settings import Settings
from idolens.web.app import create_app, own_version
from idolens.web.health import Check
from idolens.web.house import House
from idolens.web.records import Records

_CONNECTIONS = 128
_GRACE_S = 10


def listen(settings: Settings) -> socket.socket:
    """Open the service's address, before anything slow is started.

    Raises:
        SettingsError: the port is taken, the address is not this machine's, or it
            can be reached from outside and no host name was allowed.
    """
    _refuse_open_door(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
    except OSError as error:
        door.close()
        raise SettingsError(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
            "stop what uses the port, or choose another with --port.",
            f"无法监听 {settings.host}:{settings.port}({error.strerror});"
            "请停止占用该端口的程序，或用 --port 换一个端口。",
        ) from error
    door.listen(_CONNECTIONS)
    return door


def address_of(door: socket.socket) -> str:
    """Return the URL under which ``door`` answers."""
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    eyes: House,
    settings: Settings,
    door: socket.socket,
    *,
    checks: Mapping[str, Check] | None = None,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Answer requests on ``door`` until SIGINT or SIGTERM, then end what is begun."""
    records = Records(settings.logs)
    records.listen()
    app = create_app(eyes, settings, records=records, checks=checks, on_ready=on_ready)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
    # uvicorn raises the signal again when it is done; by default that would end the
    # process at once, with the studio still open.
    before = signal.signal(signal.SIGTERM, _stop)
    records.write("started", version=own_version(), port=door.getsockname()[1])
    try:
        uvicorn.Server(config).run(sockets=[door])
    except KeyboardInterrupt:
        pass
    finally:
        records.write("stopped")
        records.close()
        door.close()
        signal.signal(signal.SIGTERM, before)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse_open_door(settings: Settings) -> None:
    if settings.allowed_hosts or _is_loopback(settings.host):
        return
    raise SettingsError(
        f"{settings.host} can be reached from other machines and there is no login "
        "yet; name the hosts that the service may be called by in "
        'IDOLENS_ALLOWED_HOSTS (e.g. ["studio.lan"]) to listen there all the same.',
        f"{settings.host} 可被其他机器访问，而目前还没有登录功能；如确需监听，请在 "
        'IDOLENS_ALLOWED_HOSTS 中写明允许的主机名(如 ["studio.lan"])。',
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
