"""Reading the settings from everywhere they may stand; refusing what none is called."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_settings import EnvSettingsSource
from pydantic_settings import SettingsError as EnvironmentParseError

from idolens.errors import SettingsError
from idolens.settings.installation import Settings
from idolens.vocabulary import Language

_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def load_settings(file: Path | None = None, **chosen: object) -> Settings:
    """Read the settings; ``chosen`` (from the command line) wins over all others.

    Args:
        file: a YAML file of settings, nested as the settings are.
        chosen: settings given on the command line; None means not given.

    Raises:
        SettingsError: a name that no setting has, or an impossible value.
    """
    environment = EnvSettingsSource(Settings)
    _refuse_unknown(environment.env_vars)
    try:
        given = environment()
    except EnvironmentParseError as error:
        raise SettingsError(
            f"A setting in the environment is not what it should be: {error}.",
            f"环境变量中的某项设置格式不正确：{error}。",
        ) from error
    values = _over(_read(file) if file else {}, given)
    values |= {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _explain(error) from error


def wanted_language(file: Path | None = None) -> Language:
    """Return the language that is asked for, though another setting be wrong."""
    given = EnvSettingsSource(Settings).env_vars.get("idolens_language")
    try:
        written = _read(file).get("language") if file else None
    except SettingsError:
        written = None
    for language in _LANGUAGES:
        if language == (given or written):
            return language
    return Settings.model_construct().language


def environment_names() -> list[str]:
    """Return the environment's name of every setting, e.g. ``IDOLENS_PORT``."""
    return [f"IDOLENS_{'__'.join(path).upper()}" for path, _ in setting_fields()]


def setting_fields(
    model: type[BaseModel] = Settings, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path (``("gate", "black_level")``) and field of every setting."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from setting_fields(kind, (*above, name))
        else:
            yield (*above, name), field


def _refuse_unknown(environment: Mapping[str, str | None]) -> None:
    known = set(environment_names())
    known |= {name.rpartition("__")[0] for name in known if "__" in name}
    for name in environment:
        if name.upper().startswith("IDOLENS_") and name.upper() not in known:
            raise _unknown(name.upper(), known)


def _unknown(name: str, known: set[str]) -> SettingsError:
    close = get_close_matches(name, known, n=1)
    return SettingsError(
        f"There is no setting {name}."
        + (f" Did you mean {close[0]}?" if close else " See docs/settings.md."),
        f"没有名为 {name} 的设置。"
        + (f"是不是想写 {close[0]}?" if close else "请查看 docs/settings.md。"),
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(
            f"The settings file {file} cannot be read: {reason}.",
            f"无法读取设置文件 {file}:{reason}。",
        ) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(
            f"The settings file {file} must be a list of `name: value` lines.",
            f"设置文件 {file} 的内容应为逐行的“名称: 值”。",
        )
    return cast("dict[str, Any]", values)


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``above`` over ``below``, group by group."""
    merged = dict(below)
    for name, value in above.items():
        beneath = merged.get(name)
        if isinstance(beneath, dict) and isinstance(value, dict):
            merged[name] = _over(
                cast("dict[str, Any]", beneath), cast("dict[str, Any]", value)
            )
        else:
            merged[name] = value
    return merged


def _explain(error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = {".".join(names) for names, _ in setting_fields()}
        return _unknown(".".join(path), known)
    name = f"{'.'.join(path)} (IDOLENS_{'__'.join(path).upper()})"
    if first["type"] != "value_error" and "alerts" not in path:
        shown, why = repr(first["input"]), first["msg"]
        return SettingsError(
            f"The setting {name} cannot be {shown}: {why}.",
            f"设置 {name} 不能是 {shown}:{why}。",
        )
    # What was given may hold an address or a secret.
    why = first["msg"].removeprefix("Value error, ")
    return SettingsError(
        f"The setting {name} is not what it should be: {why}.",
        f"设置 {name} 的内容有误:{why}。",
    )
