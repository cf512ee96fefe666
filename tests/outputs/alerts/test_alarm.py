"""Alarms fire when they should, hold, clear, and never hide one another."""

from datetime import time
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from idolens.outputs.alerts.alarm import Alarm, Change, firing, step
from idolens.outputs.alerts.measuring import Reading
from idolens.outputs.alerts.rule import Severity, Silence
from tests.outputs.alerts.rules import START, a_rule, book, moment

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def played(rules, figures, every=10.0, alarms=None):
    """Play figures (one every ``every`` seconds); return what was told, and when."""
    alarms, told = dict(alarms or {}), []
    for number, figure in enumerate(figures):
        readings = figure if isinstance(figure, dict) else {"slow": Reading(figure)}
        alarms, events = step(rules, readings, alarms, moment(number * every))
        told += [(number * every, event) for event in events]
    return told, alarms


def changes(told):
    return [(at, event.change, event.severity) for at, event in told]


def test_it_fires_once_the_figure_was_bad_for_long_enough():
    """Three looks ten seconds apart are not thirty seconds; the fourth is."""
    told, _ = played(book(), [6, 6, 6, 6, 6, 6])

    assert changes(told) == [(30, Change.FIRED, WARNING)]


def test_a_good_look_in_between_begins_the_wait_anew():
    """Bad, bad, good, bad, bad: nobody is told."""
    told, _ = played(book(), [6, 6, 6, 4, 6, 6, 6])

    assert told == []


def test_it_holds_between_the_levels_and_clears_after_the_rest():
    """4 is neither bad nor good; the all-clear comes 60 s after the first good look."""
    told, _ = played(book(), [6] * 4 + [4] * 20 + [2] * 6 + [4] + [2] * 7)

    assert changes(told) == [
        (30, Change.FIRED, WARNING),
        (370, Change.CLEARED, WARNING),
    ]
    assert told[-1][1].since == moment(30).timestamp()


def test_a_worse_one_gets_through_at_once():
    """Critical is told although the warning is known, and so is its easing."""
    told, _ = played(book(), [6] * 4 + [25] + [10] * 7 + [2] * 7)

    assert changes(told) == [
        (30, Change.FIRED, WARNING),
        (40, Change.WORSE, CRITICAL),
        (110, Change.EASED, WARNING),
        (180, Change.CLEARED, WARNING),
    ]


def test_silence_keeps_back_what_it_names_and_nothing_worse():
    """A warning is not told in the night; critical is; the warning is, at its end."""
    night = Silence(daily=(time(8, 0), time(8, 10)))
    quiet, _ = played(book(silences=(night,)), [6] * 50)
    loud, _ = played(book(silences=(night,)), [6] * 30 + [30] * 2)

    assert changes(quiet) == []
    assert changes(loud) == [(300, Change.FIRED, CRITICAL)]
    later, _ = played(book(silences=(night,)), [6] * 70)
    assert changes(later) == [(600, Change.FIRED, WARNING)]


def test_an_all_clear_is_told_in_silence_too():
    """Who was told that it is bad is told that it is over."""
    night = Silence(begin=moment(35))
    told, _ = played(book(silences=(night,)), [6] * 4 + [1] * 7)

    assert [event.change for _, event in told] == [Change.FIRED, Change.CLEARED]


def test_a_silence_may_span_midnight_or_name_one_rule():
    """22:00 to 06:00 covers 23:00 and 05:59, not noon; other rules are not touched."""
    night = Silence(rules=("slow",), daily=(time(22), time(6)))

    assert night.covers("slow", WARNING, START.replace(hour=23))
    assert night.covers("slow", WARNING, START.replace(hour=5, minute=59))
    assert not night.covers("slow", WARNING, START.replace(hour=12))
    assert not night.covers("disk", WARNING, START.replace(hour=23))
    assert not night.covers("slow", CRITICAL, START.replace(hour=23))


def test_what_nobody_can_tell_is_not_bad():
    """No figure: nothing begins; what fires ends after its rest."""
    told, _ = played(book(), [6, 6, None, 6, 6, 6] + [None] * 9)

    assert changes(told) == []
    told, _ = played(book(), [6] * 4 + [None] * 7)
    assert [event.change for _, event in told] == [Change.FIRED, Change.CLEARED]


def test_below_is_the_mirror_of_above():
    """A disk that empties is told; one that fills is not."""
    rule = a_rule(
        "slow",
        when="below",
        warning={"at": 0.1, "clear": 0.12, "for_s": 10},
        critical=None,
    )
    told, _ = played(book(rule), [0.5, 0.09, 0.09, 0.11, 0.11, 0.2, *[0.2] * 6])

    assert [event.change for _, event in told] == [Change.FIRED, Change.CLEARED]


def test_a_restart_tells_nothing_twice():
    """What people knew before the restart is not told again, its end is."""
    known = {"slow": firing(WARNING, moment(-100).timestamp())}
    told, _ = played(book(), [6] * 5 + [1] * 7, alarms=known)

    assert [event.change for _, event in told] == [Change.CLEARED]
    assert told[0][1].since == moment(-100).timestamp()


def test_a_rule_that_is_gone_ends_its_alarm():
    """No alarm stays open for ever because its rule was renamed."""
    known = {"old": firing(CRITICAL, 5.0), "quiet": Alarm()}
    told, alarms = played(book(), [1], alarms=known)

    assert [(event.rule, event.change) for _, event in told] == [
        ("old", Change.CLEARED)
    ]
    assert set(alarms) == {"slow"}


def test_a_clock_set_back_does_not_keep_an_alarm_from_firing():
    """What seems to have begun in the future begins now."""
    rules = book()
    alarms, _ = step(rules, {"slow": Reading(6)}, {}, moment(10_000))
    alarms, _ = step(rules, {"slow": Reading(6)}, alarms, moment(0))
    _, events = step(rules, {"slow": Reading(6)}, alarms, moment(30))

    assert [event.change for event in events] == [Change.FIRED]


figures = st.lists(
    st.sampled_from([None, 0.0, 2.9, 3.0, 4.0, 4.9, 5.0, 12.0, 15.0, 19.0, 20.0, 99.0]),
    max_size=80,
)


@given(figures)
def test_no_flapping(values):
    """Nothing fires before its time, or clears before its rest; a warning is told at
    most once a `keep_s`, and what is told alternates as it must."""
    told, _ = played(book(), values)
    clears = [at for at, event in told if event.change is Change.CLEARED]
    for at, event in told:
        looks = values[: int(at / 10) + 1]
        if event.change is Change.FIRED and event.severity is WARNING:
            assert all(value is not None and value >= 5 for value in looks[-4:])
        if event.severity is CRITICAL and event.change in {Change.FIRED, Change.WORSE}:
            assert looks[-1] >= 20
        if event.change is Change.CLEARED:
            assert all(value is None or value < 15 for value in looks[-7:])
    open_ = [event.change for _, event in told if event.change in _ENDS]
    assert open_[::2] == [Change.FIRED] * len(open_[::2])
    assert open_[1::2] == [Change.CLEARED] * len(open_[1::2])
    assert all(after - before >= 60 for before, after in pairwise(clears))


_ENDS = (Change.FIRED, Change.CLEARED)


@given(figures)
def test_a_worse_one_always_gets_through(values):
    """Whatever came before: at 20 and above people know that it is critical."""
    alarms = {}
    known = None
    for number, value in enumerate(values):
        alarms, events = step(book(), {"slow": Reading(value)}, alarms, moment(number))
        for event in events:
            known = None if event.change is Change.CLEARED else event.severity
        if value is not None and value >= 20:
            assert known is CRITICAL
        assert known == alarms["slow"].told


@given(figures, figures)
def test_no_alarm_hides_another(first, second):
    """Two rules together tell what each tells alone."""
    one, two = a_rule("one"), a_rule("two", keep_s=0)
    length = max(len(first), len(second))
    first = first + [None] * (length - len(first))
    second = second + [None] * (length - len(second))
    apart = [
        (at, event)
        for rule, values in ((one, first), (two, second))
        for at, event in played(book(rule), [{rule.name: Reading(v)} for v in values])[
            0
        ]
    ]
    both, _ = played(
        book(one, two),
        [
            {"one": Reading(a), "two": Reading(b)}
            for a, b in zip(first, second, strict=True)
        ],
    )

    assert sorted(both, key=_order) == sorted(apart, key=_order)


@given(figures, st.integers(0, 40), st.integers(0, 40))
def test_silence_never_changes_what_is_watched(values, begin, length):
    """With or without silence the same fires; only the telling differs."""
    silence = Silence(begin=moment(begin * 10), end=moment((begin + length) * 10))
    told, alarms = played(book(silences=(silence,)), values)
    _, open_alarms = played(book(), values)

    assert alarms.get("slow", Alarm()).levels == open_alarms.get("slow", Alarm()).levels
    for at, event in told:
        rises = event.change in {Change.FIRED, Change.WORSE}
        inside = begin * 10 <= at < (begin + length) * 10
        assert not (rises and inside and event.severity is WARNING)


def _order(entry):
    at, event = entry
    return at, event.rule
