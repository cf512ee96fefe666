import json

import jsonschema

from idolens.review.judge import judge
from idolens.review.policy_file import check_policy
from idolens.review.report import make_report
from tests.review import documents
from tests.review.sessions import exposure, frame, run_facts, session, small

STALE = "run `python -m tests.review.documents` and look at the difference"


def test_the_published_schema_is_the_codes() -> None:
    """docs/report.schema.json is what the code writes today."""
    assert documents.SCHEMA.read_text("utf-8") == documents.schema_text(), STALE


def test_the_policy_page_is_the_codes() -> None:
    """Every key's default and meaning in docs/policy.md comes from the code."""
    page = documents.POLICY.read_text("utf-8")

    assert page == documents.policy_page(page), STALE


def test_every_key_is_explained_in_chinese() -> None:
    """The Chinese table of docs/policy.md names every key."""
    chinese = documents.POLICY.read_text("utf-8").split("## 中文速查")[1]

    for model in documents.PARTS.values():
        for key in model.model_fields:
            assert f"`{key}`" in chinese


def test_the_example_on_the_policy_page_is_a_policy() -> None:
    """The first example of docs/policy.md can be used as it stands."""
    page = documents.POLICY.read_text("utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]

    assert check_policy(example).questions[0].risks[0].block_at == 0.95


def test_reports_keep_the_schema() -> None:
    """A report with findings is valid under the published schema."""
    frames, answers, policy = [frame(0), frame(1)], exposure([0.9, None]), small()
    judgement = judge(frames, answers, policy)
    report = make_report(
        session(frames), frames, answers, policy, judgement, run_facts()
    )

    schema = json.loads(documents.SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(report.to_json()), schema)
