"""From a bad figure to a message that arrived, through everything in between."""

import base64
import threading
from datetime import UTC, datetime, timedelta

import pytest

from idolens.archive import open_archive
from idolens.errors import ArchiveError
from idolens.jobs.alerting import open_alerting
from idolens.jobs.courier import Courier
from idolens.jobs.watchman import Watchman, targets_for
from idolens.outputs.alerts import AlertEvent, Change, Sample, Severity
from idolens.outputs.delivery import Delivered, Failed, Gone, sender_for
from idolens.settings import Settings
from idolens.settings.alerting import AlertSettings, FeishuTarget, WebhookTarget
from tests.outputs.alerts.rules import a_rule, book
from tests.outputs.delivery.houses import (
    feishu_house,
    open_house,
    said,
    webhook_house,
)

KEY = base64.b64encode(b"k" * 24).decode()
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path):
    with open_archive(Settings(home=tmp_path, disk_reserve_mib=0)) as archive:
        yield archive


def webhook(house, name="hook", **more):
    return WebhookTarget(
        kind="webhook", name=name, url=f"{house.url}/hook", secrets=(KEY,), **more
    )


class Gauge:
    """One figure, as the service would tell it."""

    def __init__(self) -> None:
        self.value = 0.0
        self.tries = []
        self.changed = threading.Event()
        self.beats = []
        self.beaten = threading.Event()

    def samples(self):
        return [Sample("m", {}, self.value)]

    def delivered(self, target, outcome):
        self.tries.append((target, outcome))
        self.changed.set()

    def beat(self, target, outcome):
        self.beats.append((target, outcome))
        self.beaten.set()

    def failed(self, part):
        self.tries.append((part, "failed"))
        self.changed.set()


def watchman(archive, gauge, *targets):
    settings = AlertSettings(targets=targets, place="三号机房")
    return Watchman(
        book(a_rule("slow")), settings, gauge.samples, lambda: archive.outbox
    )


def courier(archive, target):
    return Courier(
        target, sender_for(target, 5), lambda: archive, usual="zh", lease_ms=5000
    )


def test_a_bad_figure_reaches_everybody_in_their_language(archive):
    """A webhook gets the whole, a bot gets words; the all-clear follows."""
    gauge = Gauge()
    with (
        open_house(webhook_house(KEY)) as hook,
        open_house(feishu_house("t", None)) as bot,
    ):
        feishu = FeishuTarget(
            kind="feishu",
            name="bot",
            url=f"{bot.url}/open-apis/bot/v2/hook/t",
            language="en",
        )
        targets = (webhook(hook), feishu)
        watching = watchman(archive, gauge, *targets)
        couriers = [courier(archive, target) for target in targets]
        gauge.value = 25
        assert [event.change for event in watching.look(START)] == [Change.FIRED]
        assert watching.firing == {"slow": "critical"}
        gauge.value = 0
        for seconds in range(10, 90, 10):
            watching.look(START + timedelta(seconds=seconds))
        for one in couriers:
            assert isinstance(one.once(), Delivered)
            assert isinstance(one.once(), Delivered)
            assert one.once() is None

    assert hook.taken == ["alert.fired", "alert.cleared"]
    assert hook.asked[0].json["data"]["title"]["zh"].startswith("[三号机房] 告警(严重)")
    assert "Alert (critical)" in bot.taken[0]
    assert "All clear" in bot.taken[1]
    assert watching.firing == {}


def test_a_restart_tells_nothing_twice(archive):
    """Another process knows what people were told, and tells the end."""
    gauge = Gauge()
    gauge.value = 25
    watchman(archive, gauge).look(START)
    later = watchman(archive, gauge)

    assert later.look(START + timedelta(seconds=5)) == []
    gauge.value = 0
    told = [later.look(START + timedelta(seconds=s)) for s in range(10, 90, 10)]
    assert [event.change for events in told for event in events] == [Change.CLEARED]


def test_what_could_not_be_written_down_is_told_at_the_next_look(archive):
    """A database that fails once costs a look, not an alert."""
    gauge = Gauge()
    gauge.value = 25
    times = iter([True, False, False])

    def outbox():
        # The first use reads what is known, the second writes.
        return archive.outbox

    class Flaky:
        last_changes = archive.outbox.last_changes

        def add_alert(self, *args):
            if next(times):
                raise ArchiveError("The archive cannot be used.", "无法使用数据库。")
            return outbox().add_alert(*args)

    settings = AlertSettings()
    watching = Watchman(book(a_rule("slow")), settings, gauge.samples, Flaky)
    with pytest.raises(ArchiveError):
        watching.look(START)
    events = watching.look(START + timedelta(seconds=5))

    assert [event.change for event in events] == [Change.FIRED]
    assert watching.look(START + timedelta(seconds=10)) == []


def test_who_wants_only_the_worst_hears_of_its_end():
    """Critical only: not of warnings, but of a critical one that eases."""

    def event(change, severity):
        return AlertEvent(
            rule="x", change=change, severity=severity, value=1.0, at=1.0, since=1.0
        )

    both = (
        FeishuTarget(kind="feishu", name="all", url="http://h"),
        FeishuTarget(kind="feishu", name="boss", url="http://h", least="critical"),
    )

    assert targets_for(event(Change.FIRED, Severity.WARNING), both) == ["all"]
    assert targets_for(event(Change.WORSE, Severity.CRITICAL), both) == ["all", "boss"]
    assert targets_for(event(Change.EASED, Severity.WARNING), both) == ["all", "boss"]
    assert targets_for(event(Change.CLEARED, Severity.WARNING), both) == ["all"]


def test_a_target_that_is_gone_is_not_asked_again(archive):
    """410 closes it; what comes later is dead at once and can be replayed."""
    with open_house(webhook_house(KEY)) as house:
        house.next_replies.append(said({}, 410))
        target = webhook(house)
        one = courier(archive, target)
        archive.outbox.add({"type": "alert.test"}, ["hook"])
        assert one.once() == Gone("410")
        archive.outbox.add({"type": "alert.test"}, ["hook"])
        assert one.once() == Gone("closed")
        assert len(house.asked) == 1
        assert archive.deliveries.depth().dead == 2
        archive.deliveries.open_target("hook")
        assert archive.outbox.replay() == 2
        assert one.once() == Delivered("204")
        # The same target at another address is another one.
        archive.deliveries.close_target("hook", "0" * 64)
        archive.outbox.replay()
        assert isinstance(one.once(), Delivered)


def test_a_failure_is_tried_again_later_and_told(archive):
    """Retry-After counts; the reason is in the list."""
    with open_house(webhook_house(KEY)) as house:
        house.next_replies.append(said({}, 503, retry_after="3600"))
        one = courier(archive, webhook(house))
        archive.outbox.add({"type": "alert.test"}, ["hook"])
        assert one.once() == Failed("503", 3600.0)
        assert one.once() is None

    (waiting,) = archive.deliveries.newest()
    assert (waiting.state, waiting.tries, waiting.reason) == ("waiting", 1, "503")
    assert waiting.due_at_ms - waiting.at_ms > 3_500_000


def test_the_threads_do_all_of_it(archive, tmp_path):
    """A running service watches and tells by itself, and stops when told to."""
    gauge = Gauge()
    gauge.value = 25
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n- name: mine\n  title: {zh: 词, en: w}\n  advice: {zh: 词, en: w}\n"
        "  measure: {kind: level, of: {metric: m}}\n"
        "  critical: {at: 20, clear: 15, for_s: 0}\n"
    )
    with open_house(webhook_house(KEY)) as house:
        alerts = AlertSettings(targets=(webhook(house),), rules=rules, every_s=0.02)
        settings = Settings(alerts=alerts)
        with open_alerting(settings, lambda: archive, gauge) as watching:
            assert gauge.changed.wait(30)
            assert "mine" in watching.firing
        assert house.taken == ["alert.fired"]

    assert gauge.tries == [("hook", "delivered")]


def test_a_broken_archive_does_not_end_the_watch():
    """What fails is counted, and looked at again."""

    def broken():
        raise ArchiveError("The archive cannot be used.", "无法使用数据库。")

    gauge = Gauge()
    settings = Settings(alerts=AlertSettings(every_s=0.02))
    with open_alerting(settings, broken, gauge):
        assert gauge.changed.wait(30)
        gauge.changed.clear()
        assert gauge.changed.wait(30)

    assert set(gauge.tries) == {("alerts", "failed")}


def test_the_end_of_a_rule_that_is_gone_is_not_lost_either(archive):
    """Its all-clear is told at the next look when it could not be written down."""
    gauge = Gauge()
    gauge.value = 25
    watchman(archive, gauge).look(START)
    times = iter([True, False])

    class Flaky:
        last_changes = archive.outbox.last_changes

        def add_alert(self, *args):
            if next(times):
                raise ArchiveError("The archive cannot be used.", "无法使用数据库。")
            return archive.outbox.add_alert(*args)

    renamed = Watchman(book(a_rule("other")), AlertSettings(), list, Flaky)
    with pytest.raises(ArchiveError):
        renamed.look(START + timedelta(seconds=5))
    events = renamed.look(START + timedelta(seconds=10))

    assert [(one.rule, one.change) for one in events] == [("slow", Change.CLEARED)]
    assert renamed.look(START + timedelta(seconds=15)) == []
