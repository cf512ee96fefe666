"""Reads alert rules: those shipped, and a studio's own, which replace them by name."""

from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError

from idolens.errors import SettingsError
from idolens.outputs.alerts.rule import RuleBook

_MOST_BYTES = 1_000_000


def shipped_rules() -> RuleBook:
    """Return the rules that come with idolens."""
    text = files("idolens.outputs.alerts").joinpath("rules.yaml").read_text("utf-8")
    return RuleBook.model_validate(yaml.safe_load(text))


def read_rules(file: Path | None) -> RuleBook:
    """Return the shipped rules, with those of ``file`` in their places.

    Raises:
        SettingsError: the file cannot be read, or a rule in it is wrong; the message
            names the place.
    """
    shipped = shipped_rules()
    if file is None:
        return shipped
    own = _read(file)
    names = {
        cast("dict[str, Any]", rule).get("name")
        for rule in cast("list[object]", own.get("rules") or [])
        if isinstance(rule, dict)
    }
    kept = [
        rule.model_dump(mode="json") for rule in shipped.rules if rule.name not in names
    ]
    try:
        given = cast("list[object]", own.get("rules") or [])
        book = RuleBook.model_validate(own | {"rules": [*given, *kept]})
    except ValidationError as error:
        raise _wrong(file, error) from error
    return book


def _read(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as opened:
            values = yaml.safe_load(opened.read(_MOST_BYTES))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(
            f"The alert rules {file} cannot be read: {reason}.",
            f"无法读取告警规则 {file}:{reason}。",
        ) from error
    if not isinstance(values, dict) or not isinstance(
        cast("dict[str, Any]", values).get("rules", []), list
    ):
        raise SettingsError(
            f"The alert rules {file} must have a list `rules:`, like those that"
            " `idolens alerts rules` shows.",
            f"告警规则 {file} 应含有列表 `rules:`,写法见 `idolens alerts rules`。",
        )
    return cast("dict[str, Any]", values)


def _wrong(file: Path, error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "rules"
    why = first["msg"].removeprefix("Value error, ")
    return SettingsError(
        f"The alert rules {file} are wrong at {place}: {why}.",
        f"告警规则 {file} 的 {place} 有误:{why}。",
    )
