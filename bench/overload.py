"""What the service still does when three times as much is asked as it can answer.

For each engine, over HTTP, a new picture in every request:

- capacity: what clients get who ask one thing after the other;
- 1x and 3x: requests come at the capacity, and at three times it, whether or not those
  before have been answered; goodput counts answers within two seconds;
- without a limit: the same three times, straight to the engine; what is left is the
  process's own bound of 128 requests in hand.

`paced` is an engine that answers eight at a time, a quarter of a second each, and whose
memory ends at 24; the service is told to begin with 64 at once, which is wrong, and has
to find out. `embedded` is the shipped model. Both are told that nobody waits for longer
than 0.8 seconds (`wait_s`); all else is as it is shipped.
"""

import itertools
import os
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.figures import Target, publish
from bench.offering import Offered, Offering, joined
from bench.serving import infer_body, serving
from bench.turns import arguments, new_picture, stored_in

PATH = "/vlm/infer"
USEFUL_S = 2.0
WAIT_S = 0.8
LEARNING_S = 10.0
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


@dataclass(frozen=True)
class Times:
    """How long is measured.

    Attributes:
        seconds: of each load in each round.
        warm_s: before it, not measured.
        rounds: how often each has its turn.
    """

    seconds: float
    warm_s: float
    rounds: int


def main() -> int:
    """Measure, print and store the figures."""
    given = arguments(__doc__)
    times = Times(4.0, 1.0, 1) if given.quick else Times(5.0, 2.0, 5)
    pictures = [new_picture(number, 256, 144) for number in range(PICTURES)]
    bodies = [infer_body(one, QUESTION) for one in pictures]
    figures: dict[str, float] = {}
    for engine, (clients, settings) in ENGINES.items():
        figures |= _measured(engine, clients, settings, bodies, times)
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
        notes=f"in turns, {times.rounds} times {times.seconds:g} s of each; arrivals"
        " are random (Poisson); 256x144 JPEGs, no answer is cached; goodput: answers"
        f" within {USEFUL_S:g} s; the service has half of the cores, the client the"
        " others",
        folder=stored_in(given),
    )


def _measured(
    engine: str,
    clients: int,
    settings: Mapping[str, str],
    bodies: Sequence[bytes],
    times: Times,
) -> dict[str, float]:
    """Return the figures of one engine; service and client have cores of their own."""
    cores = sorted(os.sched_getaffinity(0))
    own = set(cores[: max(1, len(cores) // 2)])
    # Else the same picture would be answered from the cache, or find itself read.
    off = {
        "IDOLENS_CACHE__TTL_S": "0",
        "IDOLENS_EMBEDDED_PREFIX_MIB": "0",
        "IDOLENS_THREADS": str(len(own)),
        "IDOLENS_WAIT_S": str(WAIT_S),  # else it keeps those who have given up
    }
    with_door = serving(_command(engine), "/readyz", {**off, **settings}, own)
    without = serving(_command(engine, "--unbounded"), "/readyz", off, own)
    os.sched_setaffinity(0, set(cores) - own or own)
    try:
        with with_door as served:
            offering = Offering(served.port, PATH, itertools.cycle(bodies))
            figures, capacity = _in_turns(offering, engine, clients, times)
        with without as served:
            offering = Offering(served.port, PATH, itertools.cycle(bodies))
            told = offering.paced(
                TIMES * capacity, 3 * times.seconds, times.warm_s, USEFUL_S
            )
            return figures | _of(told, f"{engine}_{TIMES}x_no_limit", capacity)
    finally:
        os.sched_setaffinity(0, set(cores))


def _in_turns(
    offering: Offering, engine: str, clients: int, times: Times
) -> tuple[dict[str, float], float]:
    """Measure capacity and loads in turns, so that noise hits them alike."""
    # What the service learns, and what its processor does at first, is not measured.
    offering.paced(TIMES * offering.in_turn(clients, 2.0, 1.0), LEARNING_S, 0.0, 1.0)
    rates = list[float]()
    loads: dict[str, list[Offered]] = {"1x": [], f"{TIMES}x": []}
    for _ in range(times.rounds):
        rates.append(offering.in_turn(clients, times.seconds, times.warm_s))
        for load, told in loads.items():
            rate = statistics.mean(rates) * int(load.removesuffix("x"))
            told.append(offering.paced(rate, times.seconds, times.warm_s, USEFUL_S))
    capacity = statistics.mean(rates)
    figures = {f"{engine}_capacity_per_s": capacity}
    for load, told in loads.items():
        figures |= _of(joined(told), f"{engine}_{load}", capacity)
    return figures, capacity


def _of(told: Offered, name: str, capacity: float) -> dict[str, float]:
    figures = told.figures(name)
    share = figures[f"{name}_goodput_per_s"] / capacity
    return figures | {f"{name}_goodput_of_capacity": share}


def _command(engine: str, *more: str) -> Callable[[int], Sequence[str]]:
    return lambda port: (
        *("-m", "bench.overload_serve", engine),
        *("--port", str(port), *more),
    )


if __name__ == "__main__":
    sys.exit(main())
