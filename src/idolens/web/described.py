"""Completes the API's description: how one signs in, and what a problem is sent as."""

from collections.abc import Callable, Iterator
from typing import Any

from idolens.web.access.permissions import RULES, Open

_PROBLEM = "#/components/schemas/Problem"
_WAYS: dict[str, dict[str, str]] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key: `Authorization: Bearer idl_…`.",
    },
    "key_header": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key, for programs that cannot send the other header.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "idolens",
        "description": "Set by `POST /api/v1/session`, for browsers on our own pages; "
        "its name is `__Host-idolens` behind https.",
    },
}

Description = Callable[[], dict[str, Any]]


def completed(description: Description) -> Description:
    """Return ``description`` with what FastAPI cannot know."""

    def whole() -> dict[str, Any]:
        document = description()
        document.setdefault("components", {})["securitySchemes"] = _WAYS
        for address, operation in _operations(document):
            if RULES.get(address) is not Open.OPEN:
                operation["security"] = [{way: []} for way in _WAYS]
            if _may_be_known(operation):
                operation["responses"]["304"] = {"description": "It still holds."}
            for reply in operation["responses"].values():
                _as_problem(reply.get("content", {}))
        return document

    return whole


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            asked = "GET" if method == "head" else method.upper()
            yield f"{asked} {path}", operation


def _may_be_known(operation: dict[str, Any]) -> bool:
    asked = {one["name"].lower() for one in operation.get("parameters", ())}
    return "if-none-match" in asked


def _as_problem(content: dict[str, Any]) -> None:
    for kind, form in list(content.items()):  # FastAPI says the kind of a good answer
        if form.get("schema", {}).get("$ref") == _PROBLEM:
            content["application/problem+json"] = content.pop(kind)
