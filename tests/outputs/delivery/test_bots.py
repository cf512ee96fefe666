"""The three group bots take what idolens sends, and what they refuse is told."""

import time

import pytest

from idolens.outputs.delivery import Delivered, Failed, Gone
from idolens.outputs.delivery.dingtalk import DingTalkSender, dingtalk_sign
from idolens.outputs.delivery.feishu import FeishuSender, feishu_sign
from idolens.outputs.delivery.posting import Post
from idolens.outputs.delivery.wecom import WeComSender
from tests.outputs.delivery.houses import (
    dingtalk_house,
    feishu_house,
    open_house,
    said,
    wecom_house,
)
from tests.outputs.delivery.letters import a_letter, long_letter


def wecom(house, key="k1"):
    return WeComSender(Post(f"{house.url}/cgi-bin/webhook/send?key={key}", 5))


def feishu(house, word="s1", room="t1", clock=time.time):
    post = Post(f"{house.url}/open-apis/bot/v2/hook/{room}", 5)
    return FeishuSender(post, word, clock)


def dingtalk(house, word="SEC1", room="t1", clock=time.time):
    post = Post(f"{house.url}/robot/send?access_token={room}", 5)
    return DingTalkSender(post, word, clock)


HOUSES = {
    "wecom": (wecom_house("k1"), wecom),
    "feishu": (feishu_house("t1", "s1"), feishu),
    "dingtalk": (dingtalk_house("t1", "SEC1"), dingtalk),
}


@pytest.fixture(params=HOUSES)
def pair(request):
    rules, sender = HOUSES[request.param]
    with open_house(rules) as house:
        yield house, sender(house)


def test_a_letter_arrives_whole(pair):
    """Title and text are shown as they were written."""
    house, sender = pair

    assert isinstance(sender.send(a_letter()), Delivered)
    (shown,) = house.taken
    assert "告警(严重):磁盘空间不足" in shown
    assert "当前值:3.4 %" in shown
    assert "怎么办:请腾出空间。" in shown


def test_a_letter_too_long_is_cut_not_refused(pair):
    """Each house has its limit, in bytes; no character is cut in two."""
    house, sender = pair

    assert isinstance(sender.send(long_letter()), Delivered)
    assert house.taken[0].endswith("…")
    assert "�" not in house.taken[0]


def test_a_mute_bot_is_left_alone_for_a_while(pair):
    """A rate limit is a failure with a pause; the letter is not lost."""
    _, sender = pair
    outcomes = [sender.send(a_letter()) for _ in range(21)]
    limited = [one for one in outcomes if isinstance(one, Failed)]

    assert limited
    assert all(one.wait_s >= 60 for one in limited)
    assert {one.code.split()[-1] for one in limited} <= {"45009", "11232", "130101"}


def test_a_success_of_http_is_not_one_of_the_house(pair):
    """A page of a proxy with status 200 is no delivery; neither is a redirect."""
    house, sender = pair
    house.next_replies += [
        (200, {}, b"<html>please log in</html>"),
        said([]),
        said({"errcode": True, "code": True}),
        (302, {"location": "http://127.0.0.1:1/"}, b""),
        (500, {}, b""),
        (429, {"retry-after": "7"}, b""),
        (410, {}, b""),
    ]
    outcomes = [sender.send(a_letter()) for _ in range(7)]

    assert [type(one) for one in outcomes] == [Failed] * 6 + [Gone]
    assert outcomes[5].wait_s == 7
    assert len(house.asked) == 7
    assert house.taken == []


def test_the_lesser_known_words_for_too_many(pair):
    """Codes that houses give instead of the documented ones are known too."""
    house, sender = pair
    house.next_replies += [
        said({"errcode": 660026, "errmsg": "sending too many messages per minute"}),
        said({"errcode": "0", "code": "0"}),
        said({"errcode": -1, "code": 9499, "errmsg": "system busy"}),
    ]
    first, second, third = (sender.send(a_letter()) for _ in range(3))

    if isinstance(sender, DingTalkSender):
        assert first == Failed("dingtalk 660026", 600.0)
    assert isinstance(second, Delivered)
    assert isinstance(third, Failed)
    assert third.wait_s == 10


REFUSED = {
    "wecom key": (wecom_house("k1"), lambda house: wecom(house, "x"), "wecom 93000"),
    "feishu address": (
        feishu_house("t1", "s1"),
        lambda house: feishu(house, room="x"),
        "feishu 19001",
    ),
    "feishu secret": (
        feishu_house("t1", "s1"),
        lambda house: feishu(house, "x"),
        "feishu 19021",
    ),
    "feishu unsigned": (
        feishu_house("t1", "s1"),
        lambda house: feishu(house, None),
        "feishu 19021",
    ),
    "feishu clock": (
        feishu_house("t1", "s1"),
        lambda house: feishu(house, clock=lambda: time.time() - 3700),
        "feishu 19021",
    ),
    "dingtalk address": (
        dingtalk_house("t1", "SEC1"),
        lambda house: dingtalk(house, room="x"),
        "dingtalk 300005",
    ),
    "dingtalk secret": (
        dingtalk_house("t1", "SEC1"),
        lambda house: dingtalk(house, "x"),
        "dingtalk 310000",
    ),
    "dingtalk unsigned": (
        dingtalk_house("t1", "SEC1"),
        lambda house: dingtalk(house, None),
        "dingtalk 310000",
    ),
    "dingtalk clock": (
        dingtalk_house("t1", "SEC1"),
        lambda house: dingtalk(house, clock=lambda: time.time() + 3700),
        "dingtalk 310000",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_house_refuses_is_told_by_its_code(name):
    """Wrong keys, addresses, signatures and clocks fail, with the house's own code."""
    rules, sender, code = REFUSED[name]
    with open_house(rules) as house:
        assert sender(house).send(a_letter()) == Failed(code)
        assert house.taken == []


UNSIGNED = {
    "feishu": (feishu_house("t1", None), lambda house: feishu(house, None)),
    "dingtalk": (dingtalk_house("t1", None), lambda house: dingtalk(house, None)),
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_a_bot_that_checks_keywords_or_addresses_needs_no_secret(name):
    """Without a secret nothing is signed."""
    rules, sender = UNSIGNED[name]
    with open_house(rules) as house:
        assert isinstance(sender(house).send(a_letter()), Delivered)
        assert "sign" not in house.asked[0].query
        assert "sign" not in house.asked[0].json


def test_signatures_are_the_documented_ones():
    """Worked out with openssl from the recipes in the houses' documents."""
    feishu_s = feishu_sign("1599360473", "demo")
    dingtalk_s = dingtalk_sign("1577262236757", "SECdemo")

    assert feishu_s == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="
    assert dingtalk_s == "sLRlUUvzoOXn5DR/+o+s6tOqX+bWe3JGaZ7JQ7844l8="


def test_no_secret_is_in_an_outcome():
    """Where nobody answers the reason does not quote the address, which is a key."""
    outcome = WeComSender(Post("http://127.0.0.1:9/send?key=topsecret", 2)).send(
        a_letter()
    )

    assert outcome == Failed("no connection")
