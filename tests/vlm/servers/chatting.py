"""Stand-ins for chat servers, as strict as the real ones or stricter.

What each takes was read in its own source: vLLM 0.33 (chat_completion/protocol.py),
SGLang 0.5.23 (openai/protocol.py), transformers 5.23 (cli/serving), llama.cpp's
server README, LMDeploy 0.18, Zhipu's own SDK. Where a real server ignores a field
that it does not know, the stub refuses it: to send such a field is a mistake of ours.
"""

import math
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.vlm.servers import mind
from tests.vlm.servers.listening import Call, Said

Tells = Literal["ids", "top", "nothing"]
MODEL = "zai-org/GLM-4.6V-Flash"

_OPENAI = frozenset(
    {
        *("model", "messages", "max_tokens", "temperature", "top_p", "stop", "seed"),
        *("stream", "stream_options", "logprobs", "top_logprobs", "response_format"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """What one kind of server takes and tells."""

    owner: str
    takes: frozenset[str]
    tells: Tells = "top"
    refusal: int = 400
    switch: Literal["template", "thinking", "none"] = "template"
    routes: tuple[str, ...] = ()
    lists: bool = True
    health: str = "/health"
    shares: bool = True  # a picture that is just being read is not read again


VLLM = Dialect(
    owner="vllm",
    takes=_OPENAI
    | {
        *("top_k", "repetition_penalty", "chat_template_kwargs"),
        *("logprob_token_ids", "return_tokens_as_token_ids", "structured_outputs"),
    },
    tells="ids",
    routes=("/tokenize",),
)
OLD_VLLM = Dialect(  # before 2026-07 it took and ignored what it did not know
    owner="vllm", takes=VLLM.takes, tells="top", routes=("/tokenize",)
)
SGLANG = Dialect(
    owner="sglang",
    takes=_OPENAI | {"top_k", "repetition_penalty", "chat_template_kwargs", "regex"},
    shares=False,
)
LLAMACPP = Dialect(
    owner="llamacpp",
    takes=_OPENAI
    | {"repeat_penalty", "cache_prompt", "chat_template_kwargs", "grammar", "n_probs"},
)
LMDEPLOY = Dialect(
    owner="lmdeploy",
    takes=_OPENAI | {"repetition_penalty", "chat_template_kwargs"},
)
TRANSFORMERS = Dialect(
    owner="",
    takes=_OPENAI | {"chat_template_kwargs"},  # takes logprobs and says nothing of it
    tells="nothing",
    refusal=422,
    routes=("/load_model", "/v1/responses"),
    lists=False,
)
ZHIPU = Dialect(
    owner="zhipu",
    takes=(_OPENAI | {"thinking", "do_sample"})
    - {"logprobs", "top_logprobs", "seed", "response_format", "stream_options"},
    tells="nothing",
    switch="thinking",
    health="",
)
IDOLENS = Dialect(owner="idolens", takes=_OPENAI, switch="none", health="/livez")
PLAIN = Dialect(owner="somebody", takes=_OPENAI, switch="none", health="")


@dataclass
class ChatStub:
    """A chat server whose model is `mind`.

    Attributes:
        dialect: which kind it is.
        thinks: it thinks whatever it is told, and never ends.
        blind: pictures do not reach its model.
        reading_s: how long it takes to read a picture for the first time.
        model: what its model is called.
        key: what must stand in Authorization.
        reads: digests of the pictures that were read anew, in order.
    """

    dialect: Dialect
    thinks: bool = False
    blind: bool = False
    reading_s: float = 0.0
    model: str = MODEL
    key: str = ""
    reads: list[str] = field(default_factory=list)
    _cached: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, call: Call) -> Said:
        if self.key and call.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "invalid api key")
        if call.method == "GET":
            return self._get(call.path)
        if call.path == "/v1/chat/completions":
            return self._chat(call.body)
        if call.path in self.dialect.routes and call.path == "/tokenize":
            return _tokenize(call.body)
        return _error(404, f"no route {call.path}")

    def _get(self, path: str) -> Said:
        if path == self.dialect.health:
            return Said(200, {"status": "ok"})
        if path == "/v1/models":
            card = {"id": self.model, "owned_by": self.dialect.owner, "object": "model"}
            card |= {"created": time.time_ns(), "root": self.model}
            return Said(200, {"data": [card] if self.dialect.lists else []})
        if path == "/openapi.json":
            routes = (*self.dialect.routes, "/v1/chat/completions")
            return Said(200, {"paths": {route: {} for route in routes}})
        return _error(404, "not found")

    def _chat(self, body: dict[str, Any]) -> Said:
        wrong = _wrong(self.dialect, body)
        if wrong:
            return _error(self.dialect.refusal, wrong)
        if body["model"] != self.model:
            return _error(404, f"The model `{body['model']}` does not exist.")
        content = body["messages"][-1]["content"]
        shown = mind.pictures_of(content)
        text = content if isinstance(content, str) else content[-1]["text"]
        for digest in shown:
            self._see(digest)
        reply = self._reply("".join(shown), text, body)
        told = len(text) + (0 if self.blind else mind.PICTURE_TOKENS * len(shown))
        usage = {"prompt_tokens": told, "completion_tokens": len(reply.tokens)}
        if body.get("stream"):
            return _events(reply, usage, body)
        return Said(200, reply.whole(usage, logprobs=self._logprobs(reply, body)))

    def _see(self, digest: str) -> None:
        with self._lock:
            known = digest in self._cached
            if not known:
                self.reads.append(digest)
            if self.dialect.shares:
                self._cached.add(digest)
        if not known:
            time.sleep(self.reading_s)
            with self._lock:
                self._cached.add(digest)

    def _reply(self, picture: str, text: str, body: Mapping[str, Any]) -> "_Reply":
        if self.thinks or _thinking(self.dialect, body):
            most = int(body["max_tokens"])
            endless = self.thinks
            thought = [("<think>", -0.1), *(("图", -0.2),) * (most - 1)][:most]
            if not endless and most > 8:
                thought = [*thought[:6], ("</think>", -0.1), ("汉服", -0.1)]
            return _Reply(thought, "length" if endless or most <= 8 else "stop")
        tokens, most = _said(picture, text), body["max_tokens"]
        finish = "length" if len(tokens) > most else "stop"
        return _Reply(tokens[:most], finish, picture, text)

    def _logprobs(self, reply: "_Reply", body: Mapping[str, Any]) -> Any:
        if not body.get("logprobs") or self.dialect.tells == "nothing":
            return None
        if reply.asked is None:
            return {"content": [_step(token, log, []) for token, log in reply.tokens]}
        told = mind.distribution(*reply.asked)
        first, *rest = reply.tokens
        as_ids = bool(body.get("return_tokens_as_token_ids"))
        if body.get("logprob_token_ids") and self.dialect.tells == "ids":
            others = _exactly(told, body["logprob_token_ids"])
        else:
            others = _likeliest(told, body.get("top_logprobs") or 0, as_ids=as_ids)
        head = _name(first[0], as_ids=as_ids)
        tail = [_step(token, log, []) for token, log in rest]
        return {"content": [_step(head, first[1], others), *tail]}


@dataclass
class _Reply:
    tokens: Sequence[tuple[str, float]]
    finish: str
    picture: str = ""
    text: str = ""

    @property
    def asked(self) -> tuple[str, str] | None:
        return (self.picture, self.text) if self.text else None

    def whole(self, usage: Any, *, logprobs: Any) -> Any:
        said = "".join(token for token, _ in self.tokens)
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": said},
            "finish_reason": self.finish,
            "logprobs": logprobs,
        }
        return {"object": "chat.completion", "choices": [choice], "usage": usage}


def _said(picture: str, text: str) -> list[tuple[str, float]]:
    """What a model says: a label to a closed question, words to an open one."""
    if re.search(r"只回答|Answer only|Answer with one", text):
        word = mind.likeliest(picture, text)
        share = mind.distribution(picture, text)
        ids = mind.tokenize(word)
        tokens = [mind.TOKENS[at] for at in ids]
        return [(token, math.log(share.get(token, 1.0))) for token in tokens]
    return mind.words(picture, text)


def _wrong(dialect: Dialect, body: Mapping[str, Any]) -> str:
    """Say what the real server would not take; empty if it would take it all."""
    unknown = set(body) - dialect.takes
    told, ids = body.get("top_logprobs"), body.get("logprob_token_ids")
    rules = {
        f"Unexpected fields in the request: {sorted(unknown)}": not unknown,
        "max_tokens out of range": 1 <= body["max_tokens"] <= 8192,
        "top_logprobs requires logprobs": told is None or body.get("logprobs"),
        "more than 20 logprobs, which is greater than max": (told or 0) <= 20,
        "logprob_token_ids requires logprobs": ids is None or body.get("logprobs"),
        "1 to 128 logprob_token_ids": ids is None or 0 < len(ids) <= 128,
        "stream_options only with stream": "stream_options" not in body
        or body.get("stream"),
        "temperature out of range": 0 <= body.get("temperature", 0) <= 2,
    }
    broken = [rule for rule, kept in rules.items() if not kept]
    return broken[0] if broken else _wrong_messages(body["messages"])


def _wrong_messages(messages: Sequence[Mapping[str, Any]]) -> str:
    for message in messages:
        if set(message) != {"role", "content"}:
            return f"a message has {sorted(message)}"
        if isinstance(message["content"], str):
            continue
        kinds = [part["type"] for part in message["content"]]
        if kinds != sorted(kinds):  # image_url before text
            return "the picture does not stand before the question"
        for part in message["content"]:
            if set(part) != {"type", part["type"]}:
                return f"a part has {sorted(part)}"
    return ""


def _thinking(dialect: Dialect, body: Mapping[str, Any]) -> bool:
    """Models think unless they are told not to, as GLM does."""
    if dialect.switch == "template":
        return (body.get("chat_template_kwargs") or {}).get("enable_thinking", True)
    if dialect.switch == "thinking":
        return (body.get("thinking") or {}).get("type", "enabled") == "enabled"
    return False


def _tokenize(body: Mapping[str, Any]) -> Said:
    if set(body) - {"model", "prompt", "add_special_tokens", "return_token_strs"}:
        return _error(400, "unknown field")
    ids = mind.tokenize(body["prompt"])
    if body.get("add_special_tokens", True):
        ids = [1, *ids]
    return Said(200, {"count": len(ids), "max_model_len": 4096, "tokens": ids})


def _name(word: str, *, as_ids: bool) -> str:
    return f"token_id:{mind.IDS[word]}" if as_ids and word in mind.IDS else word


def _likeliest(
    told: Mapping[str, float], most: int, *, as_ids: bool
) -> list[dict[str, Any]]:
    ranked = sorted(told.items(), key=lambda pair: -pair[1])[:most]
    return [
        {"token": _name(word, as_ids=as_ids), "logprob": math.log(share)}
        for word, share in ranked
    ]


def _exactly(told: Mapping[str, float], ids: Sequence[int]) -> list[dict[str, Any]]:
    """Tell of every token that was asked for, however unlikely."""
    known = {mind.IDS[word]: share for word, share in told.items()}
    return [
        {"token": f"token_id:{at}", "logprob": math.log(known.get(at, 1e-11))}
        for at in ids
    ]


def _step(token: str, log: float, others: list[Any]) -> dict[str, Any]:
    return {"token": token, "logprob": log, "top_logprobs": others}


def _events(reply: _Reply, usage: Any, body: Mapping[str, Any]) -> Said:
    events: list[Any] = [{"choices": [{"index": 0, "delta": {"role": "assistant"}}]}]
    for token, log in reply.tokens:
        choice: dict[str, Any] = {"index": 0, "delta": {"content": token}}
        if body.get("logprobs"):
            choice["logprobs"] = {"content": [_step(token, log, [])]}
        events.append({"choices": [choice]})
    events.append(
        {"choices": [{"index": 0, "delta": {}, "finish_reason": reply.finish}]}
    )
    if (body.get("stream_options") or {}).get("include_usage"):
        events.append({"choices": [], "usage": usage})
    return Said(events=(*events, "[DONE]"))


def _error(status: int, message: str) -> Said:
    return Said(status, {"error": {"message": message, "type": "invalid_request"}})
