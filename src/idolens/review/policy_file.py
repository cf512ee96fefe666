"""Reads policy files and explains what is wrong with them, line by line.

YAML is read as text only: ``yes`` stays the word yes, a key may stand once, and
aliases are refused (they can make a small file unfold without end).
"""

import difflib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from idolens.errors import Fault, PolicyError, QuestionError
from idolens.review.calibration import Calibration, Curve
from idolens.review.policy import Moot, Policy, PolicyQuestion, Risk
from idolens.review.record import Record, Words
from idolens.review.review_rules import ReasonCode, ReviewRules
from idolens.vocabulary import Bilingual

MOST_CHARACTERS = 200_000
"""Longest policy file, in characters."""

MOST_CALIBRATION_BYTES = 1_000_000
"""Largest calibration file."""

Location = tuple[str | int, ...]


def shipped_policies() -> list[Policy]:
    """Return the policies that come with idolens, by name."""
    return [check_policy(text) for _, text in sorted(_shipped())]


def load_policy(name_or_path: str) -> Policy:
    """Return a shipped policy by name, or read one from a file.

    Raises:
        PolicyError: there is no such policy or file, or its content is wrong.
    """
    shipped = dict(_shipped())
    if name_or_path in shipped:
        return check_policy(shipped[name_or_path])
    path = Path(name_or_path)
    if not path.is_file():
        raise _unknown(name_or_path, list(shipped))
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"The policy file {path.name} cannot be read; save it as UTF-8 text.",
            f"无法读取策略文件 {path.name}；请将其保存为 UTF-8 文本。",
        ) from error
    return check_policy(text, folder=path.parent)


def policy_text(policy: Policy) -> str:
    """Return ``policy`` as YAML; reading it gives an equal policy again."""
    return yaml.safe_dump(
        policy.model_dump(mode="json", exclude_defaults=True),
        allow_unicode=True,
        sort_keys=False,
    )


def check_policy(text: str, *, folder: Path | None = None) -> Policy:
    """Read a policy from YAML.

    Args:
        text: the YAML.
        folder: where the calibration is that it names; without one, only a policy
            that holds its calibration can be read.

    Raises:
        PolicyError: with the line and key of the first mistake, and how to mend it.
    """
    data, lines = _read(text)
    if isinstance(data, dict):
        keys = cast("dict[str, Any]", data)
        if isinstance(keys.get("calibration"), str):
            keys["calibration"] = _calibration(keys["calibration"], folder)
    try:
        return Policy.model_validate(data)
    except QuestionError as error:
        raise PolicyError(error.words.en, error.words.zh) from error
    except ValidationError as error:
        raise _explained(error.errors(include_url=False), lines) from error


def load_calibration(path: Path) -> Calibration:
    """Read a file that `idolens calibrate` wrote.

    Raises:
        PolicyError: there is none, or it is not as it was written.
    """
    try:
        if path.stat().st_size > MOST_CALIBRATION_BYTES:
            raise _no_calibration(path, "too large", "文件过大")
        return Calibration.model_validate_json(path.read_bytes())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _no_calibration(path, reason, reason) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        context = first.get("ctx", {})
        where = ".".join(str(part) for part in first["loc"])
        raise _no_calibration(
            path,
            context.get("en") or f"{where}: {first['msg']}".lstrip(": "),
            context.get("zh") or f"{where}：{first['msg']}".lstrip("："),
        ) from error


def _calibration(name: str, folder: Path | None) -> Any:
    if folder is None:
        raise PolicyError(
            f"calibration: {name!r} is a file; read the policy from a file beside it.",
            f"calibration：{name!r} 是一个文件；请从与其同处的策略文件读取策略。",
        )
    return load_calibration(folder / name).model_dump(mode="json")


def _no_calibration(path: Path, en: str, zh: str) -> PolicyError:
    return PolicyError(
        f"calibration: {path.name} cannot be used ({en}); "
        "write it with `idolens calibrate`.",
        f"calibration：{path.name} 不可用（{zh}）；请用 `idolens calibrate` 生成。",
    )


def _shipped() -> Iterator[tuple[str, str]]:
    for entry in files("idolens.review").joinpath("policies").iterdir():
        yield entry.name.removesuffix(".yaml"), entry.read_text("utf-8")


def _unknown(name: str, known: list[str]) -> PolicyError:
    near = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(sorted(known))
    if near:
        return PolicyError(
            f"There is no policy {name!r}; did you mean {near[0]!r}?",
            f"没有名为 {name!r} 的策略；您是否想用 {near[0]!r}？",
        )
    return PolicyError(
        f"There is no policy or file {name!r}; shipped policies: {listed}.",
        f"没有名为 {name!r} 的策略或文件；自带策略：{listed}。",
    )


def _read(text: str) -> tuple[Any, dict[Location, int]]:
    if len(text) > MOST_CHARACTERS:
        raise PolicyError(
            f"A policy may have {MOST_CHARACTERS:,} characters at most; shorten it.",
            f"策略文件最多 {MOST_CHARACTERS:,} 个字符；请精简。",
        )
    try:
        node = yaml.SafeLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise PolicyError(
            f"Line {line} is not valid YAML ({error.problem}); "
            "check its indentation, and put texts with punctuation into quotes.",
            f"第 {line} 行不是合法的 YAML（{error.problem}）；请检查缩进，"
            "并给带标点的文字加上引号。",
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyError(
            "The policy is not readable YAML text; "
            "remove control characters and deep nesting.",
            "策略不是可读的 YAML 文本；请去掉控制字符和过深的嵌套。",
        ) from error
    reader = _Reader()
    return reader.plain(node, ()), reader.lines


class _Reader:
    """Turns nodes into plain data and remembers the line of every place."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self._met: set[int] = set()

    def plain(self, node: yaml.Node | None, at: Location) -> Any:
        """Return the plain data of a node.

        Raises:
            PolicyError: a key stands twice, or an alias uses a value again.
        """
        if node is None:
            return None
        line = node.start_mark.line + 1
        if id(node) in self._met:
            raise PolicyError(
                f"Line {line}: a YAML alias uses this value again; write it out.",
                f"第 {line} 行：不允许用 YAML 别名重复使用该值；请直接写出内容。",
            )
        self._met.add(id(node))
        self.lines.setdefault(at, line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            children = enumerate(node.value)
            return [self.plain(child, (*at, index)) for index, child in children]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        for key_node, value in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in plain:
                raise PolicyError(
                    f"Line {line}: {_path((*at, key))} stands twice; keep one.",
                    f"第 {line} 行：{_path((*at, key))} 出现了两次；请只保留一个。",
                )
            self.lines[(*at, key)] = line
            plain[key] = self.plain(value, (*at, key))
        return plain


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    value = str(node.value)
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "int" | "float":
            return _number(value)
        case "null":
            return None
        case "bool" if value.lower() in ("true", "false"):
            return value.lower() == "true"
        case _:
            return value


def _number(value: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _explained(errors: list[ErrorDetails], lines: dict[Location, int]) -> PolicyError:
    # A list is called empty too when its only item is wrong: that is no help.
    errors = [error for error in errors if error["type"] != "too_short"] or errors
    # A mistyped key is also missing under its right name: tell the typing mistake.
    first = min(
        errors,
        key=lambda error: (
            error["type"] != "extra_forbidden",
            _line(error["loc"], lines),
        ),
    )
    line, path = _line(first["loc"], lines), _path(first["loc"])
    en, zh = _reason(first)
    more_en = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    more_zh = f"（另有 {len(errors) - 1} 处）" if len(errors) > 1 else ""
    where_en = f"Line {line}, {path}: " if path else f"Line {line}: "
    where_zh = f"第 {line} 行 {path}：" if path else f"第 {line} 行："
    stop_en, stop_zh = ("", "") if en.endswith("?") else (".", "。")
    return PolicyError(
        f"{where_en}{en}{stop_en}{more_en}",
        f"{where_zh}{zh}{stop_zh}{more_zh}",
        [
            _fault(error, lines)
            for error in sorted(errors, key=lambda one: _line(one["loc"], lines))
        ],
    )


def _fault(error: ErrorDetails, lines: dict[Location, int]) -> Fault:
    line = _line(error["loc"], lines)
    en, zh = _reason(error)
    return Fault(
        _path(error["loc"]),
        Bilingual(en=f"line {line}: {en}", zh=f"第 {line} 行：{zh}"),
    )


def _line(at: Location, lines: dict[Location, int]) -> int:
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)


def _path(at: Location) -> str:
    shown = ""
    for step in at:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}"
    return shown.removeprefix(".")


def _reason(error: ErrorDetails) -> tuple[str, str]:
    context: dict[str, Any] = error.get("ctx") or {}
    if error["type"] == "policy":
        return context["en"], context["zh"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(error["loc"])
    words = _MISTAKES.get(error["type"])
    if words is None:
        return _wrong_type(error)
    return words[0].format(**context), words[1].format(**context)


_MISTAKES = {
    "missing": ("is missing; add it", "缺少该项；请补上"),
    "greater_than": ("must be more than {gt}", "必须大于 {gt}"),
    "greater_than_equal": ("must be {ge} or more", "不能小于 {ge}"),
    "less_than_equal": ("must be {le} or less", "不能大于 {le}"),
    "literal_error": ("must be one of {expected}", "必须是以下之一：{expected}"),
    "enum": ("must be one of {expected}", "必须是以下之一：{expected}"),
    "string_pattern_mismatch": ("must have the form {pattern}", "格式必须为 {pattern}"),
    "too_short": ("must not be empty", "不能为空"),
}
_TYPES = {
    "string": ("text", "文本"),
    "float": ("a number", "数字"),
    "int": ("a whole number", "整数"),
    "tuple": ("a list", "列表"),
    "model": ("a set of keys with values", "一组键和值"),
}


def _wrong_type(error: ErrorDetails) -> tuple[str, str]:
    kind = error["type"].split("_")[0]
    expected = _TYPES.get(kind, ("another value", "其他值"))
    return f"must be {expected[0]}", f"必须是{expected[1]}"


_PARTS: dict[str, type[Record]] = {
    "questions": PolicyQuestion,
    "risks": Risk,
    "moot_when": Moot,
    "calibration": Calibration,
    "curves": Curve,
    "review": ReviewRules,
    "reasons": ReasonCode,
}


def _unknown_key(at: Location) -> tuple[str, str]:
    names = [step for step in at[:-1] if isinstance(step, str)]
    part = _PARTS.get(names[-1], Words) if names else Policy
    known = list(part.model_fields)
    near = difflib.get_close_matches(str(at[-1]), known, n=1)
    if near:
        return (
            f"unknown key; did you mean {near[0]!r}?",
            f"未知的键；您是否想写 {near[0]!r}？",
        )
    return (
        f"unknown key; known here: {', '.join(known)}",
        f"未知的键；此处可用：{'、'.join(known)}",
    )
