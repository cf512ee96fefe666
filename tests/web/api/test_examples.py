"""The examples of the API's description are true: each is sent, and each works."""

import json

import pytest

from idolens.review import load_policy
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, lot
from tests.web.api.studio import API, analysed, serving
from tests.web.api.test_reading import exposed
from tests.web.api.test_uploads import TUS

UPLOAD = "0123456789abcdef0123456789abcdef"
STREAMS = {f"{API}/events"}
TO_THE_DISK = {f"{API}/uploads", f"{API}/uploads/{{upload_id}}"}
"""Their bodies are files; tests of their own send them."""
LAST = ("cancel", "resume", "retry")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with serving(folder, FakeEngine(reply=exposed)) as (studio, client):
        analysed(studio, folder / "shows")
        keep_upload(studio, client, lot(folder / "more", 1)[0].path.read_bytes())
        yield studio, client


def keep_upload(studio, client, picture):
    """Keep a picture under the id of the examples."""
    reply = client.post(f"{API}/uploads", files={"file": picture})
    folder = studio.archive.uploads.path(reply.json()["id"]).parent
    about = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps(about | {"id": UPLOAD}))
    folder.rename(folder.with_name(UPLOAD))


def operations(client):
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            if "api" in about.get("tags", ()) and path not in STREAMS:
                yield method, path, about, document["components"]["schemas"]


def example_of(schema, schemas):
    """Put an example together from those of the fields."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "examples" in schema:
        return schema["examples"][0]
    return {
        name: field["examples"][0]
        for name, field in schema["properties"].items()
        if "examples" in field
    }


def address(path, about):
    version = load_policy("livestream-zh").version
    query = {"from": version, "to": version, "policy": "livestream-zh"}
    for one in about.get("parameters", ()):
        if one["in"] == "path":
            (example,) = one["schema"]["examples"]
            path = path.replace(f"{{{one['name']}}}", example)
    wanted = {
        one["name"]: query[one["name"]]
        for one in about.get("parameters", ())
        if one["in"] == "query" and one["required"]
    }
    return path, wanted


def test_what_can_be_read_is_read_by_its_examples(house):
    """Every GET and HEAD answers 200."""
    read = []
    for method, path, about, _ in operations(house[1]):
        if method in {"get", "head"}:
            at, query = address(path, about)
            reply = house[1].request(method, at, params=query, headers=TUS)
            assert reply.status_code == 200, (path, reply.text)
            read.append(path)

    assert len(read) >= 18


def test_what_can_be_done_is_done_by_its_examples(house):
    """Every POST takes its example; those on the job come last."""
    studio, client = house
    found = client.get(f"{API}/sessions/{SESSION}/findings").json()["items"][0]["id"]
    posts = [
        one
        for one in operations(client)
        if one[0] == "post" and one[1] not in TO_THE_DISK
    ]
    done = []
    for _, path, about, schemas in sorted(posts, key=lambda one: one[1].endswith(LAST)):
        body = None
        if "requestBody" in about:
            content = about["requestBody"]["content"]["application/json"]
            body = example_of(content["schema"], schemas)
            body = body | ({"finding": found} if "finding" in body else {})
            body = body | ({"engine": None} if "engine" in body else {})
        at, _ = address(path, about)
        reply = client.post(at, json=body)
        assert reply.status_code in {200, 201}, (path, reply.text)
        done.append(path)

    assert len(done) >= 8
    for session in studio.archive.sessions():
        studio.jobs.wait(session.id)


def test_every_operation_says_what_it_is(house):
    """Each has a summary, its parameters are explained, its failures are problems."""
    for method, path, about, _ in operations(house[1]):
        assert about["summary"], path
        for one in about.get("parameters", ()):
            assert one.get("description"), (method, path, one["name"])
        assert {"4XX", "5XX"} <= set(about["responses"]), path
