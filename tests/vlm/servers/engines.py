"""Engines on stub servers, ready to be asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from idolens.settings import ChatSettings, DecisionsSettings
from idolens.vlm.chat import ChatEngine
from idolens.vlm.decisions import DecisionsEngine
from tests.vlm.servers.chatting import MODEL, ChatStub, Dialect
from tests.vlm.servers.deciding import DecisionStub
from tests.vlm.servers.listening import Call, Listening, Said, listen

Spoil = Callable[[int, Call], Said | None]
QUICK: dict[str, Any] = {
    "deadline_s": 10.0,
    "request_s": 5.0,
    "rest_s": 0.1,
    "health_every_s": 60.0,
}
"""Settings for tests: nothing waits for long."""


@contextmanager
def chat_engine(
    *stubs: ChatStub, least_mass: float = 0.5, **settings: Any
) -> Iterator[tuple[ChatEngine, list[Listening]]]:
    """An engine on one server a stub."""
    with _listening(stubs) as servers:
        listed = stubs[0].dialect.lists
        given = {"model": "" if listed else MODEL, **QUICK, **settings}
        urls = tuple(server.url for server in servers)
        remote = ChatSettings(endpoints=urls, **given)
        engine = ChatEngine(remote, allow_public=True, least_mass=least_mass)
        try:
            yield engine, servers
        finally:
            engine.close()


@contextmanager
def decisions_engine(
    *stubs: DecisionStub, least_mass: float = 0.5, **settings: Any
) -> Iterator[tuple[DecisionsEngine, list[Listening]]]:
    """An engine on one server a stub."""
    with _listening(stubs) as servers:
        urls = tuple(server.url for server in servers)
        remote = DecisionsSettings(endpoints=urls, **(QUICK | settings))
        engine = DecisionsEngine(remote, least_mass=least_mass)
        try:
            yield engine, servers
        finally:
            engine.close()


@contextmanager
def _listening(stubs: tuple[Any, ...]) -> Iterator[list[Listening]]:
    if not stubs:
        yield []
        return
    with listen(stubs[0]) as first, _listening(stubs[1:]) as rest:
        yield [first, *rest]


def dialects() -> dict[str, Dialect]:
    """Every kind of chat server there is a stub of."""
    from tests.vlm.servers import chatting  # noqa: PLC0415

    return {
        name.lower(): value
        for name, value in vars(chatting).items()
        if isinstance(value, Dialect)
    }
