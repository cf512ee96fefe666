"""console/api/openapi.json, which the console's types are made from."""

import json

from idolens.settings import Settings
from idolens.web.app import create_api
from tests.web.service import FakeEyes


def document() -> str:
    """Return the OpenAPI document as its file holds it."""
    told = create_api(FakeEyes(), Settings.model_construct()).openapi()
    told["info"]["version"] = "0"  # a new version changes no type
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
