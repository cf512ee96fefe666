"""Whatever JSON is sent to /v1, the answer is a reply or a refusal, never a fault."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes import SpeakingFakeEngine
from tests.web.openai.client import data_url
from tests.web.service import FakeEyes, running

CHAT = {
    "model": "fake-model",
    "messages": [
        {"role": "system", "content": "Be short."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What?"},
                {"type": "image_url", "image_url": {"url": data_url()}},
            ],
        },
    ],
    "max_tokens": 8,
    "temperature": 1.0,
    "seed": 3,
    "stop": ["x"],
    "logprobs": True,
    "top_logprobs": 2,
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "n", "schema": {"type": "object"}},
    },
}
DECISIONS = {
    "model": "fake-model",
    "input": [
        {
            "role": "user",
            "content": [{"type": "input_image", "image_url": data_url()}],
        }
    ],
    "questions": [
        {"type": "predicate", "name": "a", "instructions": "是否?"},
        {
            "type": "choice",
            "instructions": "Which?",
            "choices": [{"value": "a", "description": "b"}, {"value": True}],
        },
        {
            "type": "score",
            "instructions": "?",
            "levels": [{"label": "a"}, {"label": "b"}],
        },
    ],
}
ROUTES = {"/v1/chat/completions": CHAT, "/v1/decisions": DECISIONS}

odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["\ud800", "~text", "user", "cannot_tell", "data:,", "{}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "role", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    eyes = FakeEyes(SpeakingFakeEngine())
    with running(eyes, tmp_path_factory.mktemp("logs")) as client:
        yield client


def _places(part, path=()):
    yield path
    items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in items:
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))
        else:
            yield (*path, key)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_one_wrong_value_anywhere(client, data):
    """Any value in any place of a good request: 200 or a 4xx in OpenAI's shape."""
    route = data.draw(st.sampled_from(sorted(ROUTES)))
    body = copy.deepcopy(ROUTES[route])
    path = data.draw(st.sampled_from(list(_places(body))))
    value = data.draw(odd)
    if path:
        inside = body
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = value
    else:
        body = value

    reply = client.post(
        route,
        content=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )

    assert reply.status_code == 200 or 400 <= reply.status_code < 500, reply.text
    if reply.status_code != 200:
        assert reply.json()["error"]["type"] == "invalid_request_error"
        assert reply.json()["error"]["message"]


def test_a_body_nested_without_end(client):
    """Deeper than any parser goes, it is refused like other nonsense."""
    nested = b"[" * 100_000 + b"]" * 100_000

    for route in ROUTES:
        reply = client.post(
            route, content=nested, headers={"Content-Type": "application/json"}
        )
        assert reply.status_code == 400
