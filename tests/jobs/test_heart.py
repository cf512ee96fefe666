"""The watchman is watched himself: beats while he is awake, silence when he is not."""

import base64
import threading

from idolens.archive import open_archive
from idolens.errors import ArchiveError
from idolens.jobs.alerting import open_alerting
from idolens.jobs.heart import Heart
from idolens.jobs.watchman import targets_for
from idolens.outputs.alerts import AlertEvent, Change, Sample, Severity
from idolens.outputs.delivery import Delivered, Failed, sender_for
from idolens.settings import Settings
from idolens.settings.alerting import AlertSettings, WebhookTarget
from tests.outputs.delivery.houses import open_house, said, webhook_house

KEY = base64.b64encode(b"k" * 24).decode()


def webhook(house, *events, name="dead-man"):
    return WebhookTarget(
        kind="webhook",
        name=name,
        url=f"{house.url}/ping",
        secrets=(KEY,),
        events=events,
    )


class Ears:
    """A tally that hears of beats."""

    def __init__(self) -> None:
        self.beats = []
        self.beaten = threading.Event()

    def samples(self):
        return [Sample("m", {}, 0.0)]

    def beat(self, target, outcome):
        self.beats.append((target, outcome))
        self.beaten.set()

    def delivered(self, target, outcome):
        raise AssertionError((target, outcome))

    def failed(self, part):
        """The archive of one test is broken."""


def heart(house, *, awake=True):
    target = webhook(house, "heartbeat")
    return Heart(
        "dead-man", sender_for(target, 5), lambda: awake, place="三号机房", every_s=60
    )


def test_a_beat_says_when_the_next_one_comes():
    """Signed as any webhook, and not a word more."""
    with open_house(webhook_house(KEY)) as house:
        assert isinstance(heart(house).beat(), Delivered)

    (asked,) = house.asked
    assert house.taken == ["alerts.heartbeat"]
    assert set(asked.json) == {"type", "timestamp", "data"}
    assert asked.json["data"] == {"place": "三号机房", "every_s": 60}


def test_whoever_sleeps_does_not_beat():
    """Figures that nobody looks at would be a lie."""
    with open_house(webhook_house(KEY)) as house:
        assert heart(house, awake=False).beat() is None
        assert house.asked == []


def test_a_beat_that_fails_is_not_sent_again():
    """The next one is the news; no old one arrives late."""
    with open_house(webhook_house(KEY)) as house:
        house.next_replies.append(said({}, 503))
        one = heart(house)
        assert isinstance(one.beat(), Failed)
        assert isinstance(one.beat(), Delivered)
        assert len(house.asked) == 2


def test_a_service_beats_by_itself(tmp_path):
    """To the one that takes heartbeats; the outbox stays empty."""
    ears = Ears()
    with (
        open_house(webhook_house(KEY)) as house,
        open_archive(Settings(home=tmp_path, disk_reserve_mib=0)) as archive,
    ):
        targets = (webhook(house, "heartbeat"), webhook(house, "alerts", name="ops"))
        settings = Settings(alerts=AlertSettings(targets=targets))
        with open_alerting(settings, lambda: archive, ears):
            assert ears.beaten.wait(30)
        assert archive.deliveries.newest() == []

    assert ears.beats == [("dead-man", "delivered")]
    assert house.taken == ["alerts.heartbeat"]


def test_who_takes_heartbeats_only_is_told_of_no_alarm():
    """And the other way round."""
    with open_house(webhook_house(KEY)) as house:
        targets = (
            webhook(house, "heartbeat"),
            webhook(house, "reports", name="cms"),
            webhook(house, "alerts", "reports", name="ops"),
        )
    event = AlertEvent(
        rule="x",
        change=Change.FIRED,
        severity=Severity.CRITICAL,
        value=1.0,
        at=1.0,
        since=1.0,
    )
    settings = AlertSettings(targets=targets)

    assert targets_for(event, targets) == ["ops"]
    assert settings.takers("heartbeat") == ["dead-man"]
    assert settings.takers("reports") == ["cms", "ops"]


def test_a_broken_archive_ends_the_beats():
    """A watchman who cannot look is asleep after a while."""

    def broken():
        raise ArchiveError("The archive cannot be used.", "无法使用数据库。")

    with open_alerting(Settings(), broken, Ears()) as watchman:
        assert watchman.awake  # he has just begun
    watchman._looked_at -= watchman.patience_s + 1

    assert not watchman.awake
