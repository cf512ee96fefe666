"""Figures are what they say, within their window."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.outputs.alerts.measuring import History, Sample
from tests.outputs.alerts.rules import a_rule

REQUESTS = "idolens_requests_total"


def history(*moments):
    """Make a history of (seconds, {(name, labels): value}) moments."""
    made = History(reach_s=600)
    for at, values in moments:
        made.add(
            at, [Sample(name, dict(labels), v) for (name, labels), v in values.items()]
        )
    return made


def status(code):
    return (REQUESTS, (("route", "/a"), ("status", code)))


def share(**changes):
    measure = {
        "kind": "share",
        "window_s": 60,
        "part": {"metric": REQUESTS, "where": {"status": "5.."}},
        "whole": {"metric": REQUESTS},
    }
    return a_rule(measure=measure, **changes)


def test_a_share_is_of_the_window_only():
    """Old failures do not count: 5 of 10 since a minute ago, not 105 of 110."""
    made = history(
        (0, {status("200"): 0, status("500"): 100}),
        (60, {status("200"): 5, status("500"): 105}),
    )

    assert made.reading(share()).value == 0.5
    assert made.reading(share()).count == 10


def test_too_few_events_say_nothing():
    """One failure of one request is no catastrophe."""
    made = history((0, {}), (60, {status("500"): 1}))

    assert made.reading(share(least=20)).value is None
    assert made.reading(share(least=1)).value == 1.0


def test_a_counter_that_began_again_is_no_loss():
    """After a restart the growth is what has been counted since."""
    made = history(
        (0, {status("500"): 1000}), (60, {status("500"): 3, status("200"): 3})
    )

    assert made.reading(share()).value == 0.5


def test_nothing_is_said_of_what_is_not_there():
    """No metric, no samples, a gauge divided by nothing: no figure."""
    ratio = {"kind": "ratio", "part": {"metric": "a"}, "whole": {"metric": "b"}}

    assert History(10).reading(a_rule()).value is None
    assert history((0, {("other", ()): 1})).reading(a_rule()).value is None
    assert history((0, {("a", ()): 1})).reading(a_rule(measure=ratio)).value is None
    assert history((0, {("m", ()): math.nan})).reading(a_rule()).value is None


def test_a_level_is_the_highest():
    """Of two graphics cards the hotter one counts; labels choose."""
    made = history((0, {("m", (("gpu", "0"),)): 60, ("m", (("gpu", "1"),)): 80}))
    chosen = {"kind": "level", "of": {"metric": "m", "where": {"gpu": "0"}}}

    assert made.reading(a_rule()).value == 80
    assert made.reading(a_rule(measure=chosen)).value == 60
    chosen["of"] = {"metric": "m", "without": {"gpu": "1"}}
    assert made.reading(a_rule(measure=chosen)).value == 60


def bucket(le, value):
    return {("h_bucket", (("le", le),)): value}


def test_a_quantile_is_found_within_its_bucket():
    """Ninety of a hundred below 1 s, ten below 2 s: p95 lies half way between."""
    rule = a_rule(
        measure={"kind": "quantile", "of": {"metric": "h"}, "q": 0.95, "window_s": 60}
    )
    made = history(
        (0, bucket("1.0", 0) | bucket("2.0", 0) | bucket("+Inf", 0)),
        (60, bucket("1.0", 90) | bucket("2.0", 100) | bucket("+Inf", 100)),
    )

    assert made.reading(rule).value == pytest.approx(1.5)
    assert made.reading(rule).count == 100
    beyond = history((0, {}), (60, bucket("1.0", 0) | bucket("+Inf", 5)))
    assert beyond.reading(rule).value == 1.0
    assert history((0, {}), (60, bucket("+Inf", 0))).reading(rule).value is None


def stalled():
    return a_rule(
        measure={
            "kind": "stalled",
            "window_s": 60,
            "of": {"metric": "frames"},
            "busy": {"metric": "jobs"},
        }
    )


def test_stalled_means_busy_all_along_and_nothing_moved():
    """A job that has only just begun, or that moves, is not stalled; no job neither."""
    still = {("frames", ()): 7, ("jobs", ()): 1}
    idle = {("frames", ()): 7, ("jobs", ()): 0}
    moved = {("frames", ()): 8, ("jobs", ()): 1}

    assert history((0, still), (30, still), (60, still)).reading(stalled()).value == 1
    assert history((0, still), (30, still)).reading(stalled()).value is None
    assert history((0, idle), (30, still), (60, still)).reading(stalled()).value == 0
    assert history((0, still), (60, moved)).reading(stalled()).value == 0
    assert history((0, idle), (60, idle)).reading(stalled()).value == 0


def test_a_clock_set_back_forgets():
    """What seems to come from the future is worth nothing."""
    made = history((100, {status("500"): 50}), (10, {status("500"): 60}))

    assert made.reading(share()).value is None


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 9)), min_size=2, max_size=60)
)
def test_growth_is_the_difference_over_the_window(steps):
    """Whatever the pace of looking, an increase is what a window of that length saw."""
    rule = a_rule(measure={"kind": "increase", "of": {"metric": "c"}, "window_s": 60})
    made, at, total, seen = History(reach_s=60), 0, 0, []
    for pause, grown in steps:
        at, total = at + pause, total + grown
        seen.append((at, total))
        made.add(at, [Sample("c", {}, total)])
    old = [value for when, value in seen if when <= at - 60]

    assert made.reading(rule).value == total - (old[-1] if old else seen[0][1])
