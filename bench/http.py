"""`/vlm/infer` over HTTP: what the service adds, what is cached, what Flask does.

- overhead: a request about a new picture, less the engine alone on the same picture;
- cached: the same request again, and how many a second the service takes on one core;
- against the Flask script in flask_script.py, 8 clients at once, the same checkpoint:
  `fresh` asks one question about every picture, `many` asks ten, one per request;
  our service runs the embedded engine, then `glm` on the processor.
"""

import os
import statistics
import sys
import time
from contextlib import closing

from bench.figures import Target, publish
from bench.serving import (
    Client,
    flask_script,
    idolens_serve,
    infer_body,
    serving,
    throughput,
)
from bench.turns import CHECKPOINT, arguments, new_picture, stored_in
from idolens.settings import Settings
from idolens.vlm.catalog import open_engine
from idolens.vlm.phrasing import question_for

PATH = "/vlm/infer"
CLIENTS = 8
_SEEN = ("人物", "文字", "水印", "烟雾", "灯光", "乐器", "动物", "车辆", "字幕", "道具")
QUESTIONS = tuple(f"画面中是否有{thing}?" for thing in _SEEN)
CACHED_REQUESTS = 2000


def main() -> int:
    """Measure, print and store the figures."""
    given = arguments(__doc__)
    runs = 2 if given.quick else max(20, given.runs)
    seconds = 4.0 if given.quick else 30.0
    figures = _overhead(runs)
    figures |= _cached(100 if given.quick else CACHED_REQUESTS, seconds)
    figures |= _against_flask(1 if given.quick else 6, seconds)
    targets = [
        Target("overhead_p50_ms", 3),
        Target("cached_p50_ms", 2),
        Target("cached_requests_per_s_on_one_core", 1000, at_least=True),
        Target("many_embedded_over_flask", 5, at_least=True),
        Target("many_glm_over_flask", 5, at_least=True),
    ]
    return publish(
        "http",
        figures,
        targets,
        check=given.check,
        notes=f"512x288 JPEGs; overhead: medians of {runs} pairs of a request and the "
        f"engine alone; {CLIENTS} clients; all servers on all cores, one after the "
        "other; Flask's own threaded server, generate of at most 16 tokens",
        folder=stored_in(given),
    )


def _overhead(runs: int) -> dict[str, float]:
    """Hold requests about new pictures against the engine alone."""
    words = QUESTIONS[0]
    whole, alone = list[float](), list[float]()
    with (
        closing(open_engine(Settings())) as engine,
        serving(idolens_serve(), "/readyz") as served,
        closing(Client(served.port)) as client,
    ):
        for run in range(runs + 2):
            picture = new_picture(run)
            body = infer_body(picture, words)
            begin = time.perf_counter()
            client.post(PATH, body)
            between = time.perf_counter()
            engine.answer([picture], [question_for(words)])
            end = time.perf_counter()
            if run >= 2:  # noqa: PLR2004 - two warm up
                whole.append((between - begin) * 1000)
                alone.append((end - between) * 1000)
    added = [both - one for both, one in zip(whole, alone, strict=True)]
    return {
        "request_p50_ms": statistics.median(whole),
        "engine_p50_ms": statistics.median(alone),
        "overhead_p50_ms": statistics.median(added),
    }


def _cached(requests: int, at_most_s: float) -> dict[str, float]:
    """Ask again what was just answered, of a service that has one core."""
    cores = sorted(os.sched_getaffinity(0))
    body = infer_body(new_picture(0), QUESTIONS[0])
    times: list[float] = []
    with serving(idolens_serve(), "/readyz", cores={cores[0]}) as served:
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        try:
            with closing(Client(served.port)) as client:
                client.post(PATH, body)
                before = served.cpu_s()
                for _ in range(requests // 4):
                    begin = time.perf_counter()
                    client.post(PATH, body)
                    times.append((time.perf_counter() - begin) * 1000)
            cpu = (served.cpu_s() - before) / len(times)
            share = [[body] * (requests // CLIENTS)] * CLIENTS
            rate = throughput(served.port, PATH, share, at_most_s)
        finally:
            os.sched_setaffinity(0, set(cores))
    return {
        "cached_p50_ms": statistics.median(times),
        "cached_server_cpu_ms": cpu * 1000,
        "cached_requests_per_s_on_one_core": rate,
    }


def _against_flask(pictures: int, at_most_s: float) -> dict[str, float]:
    """Let eight clients ask all servers the same, and compare what they get done."""
    figures: dict[str, float] = {}
    on_torch = {
        "IDOLENS_ENGINE": "glm",
        "IDOLENS_GLM__MODEL": str(CHECKPOINT.absolute()),
        "IDOLENS_GLM__DEVICE": "cpu",
    }
    servers = {
        "embedded": (idolens_serve(), {}),
        "glm": (idolens_serve(), on_torch),
        "flask": (flask_script(CHECKPOINT), {}),
    }
    for name, (command, environment) in servers.items():
        with serving(command, "/readyz", environment) as served:
            with closing(Client(served.port)) as client:
                client.post(PATH, infer_body(new_picture(99_999), QUESTIONS[0]))
            for load, bodies in _loads(pictures).items():
                rate = throughput(served.port, PATH, bodies, at_most_s)
                figures[f"{load}_{name}_requests_per_s"] = rate
    return figures | {
        f"{load}_{ours}_over_flask": figures[f"{load}_{ours}_requests_per_s"]
        / figures[f"{load}_flask_requests_per_s"]
        for load in ("fresh", "many")
        for ours in ("embedded", "glm")
    }


def _loads(pictures: int) -> dict[str, list[list[bytes]]]:
    """Return what each client asks, by load."""
    fresh, many = list[list[bytes]](), list[list[bytes]]()
    for client in range(CLIENTS):
        mine = [new_picture(1000 * (client + 1) + n) for n in range(pictures)]
        many.append([infer_body(one, words) for one in mine for words in QUESTIONS])
        others = (
            new_picture(1000 * (client + 1) + 500 + n)
            for n in range(pictures * len(QUESTIONS))
        )
        fresh.append([infer_body(one, QUESTIONS[0]) for one in others])
    return {"fresh": fresh, "many": many}


if __name__ == "__main__":
    sys.exit(main())
