"""What is looked at is looked at when asked, and a part that fails fails alone."""

from types import SimpleNamespace

from idolens.archive import DiskLevel, OutboxDepth
from idolens.errors import ArchiveError
from idolens.vlm.cached import CacheCounts
from idolens.vlm.endpoints import EndpointHealth
from idolens.vlm.engine_state import EngineState
from idolens.web.metrics import Cards, Metrics, Watched
from idolens.web.metrics.cards import Card


class FakeNvml:
    """NVIDIA's library with one card that does not tell its use."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    def __init__(self, cards: int) -> None:
        self.cards = cards
        self.opened = 0

    def nvmlInit(self):  # noqa: N802 - as the library calls it
        self.opened += 1
        if not self.cards:
            raise self.NVMLError

    def nvmlDeviceGetCount(self):  # noqa: N802
        return self.cards

    def nvmlDeviceGetHandleByIndex(self, number):  # noqa: N802
        if number == 1:
            raise self.NVMLError
        return number

    def nvmlDeviceGetUtilizationRates(self, _handle):  # noqa: N802
        raise self.NVMLError

    def nvmlDeviceGetMemoryInfo(self, _handle):  # noqa: N802
        return SimpleNamespace(used=3 * 2**30, total=8 * 2**30)

    def nvmlDeviceGetTemperature(self, _handle, _kind):  # noqa: N802
        return 61


def test_cards_tell_what_they_can():
    """What a card does not tell is None; one that fell off tells nothing."""
    first, second = Cards(FakeNvml(2)).look()

    assert first == Card(
        number=0, use=None, memory_used=3 * 2**30, memory=8 * 2**30, celsius=61
    )
    assert second == Card(
        number=1, use=None, memory_used=None, memory=None, celsius=None
    )


def test_no_driver_is_no_failure():
    """The driver is asked for once; without one there are no cards."""
    library = FakeNvml(0)
    cards = Cards(library)

    assert cards.look() == cards.look() == []
    assert library.opened == 1


def test_the_real_library_answers_with_or_without_a_card():
    """Whatever machine this is, looking does not fail."""
    assert all(card.memory != 0 for card in Cards().look())


STATE = EngineState(
    name="chat",
    cache=CacheCounts(hits=5, near_hits=1, joined=2, misses=3, evictions=4),
    shortages=2,
    servers=(
        EndpointHealth("http://user:pw@10.0.0.5:8000/v1", "open", 0),
        EndpointHealth("http://10.0.0.6:8000/v1", "closed", 7),
    ),
)


def looked(home, **parts):
    """Return all figures of a service with these parts."""
    metrics = Metrics()
    chosen = {
        "engines": list,
        "cards": list,
        "outbox": lambda: OutboxDepth(waiting=0, dead=0, oldest_ms=0),
        "level": lambda: DiskLevel.LOW,
    }
    metrics.watch(Watched(metrics, home, **(chosen | parts)))
    return {
        (one.name, *sorted(one.labels.items())): one.value for one in metrics.samples()
    }


def test_engines_servers_and_cache_are_told(tmp_path):
    """Counts of the cache, states of the servers, without a name or key."""
    told = looked(tmp_path, engines=lambda: [STATE])

    assert told["idolens_cached_answers_total", ("outcome", "hit")] == 5
    assert told["idolens_cached_answers_total", ("outcome", "evicted")] == 4
    assert told[("idolens_memory_shortages_total",)] == 2
    name = "idolens_endpoint_state"
    assert told[name, ("endpoint", "10.0.0.5:8000"), ("state", "open")] == 1
    assert told[name, ("endpoint", "10.0.0.5:8000"), ("state", "closed")] == 0
    assert told["idolens_endpoint_in_flight", ("endpoint", "10.0.0.6:8000")] == 7
    assert not any("pw" in str(key) for key in told)


def test_the_machine_is_told(tmp_path):
    """Disk, database and cards; without cards only that there are none."""
    (tmp_path / "idolens.sqlite").write_bytes(b"x" * 100)
    card = Card(number=0, use=0.5, memory_used=1, memory=2, celsius=70)
    told = looked(tmp_path, cards=lambda: [card])
    bare = looked(tmp_path / "nothing" / "here")

    assert told["idolens_database_bytes", ("file", "database")] == 100
    assert 0 < told[("idolens_disk_free_bytes",)] <= told[("idolens_disk_bytes",)]
    assert told[("idolens_disk_state", ("state", "low"))] == 1
    assert told[("idolens_disk_state", ("state", "ok"))] == 0
    assert told["idolens_gpu_temperature_celsius", ("gpu", "0")] == 70
    assert told[("idolens_gpu_present",)] == 1
    assert bare[("idolens_gpu_present",)] == 0
    assert ("idolens_gpu_use_ratio", ("gpu", "0")) not in bare


def test_a_part_that_fails_is_left_out_and_counted(tmp_path):
    """A broken database does not keep the rest from being told."""

    def broken():
        raise ArchiveError("The archive cannot be used.", "无法使用数据库。")

    metrics = Metrics()
    metrics.watch(
        Watched(
            metrics,
            tmp_path,
            engines=list,
            cards=list,
            outbox=broken,
            level=lambda: DiskLevel.LOW,
        )
    )
    metrics.samples()
    told = {
        (one.name, *sorted(one.labels.items())): one.value for one in metrics.samples()
    }

    assert ("idolens_outbox_age_seconds",) not in told
    assert ("idolens_disk_free_bytes",) in told
    assert told["idolens_watch_failures_total", ("part", "outbox")] >= 1
