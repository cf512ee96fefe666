"""Lets no wheel out whose console is missing; see `[tool.hatch…]` in pyproject.toml."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path("src/idolens/web/console/index.html")


class ConsoleHook(BuildHookInterface[Any]):
    """Looks before a wheel is made whether the console was built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Refuse to make a wheel for others without the console.

        Args:
            version: `editable` for a checkout that is worked in, else `standard`.
            build_data: of the wheel; it is left as it is.

        Raises:
            RuntimeError: there is no console.
        """
        if version != "editable" and not (Path(self.root) / CONSOLE).is_file():
            raise RuntimeError(
                f"{CONSOLE} is missing: run console/build.sh, then build the wheel."
            )
