"""What the description of the API says of headers that all its routes take."""

from typing import Any

from fastapi.routing import APIRoute

_CHANGING = frozenset({"PATCH", "PUT", "DELETE"})


def documented(route: APIRoute) -> dict[str, Any]:
    """Return what the description says of ``route``, with those headers."""
    extra: dict[str, Any] = dict(route.openapi_extra or {})
    wanted = _of(route.methods or set())
    known: list[dict[str, Any]] = list(extra.get("parameters", ()))
    names = {one["name"] for one in known}
    known += [one for one in wanted if one["name"] not in names]
    return extra | ({"parameters": known} if known else {})


def _of(methods: set[str]) -> list[dict[str, Any]]:
    if methods == {"POST"}:
        return [
            _header(
                "Idempotency-Key",
                "Made up by the client, best of 128 random bits; the same request "
                "under the same key is done once in 24 hours.",
                {"type": "string", "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
            )
        ]
    if methods == {"GET"}:
        return [
            _header(
                "If-None-Match",
                "ETag of what the client has; if that still holds, the answer is 304.",
                {"type": "string"},
            )
        ]
    if methods & _CHANGING:
        return [
            _header(
                "If-Match",
                "ETag of what the client has seen; if it has changed since, nothing is "
                "done and the answer is 412.",
                {"type": "string"},
            )
        ]
    return []


def _header(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": about,
        "schema": schema,
    }
