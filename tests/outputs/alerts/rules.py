"""Small rules, and figures as they come, for the tests of alarms."""

from datetime import UTC, datetime, timedelta

from idolens.outputs.alerts.rule import Rule, RuleBook, Silence

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WORDS = {"zh": "词", "en": "words"}


def a_rule(name: str = "slow", **changes) -> Rule:
    """Bad from 5 (told after 30 s) and from 20 (at once); good below 3 for 60 s."""
    facts = {
        "name": name,
        "title": WORDS,
        "advice": WORDS,
        "measure": {"kind": "level", "of": {"metric": "m"}},
        "keep_s": 60,
        "warning": {"at": 5, "clear": 3, "for_s": 30},
        "critical": {"at": 20, "clear": 15, "for_s": 0},
    }
    return Rule.model_validate(facts | changes)


def book(*rules: Rule, silences: tuple[Silence, ...] = ()) -> RuleBook:
    return RuleBook(rules=rules or (a_rule(),), silences=silences)


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)
