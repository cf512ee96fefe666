"""docs/settings.md, from the settings themselves."""

from inspect import getdoc
from pathlib import Path
from typing import Any

from idolens.settings import Settings, setting_fields
from tests.docs.markdown import cell

HEAD = """\
# Settings · 设置

A setting comes from the command line, else from the environment, else from the YAML
file named by `idolens --settings FILE`, else from its default here. A name that does
not exist is refused, with the nearest one that does.

设置按以下顺序取值:命令行 → 环境变量 → `idolens --settings 文件` 指定的 YAML 文件 \
→ 此处的默认值。写错的名称会被拒绝,并提示最接近的名称。

```sh
IDOLENS_LANGUAGE=en IDOLENS_GATE__BLACK_LEVEL=24 idolens analyze show.mp4
```

```yaml
# studio.yaml, for: idolens --settings studio.yaml analyze show.mp4
language: en
gate:
  black_level: 24
```

`./start.sh` sets `IDOLENS_HOME` and `IDOLENS_LOGS` to folders beside itself, unless
they are set.

`./start.sh` 会把 `IDOLENS_HOME` 和 `IDOLENS_LOGS` 设为它旁边的文件夹,除非你已设置。
"""


def page() -> str:
    """Return the page."""
    groups: dict[tuple[str, ...], list[tuple[str, Any]]] = {}
    for path, field in setting_fields():
        groups.setdefault(path[:-1], []).append((path[-1], field))
    return "\n".join([HEAD, *(_group(above, rows) for above, rows in groups.items())])


def _group(above: tuple[str, ...], rows: list[tuple[str, Any]]) -> str:
    lines = [f"## {'.'.join(above) or 'General'}", ""]
    if above:
        kind = Settings.model_fields[above[0]].annotation
        lines += [getdoc(kind) or "", ""]
    lines += ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    for name, field in rows:
        variable = "__".join(("IDOLENS", *above, name)).upper()
        variable = variable.replace("IDOLENS__", "IDOLENS_", 1)
        meaning = cell(field.description)
        lines.append(
            f"| `{name}` | `{variable}` | {_default(field.default)} | {meaning} |"
        )
    return "\n".join([*lines, ""])


def _default(value: object) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, Path):
        return f"`{value.as_posix()}`"
    return f"`{value}`"
