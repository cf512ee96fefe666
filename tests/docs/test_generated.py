"""The pages that follow from the code are up to date and complete."""

import pytest

from idolens.settings import Settings, setting_fields
from idolens.web.app import create_api
from tests.docs import openapi
from tests.docs.generate import COMMAND, OPENAPI, PAGES, ROOT, text
from tests.web.service import FakeEyes


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_codes(name: str) -> None:
    """Every command, option, setting, route and field is on its page as it is."""
    written = (ROOT / name).read_text("utf-8")

    assert written == text(name), f"{name} is stale: run `{COMMAND}`"


def test_the_console_knows_the_service_as_it_is() -> None:
    """Its types are made from the routes of today."""
    written = (ROOT / OPENAPI).read_text("utf-8")

    assert written == openapi.document(), f"{OPENAPI} is stale: run `{COMMAND}`"


def test_every_option_is_explained_in_both_languages() -> None:
    """No row of docs/cli.md has an empty meaning."""
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]

    assert len(rows) > 30
    assert not [row for row in rows if "|  |" in row]


def test_every_field_is_explained() -> None:
    """Nothing that the service takes or gives is without a description."""
    api = create_api(FakeEyes(), Settings.model_construct())
    shapes = api.openapi()["components"]["schemas"]
    fields = {
        f"{name}.{field}": about
        for name, shape in shapes.items()
        for field, about in shape.get("properties", {}).items()
    }

    assert len(fields) > 20
    assert not [name for name, about in fields.items() if not about.get("description")]


def test_every_setting_has_a_reason() -> None:
    """No setting stands on the page without saying what it is for."""
    assert not [path for path, field in setting_fields() if not field.description]
