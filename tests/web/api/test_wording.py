"""What the service says of the wording of questions, before anybody is asked."""

from pathlib import Path

import pytest

from idolens.vlm.templates import templates
from tests.web.service import FakeEyes, running

LINT = "/api/v1/question-lint"


@pytest.fixture(name="client", scope="module")
def _client(tmp_path_factory):
    with running(FakeEyes(), Path(tmp_path_factory.mktemp("logs"))) as client:
        yield client


def test_ready_made_questions_come_whole_and_in_order(client):
    told = client.get("/api/v1/question-templates").json()["items"]

    assert [one["key"] for one in told] == [one.key for one in templates()]
    scene = next(one for one in told if one["key"] == "scene")
    assert scene["kind"] == "choice"
    assert "室内舞台" in scene["options"]["zh"]
    assert "indoor stage" in scene["options"]["en"]


def test_a_vague_question_is_told_how_to_be_better(client):
    told = client.post(LINT, json={"question": "这图怎么样?"}).json()

    assert told["kind"] == "text"
    (advice, *_) = told["advice"]
    assert advice["why"]["zh"]
    assert advice["instead"]["en"]


def test_it_is_told_how_a_question_will_be_asked(client):
    closed = client.post(LINT, json={"question": "画面中是否有未授权LOGO?"}).json()
    either = client.post(LINT, json={"question": "是室内舞台还是户外公园?"}).json()

    assert closed == {"kind": "yes_no", "options": [], "advice": []}
    assert either["kind"] == "choice"
    assert either["options"] == ["室内舞台", "户外公园"]


def test_nothing_is_said_of_nothing(client):
    assert client.post(LINT, json={"question": "  "}).json()["advice"] == []
