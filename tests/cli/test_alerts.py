"""``idolens alerts``: test a target, see what became of messages, send them again."""

import base64
import json

import pytest

from idolens.archive import open_archive
from idolens.settings import Settings
from tests.outputs.delivery.houses import open_house, said, webhook_house

KEY = base64.b64encode(b"k" * 24).decode()


@pytest.fixture
def hook(monkeypatch):
    with open_house(webhook_house(KEY)) as house:
        target = {
            "kind": "webhook",
            "name": "pager",
            "url": f"{house.url}/hook",
            "secrets": [KEY],
        }
        monkeypatch.setenv("IDOLENS_ALERTS__TARGETS", json.dumps([target]))
        yield house


def test_a_test_message_says_whether_it_arrived(shell, hook):
    """Taken: 0 and the answer; refused: 1 and the reason, without the address."""
    good = shell.run("alerts", "test")
    hook.next_replies.append(said({}, 503))
    bad = shell.run("alerts", "test", "pager")
    nobody = shell.run("alerts", "test", "nobody")

    assert (good.status, hook.taken) == (0, ["alert.test"])
    assert "pager (webhook): 204" in good.out
    assert bad.status == 1
    assert "503" in bad.out
    assert hook.url not in bad.out + bad.err
    assert nobody.status == 2
    assert "alerts.targets" in nobody.err


@pytest.mark.usefixtures("hook")
def test_messages_are_listed_and_sent_again(shell):
    """The list says where each stands; replay makes the dead wait again."""
    empty = shell.run("alerts", "list")
    home = Settings(home=shell.folder / "data", disk_reserve_mib=1)
    with open_archive(home) as archive:
        event = archive.outbox.add({"type": "alert.fired"}, ["pager"])
        parcel = archive.outbox.lease("pager", for_ms=1)
        archive.outbox.settle(
            parcel, "failed", "feishu 19021", took_ms=1, again_in_ms=None
        )
    listed = shell.run("alerts", "list")
    again = shell.run("alerts", "replay")
    unknown = shell.run("alerts", "replay", "evt_none")

    assert "no messages" in empty.err + empty.out
    assert event in listed.out
    assert "feishu 19021" in listed.out
    assert "dead" in listed.out
    assert "1 messages" in again.err + again.out
    assert unknown.status == 2
    with open_archive(home) as archive:
        assert archive.deliveries.depth().waiting == 1


def test_rules_are_shown_and_exported(shell):
    """The rules that hold, and files for a Prometheus and a Grafana."""
    shown = shell.run("alerts", "rules")
    done = shell.run("alerts", "export", "out")
    made = shell.run("alerts", "secret")

    assert "no_frames" in shown.out
    assert "≤ 10 %, 60 s" in shown.out
    assert done.status == 0
    assert "idolens_disk" in (shell.folder / "out/rules.yml").read_text("utf-8")
    assert json.loads((shell.folder / "out/dashboard.json").read_text("utf-8"))
    assert made.out.startswith("whsec_")
    assert len(base64.b64decode(made.out.strip().removeprefix("whsec_"))) == 24
