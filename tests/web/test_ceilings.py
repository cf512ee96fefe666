"""Whatever a client may choose has a ceiling of the server's.

Every field and parameter of the API's description is walked: either its schema says
where it ends, or `CEILINGS` says what ends it, with a request over the ceiling, which
is sent. Bytes of a body and of headers end in any case (`picture_upload_bytes`,
`patience.HEAD_BYTES`); that alone is enough for nothing that costs more than reading.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from idolens.settings import Settings
from idolens.web.api.shape import cursor_of
from idolens.web.app import create_api
from tests.fakes import SpeakingFakeEngine
from tests.web.api.studio import serving
from tests.web.openai.client import data_url
from tests.web.service import FakeEyes, as_base64, png, running

INFER, DECIDE, CHAT = "/vlm/infer", "/v1/decisions", "/v1/chat/completions"
IMAGE = {"type": "input_image", "image_url": data_url()}
PART = {"type": "image_url", "image_url": {"url": data_url()}}
TEXT = {"type": "text", "text": "?"}
YES_NO = {"type": "predicate", "instructions": "有人吗?"}
PICK = {"type": "choice", "instructions": "哪个?"}
MARK = {"type": "score", "instructions": "多少?"}
LONG, HUGE = "长" * 2001, "长" * 20_001


def infer(**more: object) -> dict[str, object]:
    return {"image": as_base64(png()), "question": "有人吗?", **more}


def decide(question: dict[str, object], *before: object) -> dict[str, object]:
    return {
        "model": "fake-model",
        "input": [{"role": "user", "content": [IMAGE, *before]}],
        "questions": [question],
    }


def said(text: str) -> dict[str, object]:
    return {"type": "input_text", "text": text}


def chat(*content: object, **more: object) -> dict[str, object]:
    asked = [{"role": "user", "content": list(content) or "?"}]
    return {"model": "fake-model", "messages": asked, **more}


def turns(role: str, content: object) -> dict[str, object]:
    asked = [{"role": role, "content": content}, {"role": "user", "content": "?"}]
    return {"model": "fake-model", "messages": asked}


def options(count: int, **more: str) -> list[dict[str, str]]:
    return [{"value": f"o{number}", **more} for number in range(count)]


def levels(count: int, **more: str) -> list[dict[str, str]]:
    return [{"label": f"l{number}", **more} for number in range(count)]


TOO_LARGE = base64.b64encode(b"x" * 100_001).decode()
CEILINGS: dict[str, dict[str, list[dict[str, object]]]] = {
    INFER: {
        "image": [infer(image=TOO_LARGE)],
        "question": [infer(question=LONG)],
        "choices": [
            infer(kind=kind, choices=[f"o{number}" for number in range(count)])
            for kind, count in (("choice", 26), ("score", 11), ("tags", 1001))
        ],
        "choices[]": [
            infer(kind=kind, choices=["好", "长" * 201])
            for kind in ("choice", "score", "tags")
        ],
    },
    DECIDE: {
        "input": [decide(YES_NO) | {"input": "长" * 3000}],
        "input[].content": [decide(YES_NO, *[said("长")] * 2001)],
        "input[].content[].text": [decide(YES_NO, said(LONG))],
        "input[].content[].image_url": [
            decide(YES_NO)
            | {
                "input": [
                    {
                        "role": "user",
                        "content": [
                            IMAGE | {"image_url": f"data:image/png;base64,{TOO_LARGE}"}
                        ],
                    }
                ]
            }
        ],
        "questions[].instructions": [
            decide(one | {"instructions": LONG})
            for one in (
                YES_NO,
                PICK | {"choices": options(2)},
                MARK | {"levels": levels(2)},
            )
        ],
        "questions[].instructions[].text": [
            decide(YES_NO | {"instructions": [said("长" * 1001)] * 2})
        ],
        "questions[].choices": [decide(PICK | {"choices": options(256)})],
        "questions[].choices[].value": [
            decide(PICK | {"choices": [*options(2), {"value": "长" * 201}]})
        ],
        "questions[].choices[].description": [
            decide(PICK | {"choices": options(2, description="长" * 201)})
        ],
        "questions[].levels": [decide(MARK | {"levels": levels(11)})],
        "questions[].levels[].label": [
            decide(MARK | {"levels": [*levels(2), {"label": "长" * 201}]})
        ],
        "questions[].levels[].description": [
            decide(MARK | {"levels": levels(2, description="长" * 201)})
        ],
    },
    CHAT: {
        "messages": [chat() | {"messages": [{"role": "user", "content": "?"}] * 65}],
        "messages[].content": [
            chat(*[PART] * 17, TEXT),
            *(turns(role, HUGE) for role in ("system", "user")),
            {
                "model": "fake-model",
                "messages": [
                    {"role": "user", "content": "?"},
                    {"role": "assistant", "content": HUGE},
                    {"role": "user", "content": "?"},
                ],
            },
        ],
        "messages[].content[].text": [chat({"type": "text", "text": HUGE})],
        "messages[].content[].image_url.url": [
            chat(
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{TOO_LARGE}"},
                }
            )
        ],
        "max_completion_tokens": [chat(max_completion_tokens=4097)],
        "max_tokens": [chat(max_tokens=4097)],
        "temperature": [chat(temperature=2.1)],
        "top_p": [chat(top_p=1.1)],
        "stop": [chat(stop=["a", "b", "c", "d", "e"]), chat(stop="长" * 201)],
        "stop[]": [chat(stop=["长" * 201])],
        "top_logprobs": [chat(logprobs=True, top_logprobs=21)],
        "response_format.json_schema.schema": [
            chat(
                response_format={
                    "type": "json_schema",
                    "json_schema": {
                        "name": "s",
                        "schema": {"type": "object", "description": "长" * 99_999},
                    },
                }
            )
        ],
    },
}
"""Route → field → requests with the field over its ceiling."""

BY_HEADERS = "the headers of a request end at 64 KiB, and it costs a comparison"
BY_UPLOADS = "tests/web/api/test_uploads.py: declared sizes, checksums, parts"
ELSEWHERE: dict[str, str] = {
    "header:If-None-Match": BY_HEADERS,
    "header:If-Match": BY_HEADERS,
    "header:Idempotency-Key": BY_HEADERS,
    "header:tus-resumable": BY_HEADERS,
    "header:upload-metadata": BY_UPLOADS,
    "header:upload-length": BY_UPLOADS,
    "header:upload-offset": BY_UPLOADS,
    "header:upload-checksum": BY_UPLOADS,
    "/api/v1/uploads file": BY_UPLOADS,
    "/api/v1/uploads sha256": BY_UPLOADS,
    "/api/v1/uploads/{upload_id} ": BY_UPLOADS,
    "path:name": "the headers of a request end at 64 KiB, and names are compared",
}
"""What ends somewhere else, and where."""


def knobs() -> set[tuple[str, str]]:
    """Return (route, field) of whatever has no end in its schema."""
    document = create_api(FakeEyes(), Settings()).openapi()
    schemas = document["components"]["schemas"]
    return {
        (path, name)
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for name in _of(operation, schemas)
    }


def _of(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    for one in operation.get("parameters", []):
        where = f"{one['in']}:{one['name']}"
        yield from _endless(one["schema"], where, schemas, frozenset())
    content = operation.get("requestBody", {}).get("content", {})
    for body in content.values():
        yield from _endless(body.get("schema", {}), "", schemas, frozenset())


def _endless(
    schema: dict[str, Any], at: str, schemas: dict[str, Any], seen: frozenset[str]
) -> Iterator[str]:
    """Yield the places within ``schema`` that could be as large as you like."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from _endless(schemas[name], at, schemas, seen | {name})
        return
    for joint in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(joint, []):
            yield from _endless(one, at, schemas, seen)
    if not _ends(schema):
        yield at
    for name, one in schema.get("properties", {}).items():
        yield from _endless(one, f"{at}.{name}" if at else name, schemas, seen)
    if "items" in schema:
        yield from _endless(schema["items"], f"{at}[]", schemas, seen)


def _ends(schema: dict[str, Any]) -> bool:
    if {"enum", "const"} & schema.keys():
        return True
    return {
        "string": lambda: bool({"maxLength", "pattern"} & schema.keys()),
        "array": lambda: "maxItems" in schema,
        "integer": lambda: bool({"maximum", "exclusiveMaximum"} & schema.keys()),
        "number": lambda: bool({"maximum", "exclusiveMaximum"} & schema.keys()),
        "object": lambda: not schema.get("additionalProperties"),
    }.get(str(schema.get("type")), lambda: True)()


def test_every_knob_has_a_ceiling():
    """A field that is added needs one in its schema, or a line above."""
    said_elsewhere = {
        (path, name)
        for path, name in knobs()
        if name in ELSEWHERE or f"{path} {name}" in ELSEWHERE
    }
    listed = {(path, name) for path, fields in CEILINGS.items() for name in fields}

    missing = {
        (path, name)
        for path, name in knobs() - said_elsewhere - listed
        # The parts of a list that has its own line end with it.
        if (path, name.removesuffix("[]")) not in listed
        and not name.endswith("instructions[]")
    }
    assert not missing


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    eyes = FakeEyes(SpeakingFakeEngine())
    logs = tmp_path_factory.mktemp("logs")
    with running(eyes, logs, picture_upload_bytes=100_000) as client:
        for path, body in (
            (INFER, infer()),
            (DECIDE, decide(YES_NO)),
            (CHAT, chat(PART, TEXT)),
        ):
            assert client.post(path, json=body).status_code == 200
        client.eyes = eyes
        yield client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param(path, body, id=f"{path} {name} {number}")
        for path, fields in CEILINGS.items()
        for name, bodies in fields.items()
        for number, body in enumerate(bodies)
    ],
)
def test_what_is_over_its_ceiling_is_refused(client, path, body):
    """With a reason, and before the engine sees any of it."""
    asked = client.eyes.engine.questions_asked + client.eyes.engine.steps

    reply = client.post(
        path,
        content=json.dumps(body, ensure_ascii=False).encode(),
        headers={"content-type": "application/json"},
    )

    assert reply.status_code in {400, 413, 422}, reply.text[:300]
    assert reply.json()["message"]["zh"]
    assert client.eyes.engine.questions_asked + client.eyes.engine.steps == asked


def test_no_picture_is_decoded_of_a_conversation_with_too_many(tmp_path):
    """What is refused for its number costs no decoding."""
    eyes = FakeEyes(SpeakingFakeEngine())
    looked: list[bytes] = []
    look = eyes.look
    eyes.look = lambda picture: looked.append(picture) or look(picture)
    with running(eyes, tmp_path) as client:
        reply = client.post(CHAT, json=chat(*[PART] * 100, TEXT))

    assert reply.status_code == 400
    assert not looked


@pytest.mark.parametrize("name", ["sessions", "jobs"])
def test_a_cursor_that_was_made_up_ends_too(tmp_path, name):
    """A number that no database can hold is no cursor of the list."""
    with serving(tmp_path) as (_, client):
        cursor = cursor_of(10**30, "x")
        reply = client.get(f"/api/v1/{name}", params={"cursor": cursor})

    assert reply.status_code == 422, reply.text
