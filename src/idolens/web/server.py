"""Runs the service on one address until it is told to stop."""

import signal
import socket
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from idolens.errors import SettingsError
from idolens.settings import Settings
from idolens.web.addresses import is_loopback
from idolens.web.app import create_app, own_version
from idolens.web.health import Check
from idolens.web.house import House
from idolens.web.leaving import REQUESTS_S, leave_in_time
from idolens.web.metrics import Metrics
from idolens.web.patience import PatientProtocol, expect_life
from idolens.web.records import Records
from idolens.web.references import References
from idolens.web.taking_up import taking_up

_CONNECTIONS = 128
_MOST_CONNECTIONS = 512  # far above what CrowdGate lets in, which has words for it
_ANY = ("0.0.0.0", "::")  # noqa: S104 - every address of this machine; see below


def listen(settings: Settings, *, has_admin: bool = False) -> socket.socket:
    """Open the service's address, before anything slow is started.

    Args:
        settings: which address.
        has_admin: whether there is an account that looks after the others.

    Raises:
        SettingsError: the port is taken, the address is not this machine's, or it
            can be reached from outside and there is no admin or no host name.
    """
    _refuse_open_door(settings, has_admin=has_admin)
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
    expect_life(door, settings.clients)
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
    metrics: Metrics | None = None,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Answer requests on ``door`` until SIGINT or SIGTERM, then end what is begun."""
    records = Records(settings.logs, References(settings.home))
    records.listen()
    closing = threading.Event()
    app = create_app(
        eyes,
        settings,
        records=records,
        checks=checks,
        metrics=metrics,
        on_ready=on_ready,
        closing=closing,
    )
    # uvicorn raises the signal again when it is done; by default that would end the
    # process at once, with the studio still open.
    before = signal.signal(signal.SIGTERM, _stop)
    leave_in_time(closing, eyes.wind_down, records)
    records.write("started", version=own_version(), port=door.getsockname()[1])
    try:
        with taking_up(eyes, closing, records):
            Server(configured(app, settings), closing).run(sockets=[door])
    except KeyboardInterrupt:
        pass
    finally:
        records.write("stopped")
        records.close()
        door.close()
        signal.signal(signal.SIGTERM, before)


def configured(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves ``app``."""
    protocol = partial(PatientProtocol, settings.clients, settings.language)
    return uvicorn.Config(
        app,
        http=cast("Any", protocol),  # uvicorn calls it as it would call the class
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=cast("int", REQUESTS_S),
    )


class Server(uvicorn.Server):
    """Says that it is about to end before it waits for what is begun.

    Args:
        config: as uvicorn takes it.
        closing: set then; streams that would go on for ever end by it.
    """

    def __init__(self, config: uvicorn.Config, closing: threading.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        self._closing.set()
        await super().shutdown(sockets)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse_open_door(settings: Settings, *, has_admin: bool) -> None:
    if is_loopback(settings.host):
        return
    if not has_admin and not settings.insecure_open_lan:
        raise SettingsError(
            f"{settings.host} can be reached from other machines and there is no "
            "account yet: run `idolens accounts create-admin NAME` first.",
            f"{settings.host} 可被其他机器访问，而目前还没有帐号："
            "请先运行 `idolens accounts create-admin 名称`。",
        )
    if settings.allowed_hosts or settings.host not in _ANY:
        return
    raise SettingsError(
        f"Nobody could call the service at {settings.host}: name the hosts that it "
        'goes by in IDOLENS_ALLOWED_HOSTS (e.g. ["studio.lan"]).',
        f"监听 {settings.host} 时无人能够访问：请在 IDOLENS_ALLOWED_HOSTS 中写明"
        '服务的主机名(如 ["studio.lan"])。',
    )
