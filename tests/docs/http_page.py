"""docs/http.md, from the OpenAPI document of the real app."""

import json
from typing import Any

from idolens.settings import Settings
from idolens.web.app import create_api
from idolens.web.problems import problem
from tests.docs.markdown import cell
from tests.web.service import FakeEyes

HEAD = """\
# HTTP

`idolens serve` (and `./start.sh`) answer on `http://127.0.0.1:8080`. The
machine-readable description is at `/openapi.json`; `/` is a page to try it on.

`idolens serve`(或 `./start.sh`)监听 `http://127.0.0.1:8080`。\
机器可读的接口描述在 `/openapi.json`;`/` 是可以直接试用的网页。

```sh
curl -s http://127.0.0.1:8080/vlm/infer -H 'Content-Type: application/json' \\
  -d "{\\"image\\": \\"$(base64 -w0 samples/pictures/stage.png)\\", \
\\"question\\": \\"画面中是否有未授权LOGO?\\"}"
```

```python
import base64, json, urllib.request

picture = open("samples/pictures/stage.png", "rb").read()
body = {"image": base64.b64encode(picture).decode(), "question": "她的头发是什么颜色?"}
request = urllib.request.Request(
    "http://127.0.0.1:8080/vlm/infer",
    json.dumps(body).encode(),
    {"Content-Type": "application/json"},
)
print(json.load(urllib.request.urlopen(request))["answer"])
```

Pictures may be JPEG, PNG, WebP, GIF, AVIF or BMP, at most 20 MB before base64. Requests
that find no room wait for a short time and are then answered 503 with `Retry-After`.
Browsers may call the service by `localhost` and the names in the setting
`allowed_hosts` only. One record a request goes to `logs/idolens.log`; it holds neither
pictures nor questions.

图片可为 JPEG、PNG、WebP、GIF、AVIF 或 BMP,base64 编码前不超过 20 MB。\
繁忙时请求会短暂排队,之后返回 503 与 `Retry-After`。\
浏览器只能通过 `localhost` 和设置项 `allowed_hosts` 中的名称访问。\
日志 `logs/idolens.log` 每个请求记一行,不含图片和问题。
"""
ERRORS = """\
## Errors · 错误

Every error has one shape (`application/problem+json`, RFC 9457), whatever went wrong;
programs read `code`, people read `message`. Nothing that was sent is repeated in it.

所有错误都是同一种格式:程序读取 `code`,人读取 `message`。错误信息不会包含你发送的内容。
"""
MEANINGS = {
    400: ("not JSON, or not base64", "不是合法的 JSON 或 base64"),
    404: ("nothing at this address", "没有这个地址"),
    405: ("the address does not take this method", "该地址不支持此方法"),
    413: ("the picture or the request is too large", "图片或请求过大"),
    415: (
        "no picture that idolens opens, or not sent as JSON",
        "图片格式不支持,或未以 JSON 发送",
    ),
    421: ("called by a host name that is not allowed", "不允许的主机名"),
    422: (
        "a field, the question or the picture cannot be used",
        "字段、问题或图片无法使用",
    ),
    500: ("the service made a mistake", "服务内部出错"),
    503: (
        "busy; try again after `Retry-After` seconds",
        "繁忙,请按 `Retry-After` 的秒数重试",
    ),
}

_INSIDE = ("Message", "FieldProblem", "Finding")
"""Shapes that stand inside the others."""


def page() -> str:
    """Return the page."""
    api = create_api(FakeEyes(), Settings.model_construct())
    document = api.openapi()
    schemas = document["components"]["schemas"]
    parts = [HEAD]
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            parts.append(_route(f"{method.upper()} {path}", about, schemas))
    return "\n".join([*parts, _errors(schemas)])


def _route(title: str, about: dict[str, Any], schemas: dict[str, Any]) -> str:
    lines = [f"## {title}", "", about["summary"], ""]
    body = about.get("requestBody")
    if body:
        lines += ["Request · 请求", "", *_fields(_named(body), schemas)]
    for status, reply in about["responses"].items():
        name = _named(reply)
        if name != "Problem":
            lines += [f"Response {status} · 响应 {status}", "", *_fields(name, schemas)]
    failures = [s for s, r in about["responses"].items() if _named(r) == "Problem"]
    if failures:
        lines += [f"Errors: {', '.join(failures)}; see [below](#errors--错误).", ""]
    return "\n".join(lines)


def _errors(schemas: dict[str, Any]) -> str:
    lines = [ERRORS, "| status | meaning | 含义 |", "|---|---|---|"]
    lines += [f"| {status} | {en} | {zh} |" for status, (en, zh) in MEANINGS.items()]
    example = json.loads(bytes(problem(413, "zh").body))
    shown = json.dumps(example, ensure_ascii=False, indent=2)
    lines += ["", *_fields("Problem", schemas), "```json", shown, "```", ""]
    for name in _INSIDE:
        lines += [f"`{name}`", "", *_fields(name, schemas)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _named(part: dict[str, Any]) -> str:
    """Return the name of the schema of a request's or a response's body."""
    (content,) = part["content"].values()
    return content["schema"]["$ref"].rpartition("/")[2]


def _fields(name: str, schemas: dict[str, Any]) -> list[str]:
    schema = schemas[name]
    required = schema.get("required", ())
    lines = ["| field | type | meaning |", "|---|---|---|"]
    for field, about in schema["properties"].items():
        kind = _kind(about)
        if field not in required and "default" in about:
            kind += f", default {json.dumps(about['default'])}"
        lines.append(
            f"| `{field}` | {cell(kind)} | {cell(about.get('description', ''))} |"
        )
    return [*lines, ""]


def _kind(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "$ref" in about:
        return about["$ref"].rpartition("/")[2]
    if "enum" in about:
        return " or ".join(f"`{value}`" for value in about["enum"])
    if "const" in about:
        return f"`{json.dumps(about['const'])}`"
    return _typed(about)


def _typed(about: dict[str, Any]) -> str:
    if about["type"] == "array":
        return f"list of {_kind(about['items'])}"
    if about["type"] == "object":
        inside = about.get("additionalProperties")
        return f"name to {_kind(inside)}" if isinstance(inside, dict) else "object"
    return about["type"]
