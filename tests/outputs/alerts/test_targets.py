"""Targets are settings: checked at the start, refused without a word of a secret."""

import json

import pytest

from idolens.errors import SettingsError
from idolens.outputs.delivery import address_of, language_of, sender_for
from idolens.settings import load_settings

URL = "https://oapi.dingtalk.com/robot/send?access_token=topsecret"
GOOD = {"kind": "dingtalk", "name": "ops", "url": URL, "secret": "SECtopsecret"}


def loaded(monkeypatch, *targets):
    monkeypatch.setenv("IDOLENS_ALERTS__TARGETS", json.dumps(list(targets)))
    return load_settings().alerts.targets


def test_every_kind_of_target_is_read(monkeypatch):
    """From the environment, as from a file."""
    targets = loaded(
        monkeypatch,
        GOOD,
        {"kind": "wecom", "name": "wx", "url": "https://qyapi.weixin.qq.com/x?key=k"},
        {"kind": "feishu", "name": "fs", "url": "https://open.feishu.cn/x"},
        {"kind": "webhook", "name": "w", "url": "http://h", "secrets": ["YWFh"]},
        {"kind": "email", "name": "m", "host": "h", "sender": "a@b", "to": ["c@d"]},
    )

    assert [target.kind for target in targets] == [
        "dingtalk",
        "wecom",
        "feishu",
        "webhook",
        "email",
    ]
    assert all(sender_for(target, 20) for target in targets)
    assert len({address_of(target) for target in targets}) == 5
    assert language_of(targets[0], "zh") == "zh"
    assert "topsecret" not in repr(targets)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "fax"},
        {"url": "topsecret"},
        {"url": "file:///etc/passwd?topsecret"},
        {"name": "No Name"},
        {"secret": ["topsecret"]},
        {"sceret": "topsecret"},
        {"least": "never"},
    ],
)
def test_a_wrong_target_is_refused_and_no_secret_is_told(monkeypatch, change):
    """The message names the setting, never what stood in it."""
    with pytest.raises(SettingsError, match=r"alerts\.targets") as caught:
        loaded(monkeypatch, GOOD | change)

    assert "topsecret" not in caught.value.within("zh")
    assert "topsecret" not in caught.value.within("en")


def test_two_targets_of_one_name_are_refused(monkeypatch):
    """Else nobody could tell which of them did not answer."""
    with pytest.raises(SettingsError, match="same name"):
        loaded(monkeypatch, GOOD, GOOD)
