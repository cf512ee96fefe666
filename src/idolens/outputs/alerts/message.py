"""What people read when an alarm changes, in both languages; thin on purpose.

It says which figure is how bad and what to do; nothing of a picture, a question or an
answer is ever in it.
"""

from datetime import UTC, datetime
from typing import Any

from idolens.outputs.alerts.alarm import AlertEvent, Change
from idolens.outputs.alerts.rule import Rule, Severity
from idolens.vocabulary import Bilingual

_CHANGES = {
    Change.FIRED: Bilingual(zh="告警", en="Alert"),
    Change.WORSE: Bilingual(zh="告警升级", en="Alert, worse"),
    Change.EASED: Bilingual(zh="告警缓解", en="Alert, eased"),
    Change.CLEARED: Bilingual(zh="已恢复", en="All clear"),
}
_SEVERITIES = {
    Severity.WARNING: Bilingual(zh="警告", en="warning"),
    Severity.CRITICAL: Bilingual(zh="严重", en="critical"),
}
_GIB = 2**30


def as_payload(event: AlertEvent, rule: Rule | None, place: str) -> dict[str, Any]:
    """Return ``event`` as the body of a Standard Webhook.

    Args:
        event: what has changed.
        rule: whose alarm it is; None when there is no such rule any more.
        place: what the studio calls this machine.
    """
    title, text = _title(event, rule, place), _text(event, rule)
    return {
        "type": f"alert.{event.change.value}",
        "timestamp": _utc(event.at),
        "data": {
            "place": place,
            "rule": event.rule,
            "severity": event.severity.word,
            "value": event.value,
            "since": _utc(event.since),
            "title": {"zh": title.zh, "en": title.en},
            "text": {"zh": text.zh, "en": text.en},
        },
    }


def figure(value: float, unit: str) -> str:
    """Return a figure as people write it.

    >>> figure(0.034, "share"), figure(12.5, "seconds"), figure(3.0, "count")
    ('3.4 %', '12.5 s', '3')
    """
    match unit:
        case "share":
            return f"{value * 100:.3g} %"
        case "seconds":
            return f"{value:.3g} s"
        case "bytes":
            return f"{value / _GIB:.3g} GiB"
        case "celsius":
            return f"{value:.0f} °C"
        case _:
            return f"{value:g}"


def _title(event: AlertEvent, rule: Rule | None, place: str) -> Bilingual:
    change = _CHANGES[event.change]
    how = _SEVERITIES[event.severity]
    zh = rule.title.zh if rule else event.rule
    en = rule.title.en if rule else event.rule
    if event.change is Change.CLEARED:
        return Bilingual(
            zh=f"[{place}] {change.zh}:{zh}", en=f"[{place}] {change.en}: {en}"
        )
    return Bilingual(
        zh=f"[{place}] {change.zh}({how.zh}):{zh}",
        en=f"[{place}] {change.en} ({how.en}): {en}",
    )


def _text(event: AlertEvent, rule: Rule | None) -> Bilingual:
    now, since = _clock(event.at), _clock(event.since)
    zh, en = [f"时间:{now}"], [f"Time: {now}"]
    if event.since != event.at:
        zh.append(f"开始于:{since}")
        en.append(f"Since: {since}")
    if rule and event.value is not None and rule.unit != "yes":
        shown = figure(event.value, rule.unit)
        zh.append(f"当前值:{shown}{_limit(event, rule, '(界限 {})')}")
        en.append(f"Now: {shown}{_limit(event, rule, ' (limit {})')}")
    if rule and event.change is not Change.CLEARED:
        zh.append(f"怎么办:{rule.advice.zh}")
        en.append(f"What to do: {rule.advice.en}")
    return Bilingual(zh="\n".join(zh), en="\n".join(en))


def _limit(event: AlertEvent, rule: Rule, form: str) -> str:
    level = rule.level(event.severity)
    return form.format(figure(level.at, rule.unit)) if level else ""


def _utc(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _clock(at: float) -> str:
    """Return the time as the clock on the wall shows it, with its zone."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
