"""The pages of docs/ that follow from the code: `python -m tests.docs.generate`."""

from collections.abc import Callable
from pathlib import Path

from tests.docs import cli_page, http_page, openapi, settings_page

ROOT = Path(__file__).parents[2]
COMMAND = "python -m tests.docs.generate"
PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "docs/cli.md": ("the commands in src/idolens/cli", cli_page.page),
    "docs/settings.md": ("src/idolens/settings", settings_page.page),
    "docs/http.md": ("the OpenAPI document of the service", http_page.page),
}
"""Each page: what it follows from, and who writes it."""
OPENAPI = "console/api/openapi.json"
"""What the types of the console are made from."""


def text(name: str) -> str:
    """Return the page ``name``; its first lines say how it was made."""
    origin, page = PAGES[name]
    return (
        f"<!-- Made from {origin} by `{COMMAND}`: change those, not this page.\n"
        f"     The words between the tables are in {page.__module__}. -->\n\n"
        f"{page()}"
    )


def main() -> None:
    """Write every page anew."""
    for name in PAGES:
        (ROOT / name).write_text(text(name), "utf-8")
    (ROOT / OPENAPI).write_text(openapi.document(), "utf-8")


if __name__ == "__main__":
    main()
