"""How an open engine is, who hears how long it takes, and how it forgets."""

from collections.abc import Iterator
from dataclasses import dataclass

from idolens.media.meter import Meter
from idolens.vlm.cached import CacheCounts, cache_of
from idolens.vlm.endpoints import EndpointHealth, Fleet
from idolens.vlm.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """One engine now.

    Attributes:
        name: the engine's.
        cache: what became of the answers asked for; None where none are kept.
        shortages: how often memory ran out.
        servers: the model servers behind it.
    """

    name: str
    cache: CacheCounts | None = None
    shortages: int = 0
    servers: tuple[EndpointHealth, ...] = ()


def state_of(engine: Engine) -> EngineState:
    """Return how ``engine`` is; to ask costs nothing."""
    cache = cache_of(engine)
    fleets = [getattr(layer, "fleet", None) for layer in _layers(engine)]
    return EngineState(
        name=engine.name,
        cache=cache.counts if cache else None,
        shortages=shortages_of(engine),
        servers=tuple(
            server
            for fleet in fleets
            if isinstance(fleet, Fleet)
            for server in fleet.health()
        ),
    )


def shortages_of(engine: Engine) -> int:
    """Return how often memory ran out in ``engine``."""
    return sum(int(getattr(one, "shortages", 0)) for one in _layers(engine))


def heard_by(engine: Engine, meter: Meter) -> None:
    """Let ``meter`` hear how long the stages of ``engine`` take, if it can tell."""
    for layer in _layers(engine):
        tell = getattr(layer, "heard_by", None)
        if callable(tell):
            tell(meter)


def forget_pictures(engine: Engine) -> None:
    """Let ``engine`` forget what it read of pictures, if it keeps anything of them."""
    for layer in _layers(engine):
        forget = getattr(layer, "forget", None)
        if callable(forget):
            forget()


def _layers(engine: Engine) -> Iterator[object]:
    """Yield an engine, and those that it was put before."""
    layer: object = engine
    while layer is not None:
        yield layer
        layer = getattr(layer, "inner", None)
