"""The routes under /v1 on a real studio: its decoder, its cache, its own model."""

import base64
import json
from pathlib import Path

import openai
import pytest

from idolens.settings import Settings
from idolens.studio import open_studio
from tests.web.openai.client import served

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "samples/pictures/stage.png"
LOGO = {"type": "predicate", "name": "logo", "instructions": "画面中是否有LOGO?"}
PLACE = {
    "type": "choice",
    "instructions": "人物在哪里?",
    "choices": [{"value": "室内舞台"}, {"value": "户外公园"}],
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with (
        open_studio(Settings(home=home, logs=home / "logs")) as studio,
        served(studio, home / "logs") as (client, _),
    ):
        yield client.with_options(timeout=120)


@pytest.fixture(scope="module")
def url():
    return "data:image/png;base64," + base64.b64encode(SAMPLE.read_bytes()).decode()


@pytest.fixture(scope="module")
def model(client):
    (card,) = client.models.list().data
    assert card.id == "idolens-tiny"
    assert card.speaks is True
    return card.id


def _decide(client, model, url, *questions):
    image = {"type": "input_image", "image_url": url}
    given = [{"role": "user", "content": [image]}]
    return client.decisions.create(model=model, input=given, questions=questions)


def _said(client, model, url, **more):
    content = [
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "text", "text": "描述人物。"},
    ]
    messages = [{"role": "user", "content": content}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def test_decisions_do_not_depend_on_their_company(client, model, url):
    """Alone or together, from the engine or from the cache: the same answer."""
    (alone,) = _decide(client, model, url, LOGO).answers
    reply = _decide(client, model, url, PLACE, LOGO)

    together = reply.answers[1]
    assert together.type == alone.type
    assert together.idolens["options"] == alone.idolens["options"]
    assert sum(alone.idolens["options"].values()) == pytest.approx(1.0)
    assert reply.usage.input_tokens > 60


def test_long_choices_and_scales_on_a_real_model(client, model, url):
    """Thirty places and ten levels: one distribution each, all rounds counted."""
    values = ["室内舞台", "户外公园", *(f"第{number}号仓库" for number in range(28))]
    place = {**PLACE, "choices": [{"value": value} for value in values]}
    light = {
        "type": "score",
        "instructions": "光线有多亮?",
        "levels": [{"label": f"{number}分"} for number in range(10)],
    }
    short = _decide(client, model, url, LOGO, PLACE)
    reply = _decide(client, model, url, LOGO, place, light)

    logo, where, bright = reply.answers
    assert logo.idolens["options"] == short.answers[0].idolens["options"]
    assert list(where.idolens["options"]) == [*values, "cannot_tell"]
    assert sum(where.idolens["options"].values()) == pytest.approx(1.0)
    assert len(bright.idolens["options"]) == 11
    assert sum(bright.idolens["options"].values()) == pytest.approx(1.0)
    assert reply.usage.input_tokens > short.usage.input_tokens + 200


def test_chat_streams_what_it_says(client, model, url):
    """Whole and streamed are the same words, and count the same."""
    whole = _said(client, model, url, max_tokens=16)
    chunks = list(
        _said(
            client,
            model,
            url,
            max_tokens=16,
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    words = [chunk.choices[0].delta.content or "" for chunk in chunks[:-1]]
    assert "".join(words) == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert whole.usage.prompt_tokens > 60


def test_chat_keeps_a_schema(client, model, url):
    """The model's own words, within the form that was asked for."""
    schema = {
        "type": "object",
        "properties": {
            "发色": {"enum": ["蓝", "红", "黑"]},
            "人数": {"type": "integer", "minimum": 0, "maximum": 20},
        },
        "required": ["发色", "人数"],
        "additionalProperties": False,
    }

    reply = _said(
        client,
        model,
        url,
        max_tokens=100,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "person", "schema": schema},
        },
    )

    told = json.loads(reply.choices[0].message.content)
    assert told["发色"] in {"蓝", "红", "黑"}
    assert 0 <= told["人数"] <= 20


def test_a_file_that_is_no_picture_ends_in_a_refusal(client, model):
    """It is decoded apart; the service lives on."""
    url = "data:image/png;base64," + base64.b64encode(b"MZ" + bytes(99)).decode()

    for ask in (
        lambda: _decide(client, model, url, LOGO),
        lambda: _said(client, model, url),
    ):
        with pytest.raises(openai.APIStatusError) as caught:
            ask()
        assert caught.value.status_code in {400, 415}
        assert caught.value.code
