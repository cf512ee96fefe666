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

Pages take pictures of what they show with `/sdk.js` (no dependencies; `/sdk-demo` shows
it). A page of another origin must be named in the setting `page_origins`, and brings a
key that may `ask`:

网页可用 `/sdk.js` 截取画面并提问(无依赖,演示见 `/sdk-demo`)。\
其他来源的网页须列入设置项 `page_origins`,并自带有 `ask` 权限的密钥:

```js
import { idolens } from "http://127.0.0.1:8080/sdk.js"

const studio = idolens({ key: "idl_…" }) // none for a page of the service itself
const shot = await studio.capture(document.querySelector("video")) // or "screen"
console.log((await shot.ask("画面中是否有未授权LOGO?")).answer)
```

Pictures may be JPEG, PNG, WebP, GIF, AVIF or BMP, at most 20 MB before base64. Requests
that find no room wait for a short time and are then answered 503 with `Retry-After`;
a key that asks too often gets 429. What can wait says `Idolens-Priority: batch`; an
answer that was given with less under load says so in `Idolens-Reduced`
([guide](guides/hold-out-under-load.md)).
Until there is an account, this machine may use the service as it is; from then on send
a key (`Authorization: Bearer idl_…` or `X-API-Key: idl_…`, never in an address), or
sign in ([guide](guides/let-people-in.md)). Only `/livez` and the pages to sign in are
open to all.
Browsers may call the service by `localhost` and the names in the setting
`allowed_hosts` only. One record a request goes to `logs/idolens.log`; it holds neither
pictures nor questions. `/metrics` tells Prometheus how the service is; see
[Watch the machine](guides/watch-the-machine.md).

图片可为 JPEG、PNG、WebP、GIF、AVIF 或 BMP,base64 编码前不超过 20 MB。\
繁忙时请求会短暂排队,之后返回 503 与 `Retry-After`;同一密钥请求过多返回 429。\
可以等的请求发送 `Idolens-Priority: batch`;过载时有所省略的回答带有 `Idolens-Reduced`\
([说明](guides/hold-out-under-load.md))。\
创建第一个帐号之前,本机可直接使用;此后请发送密钥\
(`Authorization: Bearer idl_…` 或 `X-API-Key: idl_…`,不要写在网址中)或登录,\
见[说明](guides/let-people-in.md)。只有 `/livez` 和登录页面对所有人开放。\
浏览器只能通过 `localhost` 和设置项 `allowed_hosts` 中的名称访问。\
日志 `logs/idolens.log` 每个请求记一行,不含图片和问题。\
`/metrics` 供 Prometheus 读取,见[看护机器](guides/watch-the-machine.md)。
"""
ERRORS = """\
## Errors · 错误

Every error has one shape (`application/problem+json`, RFC 9457), whatever went wrong;
programs read `code`, people read `message`. Nothing that was sent is repeated in it.

所有错误都是同一种格式:程序读取 `code`,人读取 `message`。错误信息不会包含你发送的内容。
"""
MEANINGS = {
    400: (
        "not JSON, or not base64; under /v1 also what is 422 elsewhere",
        "不是合法的 JSON 或 base64;在 /v1 下也包括别处的 422",
    ),
    401: ("nobody known asks: sign in, or send a key", "未登录,也没有有效的密钥"),
    403: ("whoever asks may not do this", "没有权限执行此操作"),
    404: ("nothing at this address, or no such model", "没有这个地址或模型"),
    405: ("the address does not take this method", "该地址不支持此方法"),
    408: ("nothing came of an upload for too long", "上传长时间没有数据"),
    409: (
        "the state of a job, an upload or a row forbids it",
        "任务、上传或数据的当前状态不允许",
    ),
    410: ("the upload has expired", "上传已过期"),
    411: ("the size is not declared", "未声明大小"),
    412: ("another version of tus", "tus 版本不符"),
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
    423: ("the upload is being sent already", "该文件正在上传中"),
    460: (
        "what arrived is not what was declared; send it again",
        "收到的数据与声明不符,请重新发送",
    ),
    429: (
        "too many tries; again after `Retry-After` seconds",
        "尝试过多,请按 `Retry-After` 的秒数重试",
    ),
    500: ("the service made a mistake", "服务内部出错"),
    501: ("the engine does not speak", "该引擎不能对话"),
    503: (
        "busy; try again after `Retry-After` seconds",
        "繁忙,请按 `Retry-After` 的秒数重试",
    ),
    507: ("the disk, or the room for uploads, is full", "磁盘或上传配额已满"),
}

_INSIDE = ("Message", "FieldProblem", "OpenAIError", "Finding")
"""Shapes that stand inside the others and are shown at the end."""

NOTES = {
    "/v1/decisions": """\
The shape of OpenAI's decisions API, so that its clients work as they are; what a model
cannot tell from the picture is a `refusal`, never a guess. `idolens` holds what the
shape has no place for.

与 OpenAI decisions 接口同形,官方客户端可直接使用;\
图片无法判断的问题返回 `refusal`,绝不猜测。\
`idolens` 字段给出该格式之外的信息。

```python
from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="none")
reply = client.decisions.create(
    model=client.models.list().data[0].id,
    input=[{"role": "user", "content": [{"type": "input_image", "image_url": url}]}],
    questions=[{"type": "predicate", "name": "logo", "instructions": "是否有水印?"}],
)
print(reply.answers[0])
```
""",
    "/v1/chat/completions": """\
The shape of OpenAI's chat completions. With `stream` the same comes as server-sent
events (`chat.completion.chunk`), ended by `data: [DONE]`. What is not listed here is
refused with 400, never ignored; pictures at other addresses are never fetched. A caller
that goes away stops the model.

与 OpenAI chat completions 同形。`stream` 时以 SSE 逐段返回,以 `data: [DONE]` 结束。\
未列出的字段一律返回 400,绝不忽略;服务不会去别处下载图片。调用方断开后模型立即停止。

```python
for chunk in client.chat.completions.create(
    model="idolens-tiny",
    messages=[
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "text", "text": "画面里有什么?"},
            ],
        }
    ],
    stream=True,
):
    print(chunk.choices[0].delta.content or "", end="")
```
""",
    "/api/v1/sessions": """\
Everything under `/api/v1` is about what the studio has looked at. Lists come in pages:
give `next` back as `cursor` until it is null. Every reply has an `ETag`; sent back as
`If-None-Match`, it costs a 304 without a body. Ids are never paths, and no path of the
machine is in any reply. A POST with an `Idempotency-Key` of the client's own making may
be sent again when no answer was heard: it is done once in 24 hours and answered as it
was then. `curl` and any HTTP client will do:

`/api/v1` 下是工作室审核过的内容。\
列表分页返回:把 `next` 作为 `cursor` 传回,直到它为 null。\
每个响应都带 `ETag`,以 `If-None-Match` 传回时若无变化则返回 304。\
编号不是路径,响应中也不会出现本机路径。\
带 `Idempotency-Key` 的 POST 可以放心重发:24 小时内只执行一次,并返回同样的结果。

```sh
curl -s 'http://127.0.0.1:8080/api/v1/sessions?limit=10&state=done'
```
""",
    "/api/v1/uploads": """\
A recording is best sent with any client of [tus 1.0](https://tus.io): what was sent
stays, so that a cut upload goes on where it stopped, after a restart of the service
too. A small file may come in one form. In `Upload-Metadata` (or in the form) `sha256`
names the digest that the file must have; what arrives as another is thrown away (460).
Where all uploads together are too large the answer is 507.

录像建议用任意 [tus 1.0](https://tus.io) 客户端上传:已传部分会保留,\
中断或服务重启后可从断点继续。小文件也可以用表单一次上传。\
`Upload-Metadata`(或表单)中的 `sha256` 用于校验,不符的文件会被丢弃(460)。

```sh
id=$(curl -s -F file=@show.mp4 http://127.0.0.1:8080/api/v1/uploads | jq -r .id)
curl -s http://127.0.0.1:8080/api/v1/sessions -H 'Content-Type: application/json' \
  -d "{\"uploads\": [\"$id\"], \"policy\": \"livestream-zh\", \"every_s\": 60}"
```
""",
    "/api/v1/events": """\
One stream a client. Every event but `progress` has a number (`id`); whoever comes back
with the last one as `Last-Event-ID`, as browsers do by themselves, first hears what was
missed. `progress` holds a job as `GET /api/v1/jobs/{id}` does. `reset` says that what
was missed is no longer known: read everything anew. A comment comes every 15 s.

每个客户端一个事件流。除 `progress` 外,每个事件都有编号(`id`);\
重连时带上 `Last-Event-ID`(浏览器会自动带上)即可补收错过的事件。\
收到 `reset` 时请重新读取全部数据。每 15 秒发送一次心跳注释。

```js
const events = new EventSource("/api/v1/events")
events.addEventListener("progress", (event) => console.log(JSON.parse(event.data)))
events.addEventListener("report", (event) => console.log(JSON.parse(event.data)))
```
""",
    "/api/v1/sessions/{session_id}/report": """\
A PDF is one click in any browser (print the page): it is made for paper too. The
service makes none itself: that would take a browser, or a library with its own fonts
and system packages, on every machine.

需要 PDF 时,在浏览器中打开报告网页并打印即可:页面已为纸张排版。\
服务本身不生成 PDF,否则每台机器都要另装浏览器或排版库。
""",
}
"""What stands above the tables of a route."""


def page() -> str:
    """Return the page."""
    api = create_api(FakeEyes(), Settings.model_construct())
    document = api.openapi()
    schemas = document["components"]["schemas"]
    shown = {"Problem", "JsonValue", *_INSIDE}
    parts = [HEAD]
    for path, methods in document["paths"].items():
        notes = NOTES.get(path, "")
        for method, about in methods.items():
            title = f"{method.upper()} {path}"
            parts.append(_route(title, notes, about, schemas, shown))
            notes = ""  # once for all methods of an address
    return "\n".join([*parts, _errors(schemas)])


def _route(
    title: str,
    notes: str,
    about: dict[str, Any],
    schemas: dict[str, Any],
    shown: set[str],
) -> str:
    lines = [f"## {title}", "", about["summary"], ""]
    if notes:
        lines.append(notes)
    lines += _parameters(about.get("parameters", []))
    body = about.get("requestBody")
    if body:
        lines += ["Request · 请求", "", *_body(body, schemas, shown)]
    failures: list[str] = []
    for status, reply in about["responses"].items():
        if _named(reply) == "Problem":
            failures.append(status)
            continue
        lines += [f"Response {status} · 响应 {status}", ""]
        lines += _body(reply, schemas, shown)
    if failures:
        lines += [f"Errors: {', '.join(failures)}; see [below](#errors--错误).", ""]
    return "\n".join(lines)


def _parameters(parameters: list[dict[str, Any]]) -> list[str]:
    if not parameters:
        return []
    lines = ["| parameter | type | meaning |", "|---|---|---|"]
    for one in parameters:
        kind = _kind(one["schema"])
        if "default" in one["schema"]:
            kind += f", default {json.dumps(one['schema']['default'])}"
        name = f"`{one['name']}` ({one['in']})"
        lines.append(f"| {name} | {cell(kind)} | {cell(one.get('description', ''))} |")
    return [*lines, ""]


def _body(part: dict[str, Any], schemas: dict[str, Any], shown: set[str]) -> list[str]:
    """Return the fields of a body, or in which forms it comes."""
    name = _named(part)
    if name is None:
        kinds = ", ".join(f"`{kind}`" for kind in part.get("content", ()))
        about = part.get("description", "")
        return [" ".join(filter(None, [kinds and f"{kinds}:", about])), ""]
    if name in shown:
        return [f"`{name}`, as above · 同上", ""]
    shown.add(name)
    return _shapes(name, schemas, shown)


def _shapes(name: str, schemas: dict[str, Any], shown: set[str]) -> list[str]:
    """Return the fields of a shape, and of all that stand inside and are new."""
    lines = _fields(name, schemas)
    for inside in _inside(schemas[name]):
        if inside not in shown:
            shown.add(inside)
            about = cell(schemas[inside].get("description", ""))
            if "enum" in schemas[inside]:
                lines += [f"`{inside}`: {about} {_kind(schemas[inside])}", ""]
                continue
            lines += [f"`{inside}`: {about}", "", *_shapes(inside, schemas, shown)]
    return lines


def _inside(part: object) -> list[str]:
    """Return the names of the shapes that ``part`` of the document refers to."""
    if isinstance(part, dict):
        own = [part["$ref"].rpartition("/")[2]] if "$ref" in part else []
        return own + [name for value in part.values() for name in _inside(value)]
    if isinstance(part, list):
        return [name for value in part for name in _inside(value)]
    return []


def _errors(schemas: dict[str, Any]) -> str:
    lines = [ERRORS, "| status | meaning | 含义 |", "|---|---|---|"]
    lines += [f"| {status} | {en} | {zh} |" for status, (en, zh) in MEANINGS.items()]
    example = json.loads(bytes(problem(413, "zh").body))
    shown = json.dumps(example, ensure_ascii=False, indent=2)
    lines += ["", *_fields("Problem", schemas), "```json", shown, "```", ""]
    for name in _INSIDE:
        lines += [f"`{name}`", "", *_fields(name, schemas)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _named(part: dict[str, Any]) -> str | None:
    """Return the name of the schema of a request's or a response's body, if any."""
    for content in part.get("content", {}).values():
        if "$ref" in content.get("schema", {}):
            return content["schema"]["$ref"].rpartition("/")[2]
    return None


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
    alternatives = about.get("anyOf") or about.get("oneOf")
    if alternatives:
        return " or ".join(dict.fromkeys(_kind(one) for one in alternatives))
    if "$ref" in about:
        return about["$ref"].rpartition("/")[2]
    if "enum" in about:
        return " or ".join(f"`{value}`" for value in about["enum"])
    if "const" in about:
        return f"`{json.dumps(about['const'])}`"
    return _typed(about)


def _typed(about: dict[str, Any]) -> str:
    if "type" not in about:
        return "any JSON"
    if about["type"] == "array":
        return f"list of {_kind(about['items'])}"
    if about["type"] == "object":
        inside = about.get("additionalProperties")
        return f"name to {_kind(inside)}" if isinstance(inside, dict) else "object"
    return about["type"]
