"""Servers of the shape of those that messages go to; each refuses what the real does.

What the houses answer was taken from their documents and from answers that people have
published: a refusal comes with HTTP 200 and a code in the body.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class House:
    """A running server.

    Attributes:
        taken: the letters that it took, as it would show them.
        asked: every request.
        next_replies: given instead of its own answers, one after the other.
    """

    url: str = ""
    taken: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    next_replies: list[Reply] = field(default_factory=list)


Rules = Callable[[House, Asked], Reply]


def said(value: object, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON."""
    return status, headers, json.dumps(value).encode()


@contextmanager
def open_house(rules: Rules) -> Iterator[House]:
    """Run a server that answers by ``rules``."""
    house = House()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("content-length", "0"))
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(parts.path, query, headers, self.rfile.read(length))
            house.asked.append(asked)
            own = house.next_replies.pop(0) if house.next_replies else None
            status, extra, body = own or rules(house, asked)
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}
    )
    thread.start()
    house.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield house
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def webhook_house(secret: str) -> Rules:
    """A service that verifies Standard Webhooks with the official library."""

    def rules(house: House, asked: Asked) -> Reply:
        try:
            payload = Webhook(secret).verify(asked.body, asked.headers)
        except WebhookVerificationError:
            return said({"error": "bad signature"}, 401)
        house.taken.append(payload["type"])
        return 204, {}, b""

    return rules


Refusals = Callable[[House, Asked], Iterator[tuple[bool, dict[str, Any]]]]


def bot_house(
    refusals: Refusals, shown: Callable[[Any], str], success: dict[str, Any]
) -> Rules:
    """A bot that answers with the first refusal that holds, else takes the message."""

    def rules(house: House, asked: Asked) -> Reply:
        for holds, answer in refusals(house, asked):
            if holds:
                return said(answer)
        house.taken.append(shown(asked.json))
        return said(success)

    return rules


def wecom_house(key: str) -> Rules:
    """企业微信: the key, the kind of message, its content and length."""

    def refusals(house: House, asked: Asked) -> Iterator[tuple[bool, dict[str, Any]]]:
        known = asked.path == "/cgi-bin/webhook/send" and asked.query.get("key") == key
        yield not known, wrong(93000, "invalid webhook url, hint: [1]")
        kind = asked.json.get("msgtype")
        yield kind not in {"text", "markdown"}, wrong(40008, "invalid message type")
        content = asked.json.get(kind, {}).get("content", "")
        yield not content, wrong(44004, "empty content")
        most = {"text": 2048, "markdown": 4096}[kind]
        words = f"{kind}.content exceed max length {most}"
        yield len(content.encode()) > most, wrong(40058, words)
        yield len(house.taken) >= 20, wrong(45009, "api freq out of limit")

    def shown(body: Any) -> str:
        return body[body["msgtype"]]["content"]

    return bot_house(refusals, shown, {"errcode": 0, "errmsg": "ok"})


def feishu_house(room: str, key: str | None) -> Rules:
    """飞书: the address, the signature within an hour, the shape, the size."""

    def refusals(house: House, asked: Asked) -> Iterator[tuple[bool, dict[str, Any]]]:
        bad = {"code": 9499, "msg": "Bad Request", "data": {}}
        yield (
            asked.path != f"/open-apis/bot/v2/hook/{room}",
            {
                "code": 19001,
                "msg": "param invalid: incoming webhook access token invalid",
            },
        )
        yield len(asked.body) > 20 * 1024 or not asked.body.startswith(b"{"), bad
        yield (
            key is not None and not _feishu_signed(asked.json, key),
            {
                "code": 19021,
                "msg": "sign match fail or timestamp is not within one hour"
                " from current time",
            },
        )
        yield (
            asked.json.get("msg_type") != "text",
            {
                "code": 19002,
                "msg": "params error, msg_type need",
            },
        )
        yield not asked.json.get("content", {}).get("text"), bad
        yield (
            len(house.taken) >= 5,
            {
                "code": 11232,
                "msg": "frequency limited psm[lark.oapi.app_platform_runtime]",
            },
        )

    success = {"StatusCode": 0, "StatusMessage": "success", "code": 0, "msg": "success"}
    return bot_house(refusals, lambda body: body["content"]["text"], success)


def _feishu_signed(body: dict[str, Any], key: str) -> bool:
    at, sign = body.get("timestamp"), body.get("sign")
    if not isinstance(at, str) or not at.isdecimal() or not isinstance(sign, str):
        return False
    made = hmac.new(f"{at}\n{key}".encode(), digestmod=hashlib.sha256).digest()
    near = abs(time.time() - int(at)) < 3600
    return near and hmac.compare_digest(base64.b64encode(made).decode(), sign)


def dingtalk_house(room: str, key: str | None) -> Rules:
    """钉钉: the address, the signature in it, the kind, title and text."""

    def refusals(house: House, asked: Asked) -> Iterator[tuple[bool, dict[str, Any]]]:
        yield not asked.query.get("access_token"), wrong(40035, "缺少参数 access_token")
        known = asked.path == "/robot/send" and asked.query["access_token"] == room
        yield not known, wrong(300005, "token is not exist")
        json_ = asked.headers.get("content-type", "").startswith("application/json")
        yield not json_, wrong(43004, "无效的HTTP HEADER Content-Type")
        unsigned = key is not None and not _dingtalk_signed(asked.query, key)
        yield unsigned, wrong(310000, "sign not match")
        yield asked.json.get("msgtype") != "markdown", wrong(400105, "不支持的消息类型")
        shown = asked.json.get("markdown", {})
        whole = bool(shown.get("title") and shown.get("text"))
        yield not whole, wrong(40035, "缺少参数 json")
        yield len(asked.body) > 20_000, wrong(460101, "message too long")
        words = "send too fast, exceed 20 times per minute"
        yield len(house.taken) >= 20, wrong(130101, words)

    success = {"errcode": 0, "errmsg": "ok"}
    return bot_house(refusals, lambda body: body["markdown"]["text"], success)


def _dingtalk_signed(query: dict[str, str], key: str) -> bool:
    at = query.get("timestamp", "")
    if not at.isdecimal() or abs(time.time() * 1000 - int(at)) > 3_600_000:
        return False
    made = hmac.new(key.encode(), f"{at}\n{key}".encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(made).decode(), query.get("sign", ""))


def wrong(code: int, words: str) -> dict[str, Any]:
    """A refusal as two of the houses word it."""
    return {"errcode": code, "errmsg": words}
