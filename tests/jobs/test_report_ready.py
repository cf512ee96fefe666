"""A finished report is told to webhooks: once, with its session, or not at all."""

import base64

import pytest

from idolens.archive import Notice, SessionState, open_archive
from idolens.jobs import JobState
from idolens.jobs.courier import Courier
from idolens.outputs.delivery import Delivered, sender_for
from idolens.settings.alerting import AlertSettings, FeishuTarget, WebhookTarget
from tests.archive.rooms import a_session
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, home, jobs_in, lot, policy
from tests.outputs.delivery.houses import open_house, webhook_house

KEY = base64.b64encode(b"k" * 24).decode()


def told(tmp_path, house):
    hook = WebhookTarget(
        kind="webhook", name="cms", url=f"{house.url}/hook", secrets=(KEY,)
    )
    bot = FeishuTarget(kind="feishu", name="group", url="http://127.0.0.1:1")
    alerts = AlertSettings(
        targets=(hook, bot), place="三号机房", address="http://studio.lan:8080/"
    )
    return home(tmp_path, alerts=alerts), hook


def test_a_webhook_hears_of_a_report_when_it_is_there(tmp_path):
    """An id and a link; what was found is for the link to tell."""
    with open_house(webhook_house(KEY)) as house:
        settings, hook = told(tmp_path, house)
        with jobs_in(settings, FakeEngine()) as (archive, jobs):
            sources = lot(tmp_path / "lot", 2)
            jobs.analyze(sources, policy(), 1000, session_id=SESSION)
            assert jobs.wait(SESSION).state is JobState.DONE
            sending = Courier(
                hook, sender_for(hook, 5), lambda: archive, usual="zh", lease_ms=5000
            )
            assert isinstance(sending.once(), Delivered)
            assert sending.once() is None
            assert [one.target for one in archive.deliveries.newest()] == ["cms"]

    assert house.taken == ["report.ready"]
    assert house.asked[0].json["data"] == {
        "place": "三号机房",
        "session": SESSION,
        "link": f"http://studio.lan:8080/api/v1/sessions/{SESSION}/report",
    }


def test_without_webhooks_nothing_waits(tmp_path):
    """No message is kept for nobody."""
    with jobs_in(home(tmp_path), FakeEngine()) as (archive, jobs):
        sources = lot(tmp_path / "lot", 2)
        jobs.analyze(sources, policy(), 1000, session_id=SESSION)
        assert jobs.wait(SESSION).state is JobState.DONE
        assert archive.deliveries.newest() == []


@pytest.fixture(name="archive")
def an_archive(tmp_path):
    with open_archive(home(tmp_path)) as archive:
        archive.add_session(a_session())
        yield archive


def test_the_same_end_twice_is_told_once(archive):
    """A step that is done again after a crash tells nobody again."""
    notice = Notice(payload={"type": "report.ready"}, targets=("cms",))
    for _ in range(2):
        archive.record("s1", SessionState.DONE, notice=notice)

    assert len(archive.deliveries.newest()) == 1


def test_the_end_and_the_message_are_kept_together(archive):
    """What cannot be told has not ended: the step is done again."""
    with pytest.raises(KeyError):
        archive.record("s1", SessionState.DONE, notice=Notice(payload={}, targets=()))

    assert archive.state("s1").state is SessionState.OPEN
    assert archive.deliveries.newest() == []
