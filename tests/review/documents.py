"""The pages of docs/ that follow from the code; `python -m tests.review.documents`."""

import json
import re
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from idolens.review.policy import Moot, Policy, PolicyQuestion, Risk
from idolens.review.report import report_schema
from idolens.review.review_rules import ReviewRules

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = DOCS / "report.schema.json"
POLICY = DOCS / "policy.md"
PARTS = {
    "policy": Policy,
    "review": ReviewRules,
    "question": PolicyQuestion,
    "risk": Risk,
    "moot_when": Moot,
}


def schema_text() -> str:
    return json.dumps(report_schema(), ensure_ascii=False, indent=2) + "\n"


def policy_page(page: str) -> str:
    """Fill the tables of ``page`` in from the models."""
    for name, model in PARTS.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        filled = rf"\g<1>{table(model)}\g<2>"
        page, count = re.subn(pattern, filled, page, flags=re.DOTALL)
        assert count == 1, name
    return page


def table(model: type[BaseModel]) -> str:
    rows = ["| key | default | meaning |", "|---|---|---|"]
    rows += [
        f"| `{key}` | {default(field)} | {field.description} |"
        for key, field in model.model_fields.items()
    ]
    return "\n".join(rows) + "\n"


def default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.default
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    return f"`{value}`"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), "utf-8")
    POLICY.write_text(policy_page(POLICY.read_text("utf-8")), "utf-8")
