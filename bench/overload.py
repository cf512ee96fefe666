"""What the service still does when three times as much is asked as it can answer.

For each engine, over HTTP, a new picture in every request:

- capacity: what clients get who ask one thing after the other;
- 1x and 3x: requests come at the capacity, and at three times it, whether or not those
  before have been answered; goodput counts answers within two seconds;
- without a limit: the same three times, straight to the engine.

`paced` is an engine that answers eight at a time, a quarter of a second each, and whose
memory ends at 24; the service is told to begin with 64 at once, which is wrong, and has
to find out. `embedded` is the shipped model, with the settings as they are shipped.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.figures import Target, publish
from bench.offering import Offered, Offering
from bench.serving import infer_body, serving
from bench.turns import arguments, new_picture, stored_in

PATH = "/vlm/infer"
USEFUL_S = 2.0
TIMES = 3
QUESTION = "画面中是否有人物?"
PICTURES = 400
WRONG = {
    "IDOLENS_REQUESTS_AT_ONCE": "64",
    "IDOLENS_LOAD__CEILING": "64",
    "IDOLENS_LOAD__SLOW_S": "0.6",
}
ENGINES: Mapping[str, tuple[int, Mapping[str, str]]] = {
    "paced": (16, WRONG),
    "embedded": (8, {}),
}
"""How many clients find the capacity, and the service's settings."""


def main() -> int:
    """Measure, print and store the figures."""
    given = arguments(__doc__)
    seconds, warm_s = (4.0, 2.0) if given.quick else (20.0, 10.0)
    pictures = [new_picture(number, 256, 144) for number in range(PICTURES)]
    bodies = [infer_body(one, QUESTION) for one in pictures]
    figures: dict[str, float] = {}
    for engine, (clients, settings) in ENGINES.items():
        figures |= _measured(engine, clients, settings, bodies, (seconds, warm_s))
    targets = [
        target
        for engine in ENGINES
        for target in (
            Target(f"{engine}_3x_goodput_of_capacity", 0.9, at_least=True),
            Target(f"{engine}_3x_refusal_p99_ms", 1000),
        )
    ]
    return publish(
        "overload",
        figures,
        targets,
        check=given.check,
        notes=f"{seconds:g} s each after {warm_s:g} s of warming up; arrivals are"
        " random (Poisson); 256x144 JPEGs, no answer is cached; goodput: answers"
        f" within {USEFUL_S:g} s; the client computes on the same machine",
        folder=stored_in(given),
    )


def _measured(
    engine: str,
    clients: int,
    settings: Mapping[str, str],
    bodies: Sequence[bytes],
    times: tuple[float, float],
) -> dict[str, float]:
    """Return the figures of one engine."""
    seconds, warm_s = times
    # Else the same picture would be answered from the cache, or find itself read.
    off = {"IDOLENS_CACHE__TTL_S": "0", "IDOLENS_EMBEDDED_PREFIX_MIB": "0"}
    figures: dict[str, float] = {}
    with serving(_command(engine), "/readyz", {**off, **settings}) as served:
        offering = Offering(served.port, PATH, _forever(bodies))
        capacity = offering.in_turn(clients, seconds, warm_s)
        figures[f"{engine}_capacity_per_s"] = capacity
        for name, times_capacity in (("1x", 1), (f"{TIMES}x", TIMES)):
            told = offering.paced(times_capacity * capacity, seconds, warm_s, USEFUL_S)
            figures |= _of(told, f"{engine}_{name}", capacity)
    with serving(_command(engine, "--unbounded"), "/readyz", off) as served:
        offering = Offering(served.port, PATH, _forever(bodies))
        told = offering.paced(TIMES * capacity, seconds, warm_s, USEFUL_S)
        figures |= _of(told, f"{engine}_{TIMES}x_no_limit", capacity)
    return figures


def _of(told: Offered, name: str, capacity: float) -> dict[str, float]:
    figures = told.figures(name)
    share = figures[f"{name}_goodput_per_s"] / capacity
    return figures | {f"{name}_goodput_of_capacity": share}


def _command(engine: str, *more: str) -> Callable[[int], Sequence[str]]:
    return lambda port: (
        *("-m", "bench.overload_serve", engine),
        *("--port", str(port), *more),
    )


def _forever(bodies: Sequence[bytes]) -> Iterator[bytes]:
    return itertools.cycle(bodies)


if __name__ == "__main__":
    sys.exit(main())
