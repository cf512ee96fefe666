"""The same rules for a Prometheus that the studio already has.

Prometheus knows no level for the all-clear, so there an alert ends when its figure has
been better than `at` for `keep_s`; all else is the same.
"""

import json
from typing import Any, Final

import yaml

from idolens.outputs.alerts.rule import (
    Increase,
    Level,
    Quantile,
    Ratio,
    Rule,
    RuleBook,
    Selector,
    Severity,
    Share,
    Stalled,
    Threshold,
)

_HEAD: Final = (
    "# Made from the alert rules of idolens by `idolens alerts export`: change those,\n"
    "# not this file. 由 `idolens alerts export` 生成,请勿直接修改。\n"
)


_SILENT_S: Final = 60


def prometheus_rules(book: RuleBook) -> str:
    """Return ``book`` as a Prometheus rule file (YAML)."""
    rules = [
        _alert(rule, severity, threshold)
        for rule in book.rules
        for severity, threshold in rule.levels
    ]
    rules.append(_silent())
    document = {"groups": [{"name": "idolens", "interval": "15s", "rules": rules}]}
    return _HEAD + yaml.safe_dump(
        document, allow_unicode=True, sort_keys=False, width=100
    )


def expression(rule: Rule) -> str:
    """Return the PromQL of a rule's figure, without its threshold."""
    measure = rule.measure
    match measure:
        case Level():
            return f"max({selected(measure.of)})"
        case Ratio():
            return f"max({selected(measure.part)}) / max({selected(measure.whole)})"
        case Increase():
            return f"sum({_over('increase', measure.of, measure.window_s)})"
        case Share():
            part = _over("increase", measure.part, measure.window_s)
            whole = _over("increase", measure.whole, measure.window_s)
            return f"(sum({part}) or vector(0)) / sum({whole})"
        case Quantile():
            buckets = _over("rate", _buckets(measure.of), measure.window_s)
            return f"histogram_quantile({measure.q:g}, sum by (le) ({buckets}))"
        case Stalled():
            moved = (
                f"sum({_over('increase', measure.of, measure.window_s)}) or vector(0)"
            )
            busy = _over("min_over_time", measure.busy, measure.window_s)
            return f"(({moved}) == bool 0 and max({busy}) > 0)"


def selected(selector: Selector) -> str:
    """Return a selector in PromQL."""
    matchers = [f"{name}=~{json.dumps(to)}" for name, to in selector.where.items()]
    matchers += [f"{name}!~{json.dumps(to)}" for name, to in selector.without.items()]
    return selector.metric + (f"{{{','.join(matchers)}}}" if matchers else "")


def _silent() -> dict[str, Any]:
    """Return the rule that only somebody outside can keep: nobody gives the alarm."""
    age = "idolens_watch_age_seconds"
    return {
        "alert": "idolens_silent",
        "expr": f"absent({age}) or max({age}) > {_SILENT_S}",
        "for": "2m",
        "labels": {"severity": Severity.CRITICAL.word},
        "annotations": {
            "summary": "告警程序没有动静 · Nobody gives the alarm",
            "description": "服务可能已停止,或规则无法检查:请查看机器与日志。 · The "
            "service may be down, or cannot look at its rules: see the machine and its "
            "log.",
        },
    }


def _alert(rule: Rule, severity: Severity, threshold: Threshold) -> dict[str, Any]:
    sign = ">=" if rule.when == "above" else "<="
    words = f"{expression(rule)} {sign} {threshold.at:g}"
    if rule.least:
        words = f"({words}) and {_events(rule)} >= {rule.least}"
    alert: dict[str, Any] = {"alert": f"idolens_{rule.name}", "expr": words}
    if threshold.for_s:
        alert["for"] = _duration(threshold.for_s)
    if rule.keep_s:
        alert["keep_firing_for"] = _duration(rule.keep_s)
    alert["labels"] = {"severity": severity.word}
    alert["annotations"] = {
        "summary": f"{rule.title.zh} · {rule.title.en}",
        "description": f"{rule.advice.zh} · {rule.advice.en}",
    }
    return alert


def _events(rule: Rule) -> str:
    """Return the PromQL of how many events stand behind a figure."""
    measure = rule.measure
    match measure:
        case Share():
            return f"sum({_over('increase', measure.whole, measure.window_s)})"
        case Quantile():
            name = f"{measure.of.metric}_count"
            count = measure.of.model_copy(update={"metric": name})
            return f"sum({_over('increase', count, measure.window_s)})"
        case Increase():
            return f"sum({_over('increase', measure.of, measure.window_s)})"
        case _:
            return "vector(0)"


def _buckets(selector: Selector) -> Selector:
    return selector.model_copy(update={"metric": f"{selector.metric}_bucket"})


def _over(function: str, selector: Selector, window_s: float) -> str:
    return f"{function}({selected(selector)}[{_duration(window_s)}])"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}m" if whole and whole % 60 == 0 else f"{whole}s"
