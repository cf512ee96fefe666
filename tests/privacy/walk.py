"""Goes through every operation of the service's own description, well and badly."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from tests.privacy.canary import secret, word
from tests.web.service import as_base64, png

SECRETS = frozenset({"password", "old", "new", "token", "Idempotency-Key", "api_key"})
HEADERS = {
    "User-Agent": word("agent"),
    "Referer": f"http://localhost/{word('referer')}",
    "X-Forwarded-For": word("forwarded"),
    "X-Request-Id": word("request-id"),
    "Sec-Fetch-Site": "same-origin",
}
Document = Mapping[str, Any]


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Yield method, path and description of each."""
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            yield method.upper(), path, about


def requests(
    document: Document, path: str, about: Document
) -> Iterator[dict[str, Any]]:
    """Yield what to send there: as described, with content in it, and wrong."""
    schemas = document["components"]["schemas"]
    good = _address(path, about, examples=True)
    ours = _address(path, about, examples=False)
    query = {
        one["name"]: word(f"query-{one['name']}")
        for one in about.get("parameters", ())
        if one["in"] == "query"
    }
    headers = {
        one["name"]: _words(one["name"])
        for one in about.get("parameters", ())
        if one["in"] == "header"
    }
    yield {"url": good}
    yield {"url": ours}
    yield {"url": good, "params": query | {word("query"): word("query")}}
    yield {"url": good, "headers": headers}
    yield {"url": good, "headers": {"Authorization": f"Bearer {secret('bearer')}"}}
    content = about.get("requestBody", {}).get("content", {})
    for kind, part in content.items():
        body = sample(part["schema"], schemas, "body")
        for wrong in _bodies(kind, body):
            yield {"url": good, **wrong}
    if not content:
        yield {"url": good, "content": word("body")}


def sample(schema: Document, schemas: Document, name: str) -> Any:
    """Return something of the shape ``schema``, with content wherever text may be."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    fixed = [schema.get("const"), schema.get("default"), *schema.get("enum", ())]
    known = [value for value in fixed if value is not None]
    if known:
        return known[0]
    for kinds in ("anyOf", "oneOf", "allOf"):
        if kinds in schema:
            return sample(schema[kinds][0], schemas, name)
    if "properties" in schema:
        fields = schema["properties"].items()
        return {key: sample(one, schemas, key) for key, one in fields}
    if schema.get("type") == "array":
        return [sample(schema.get("items", {}), schemas, name)]
    plain = {"integer": 1, "number": 1.0, "boolean": True, "object": {}, "null": None}
    kind = schema.get("type")
    return schema.get("minimum", plain[kind]) if kind in plain else _text(schema, name)


def _text(schema: Document, name: str) -> str:
    if name in {"image", "image_url"}:
        return as_base64(png())
    if "pattern" in schema and "examples" in schema:
        return schema["examples"][0]
    return _words(name)


def _words(name: str) -> str:
    return secret(name) if name in SECRETS else word(name)


def _bodies(kind: str, body: Any) -> Iterator[dict[str, Any]]:
    if "json" not in kind:
        file = (word("file.png"), word("bytes").encode())
        yield {"files": {"file": file}}
        yield {"files": {word("field"): file}, "data": {word("field"): word("value")}}
        yield {"content": word("bytes"), "headers": {"Content-Type": kind}}
        return
    yield {"json": body}
    yield {"content": json.dumps(body)[:-3], "headers": {"Content-Type": kind}}
    yield {"content": word("text"), "headers": {"Content-Type": "text/plain"}}
    yield {"json": [word("list")]}
    if isinstance(body, dict):
        yield {"json": body | {word("field"): word("value")}}
        for name in body:
            yield {"json": body | {name: {word("inner"): [word("inner")]}}}
            yield {"json": {key: one for key, one in body.items() if key != name}}


def _address(path: str, about: Document, *, examples: bool) -> str:
    for one in about.get("parameters", ()):
        if one["in"] == "path":
            known = one["schema"].get("examples") or one.get("examples") or ["none"]
            value = known[0] if examples else word(f"path-{one['name']}")
            path = path.replace(f"{{{one['name']}}}", str(value))
    return path


def walk(client: httpx2.Client, document: Document) -> dict[str, set[int]]:
    """Send everything everywhere; return the statuses by operation.

    Operations on the login itself come last: they end it.
    """
    seen: dict[str, set[int]] = {}
    for method, path, about in sorted(operations(document), key=_ends_the_login):
        statuses = seen.setdefault(f"{method} {path}", set())
        for asked in requests(document, path, about):
            headers = HEADERS | asked.pop("headers", {})
            # Closed unread: one of them tells for ever what happens.
            with client.stream(method, headers=headers, **asked) as reply:
                statuses.add(reply.status_code)
    return seen


def _ends_the_login(operation: tuple[str, str, Document]) -> tuple[bool, bool]:
    method, path, _ = operation
    return path in {"/api/v1/session", "/api/v1/me/password"}, method == "DELETE"
