import pytest

from idolens.media.frame import DropReason
from idolens.review.judge import Reason
from idolens.review.moments import MomentState
from idolens.review.record import Words
from idolens.review.wording import (
    ADVICE,
    DROPS,
    LEVELS,
    STATES,
    SUGGESTIONS,
    amount,
    clock,
    percent,
    reason_words,
    span,
    when,
)
from idolens.vocabulary import RiskLevel, Suggestion


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(0, "0:00:00"), (99, "0:00:00"), (61_500, "0:01:01.5"), (7_261_000, "2:01:01")],
)
def test_clock_shows_hours_minutes_seconds(ms: int, shown: str) -> None:
    """Times read like a player's, with tenths only where there are any."""
    assert clock(ms) == shown


@pytest.mark.parametrize(
    ("ms", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (200, "0.2 秒", "0.2 s"),
        (45_000, "45 秒", "45 s"),
        (200_000, "3 分 20 秒", "3 min 20 s"),
        (60_000, "1 分", "1 min"),
        (7_500_000, "2 小时 5 分", "2 h 5 min"),
        (3_600_000, "1 小时", "1 h"),
        (59_999, "1 分", "1 min"),
    ],
)
def test_spans_name_their_two_largest_units(ms: int, zh: str, en: str) -> None:
    """Durations are written as people say them."""
    assert (span(ms).zh, span(ms).en) == (zh, en)


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0%"),
        (0.0004, "<0.1%"),
        (0.5, "50%"),
        (0.975, "97.5%"),
        (0.9996, ">99.9%"),
        (1, "100%"),
    ],
)
def test_percentages_never_round_to_certainty(share: float, shown: str) -> None:
    """Nothing that is not nothing reads 0 %, nothing short of all reads 100 %."""
    assert percent(share) == shown


def test_pictures_are_numbered_and_counted() -> None:
    """In a session of stills a second is a picture."""
    assert when("pictures", 0, 1000).zh == "第 1 张"
    assert when("pictures", 1000, 4000).en == "Pictures 2–4"
    assert when("recording", 0, 60_000).zh == "0:00:00–0:01:00"
    assert amount("pictures", 4000).zh == "4 张"
    assert amount("recording", 4000).en == "4 s"


@pytest.mark.parametrize(("count", "told"), [(1, "1 finding."), (2, "2 findings.")])
def test_findings_are_a_reason(count: int, told: str) -> None:
    """What was found is a reason like any other, counted in both languages."""
    reason = Reason(
        code="findings",
        suggestion=Suggestion.REVIEW,
        question="logo",
        label=Words(zh="标识", en="Logo"),
        measured=count,
        limit=0,
    )

    assert reason_words(reason).en == f"Logo: {told}"
    assert f"命中 {count} 处" in reason_words(reason).zh


def test_every_word_has_both_languages() -> None:
    """No state, reason, level or suggestion is without its Chinese and English."""
    for words, names in (
        (SUGGESTIONS, Suggestion),
        (ADVICE, Suggestion),
        (LEVELS, RiskLevel),
        (DROPS, DropReason),
        (STATES, MomentState),
    ):
        assert set(words) == set(names)
        assert all(word.zh and word.en.isascii() for word in words.values())
