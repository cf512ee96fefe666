"""How a model server is, as others see it."""

from dataclasses import dataclass

from idolens.vlm.endpoints.breaker import State


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """One server now.

    Attributes:
        address: as the settings say.
        state: whether it is asked: ``closed`` freely, ``open`` not now.
        in_flight: requests that are out or wait for their turn.
    """

    address: str
    state: State
    in_flight: int
