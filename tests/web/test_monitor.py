"""A service says by itself what is degraded, and tells the figures of its parts."""

import pytest

from idolens.archive import Disk, open_archive
from idolens.errors import SettingsError
from idolens.settings import DiskSettings, Settings
from idolens.settings.alerting import AlertSettings
from idolens.vlm.endpoints import EndpointHealth
from idolens.vlm.engine_state import EngineState
from idolens.vocabulary import Bilingual
from idolens.web.health import Soft
from idolens.web.metrics import Metrics
from idolens.web.monitor import open_monitor
from tests.web.service import FakeEyes, running


class House:
    """An archive, and engines in a state of one's choice."""

    def __init__(self, archive) -> None:
        self.archive = archive
        self.engine_states = []
        self.standing_still = 0


@pytest.fixture
def house(tmp_path):
    with open_archive(Settings(home=tmp_path, disk_reserve_mib=0)) as archive:
        yield House(archive)


def settings(tmp_path, **alerts):
    return Settings(home=tmp_path, alerts=AlertSettings(**({"every_s": 0.02} | alerts)))


def test_what_is_degraded_is_said_in_both_languages(house, tmp_path):
    """Resting servers and dead messages, until they are well again."""
    with open_monitor(house, settings(tmp_path, every_s=60), Metrics()) as soft:
        assert {name: check() for name, check in soft.items()} == {
            "model_servers": None,
            "messages": None,
            "alerts": None,
            "disk_room": None,
            "jobs": None,
            "watchman": None,
        }
        house.engine_states = [
            EngineState(
                name="chat",
                servers=(
                    EndpointHealth("http://a/v1", "open", 0),
                    EndpointHealth("http://b/v1", "closed", 1),
                ),
            )
        ]
        house.archive.outbox.add({"type": "alert.test"}, ["ops"])
        parcel = house.archive.outbox.lease("ops", for_ms=1)
        house.archive.outbox.settle(parcel, "failed", "x", took_ms=1, again_in_ms=None)
        servers, messages = soft["model_servers"](), soft["messages"]()
        house.standing_still = 3
        jobs = soft["jobs"]()
        house.archive.disk = Disk(tmp_path, DiskSettings(), lambda _: (1000, 40))
        disk = soft["disk_room"]()

    assert "1 of 2 model servers" in servers.en
    assert "2 台模型服务器中有 1 台" in servers.zh
    assert "1 were taken by nobody" in messages.en
    assert "3 analyses are unfinished" in jobs.en
    assert "3 个分析任务" in jobs.zh
    assert disk.en.startswith("Only 4.0% of the disk are free: uploads are refused")
    assert disk.zh.startswith("磁盘仅剩 4.0%：已停止接收上传")


def test_an_alert_that_fires_is_degraded_and_a_figure(house, tmp_path):
    """The watchman's own thread finds it; /metrics and /readyz both tell."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n- name: mine\n  title: {zh: 词, en: w}\n  advice: {zh: 词, en: w}\n"
        "  measure: {kind: level, of: {metric: idolens_disk_bytes}}\n"
        "  critical: {at: 1, clear: 0, for_s: 0}\n"
    )
    metrics = Metrics()
    with open_monitor(house, settings(tmp_path, rules=rules), metrics) as soft:
        for _ in range(2000):
            if soft["alerts"]() is not None:
                break
            metrics.samples()
        assert soft["alerts"]().en == "These alerts fire: mine."
        fires = [s for s in metrics.samples() if s.name == "idolens_alerts_firing"]

    assert [(one.labels, one.value) for one in fires] == [
        ({"rule": "mine", "severity": "critical"}, 1.0)
    ]
    assert house.archive.outbox.last_changes()[0].rule == "mine"


def test_wrong_rules_stop_the_start(house, tmp_path):
    """Nobody believes to be watched by rules that cannot be read."""
    chosen = settings(tmp_path, rules=tmp_path / "none.yaml")
    with (
        pytest.raises(SettingsError, match=r"none\.yaml"),
        open_monitor(house, chosen, Metrics()),
    ):
        pass


def test_degraded_is_ready_all_the_same(tmp_path):
    """A soft check is told beside the others, and does not answer 503."""
    words = Bilingual(zh="有一台停止应答。", en="One does not answer.")
    checks = {"model_servers": Soft(lambda: words), "messages": Soft(lambda: None)}
    with running(FakeEyes(), tmp_path, checks) as client:
        reply = client.get("/readyz")

    assert reply.status_code == 200
    told = reply.json()
    assert told["ready"] is True
    assert told["degraded"] == [
        {
            "name": "model_servers",
            "zh": "有一台停止应答。",
            "en": "One does not answer.",
        }
    ]
    assert set(told["checks"]) == {"model"}
