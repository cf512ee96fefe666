"""One shape for every error (RFC 9457), in Chinese and English, without content.

A problem never repeats what was sent: no question, no picture, no path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from idolens.errors import ChangedError, IdolensError, PolicyError, TemporaryError
from idolens.vocabulary import Bilingual, Language


class Message(BaseModel):
    """One sentence in both languages."""

    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")


class FieldProblem(Message):
    """What is wrong with one field."""

    field: str = Field(description="The field's name; `body` for the whole request.")


class OpenAIError(BaseModel):
    """The same once more, as OpenAI's clients read it (under /v1 only)."""

    message: str = Field(description="What is wrong, in the service's language.")
    type: str = Field(description="`invalid_request_error` or `server_error`.")
    param: str | None = Field(description="The first field at fault.")
    code: str = Field(description="The code of the problem.")


class Problem(BaseModel):
    """What went wrong, what to do about it, and a code that programs can read."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="`urn:idolens:problem:` and the code.")
    title: str = Field(description="The message in the language of the service.")
    status: int = Field(description="The HTTP status, once more.")
    code: str = Field(description="A stable name, e.g. `too_large`.")
    message: Message = Field(description="What is wrong and what to do about it.")
    errors: list[FieldProblem] = Field(
        default_factory=list[FieldProblem],
        description="The fields at fault (422, under /v1 400).",
    )
    error: OpenAIError | None = Field(
        default=None, description="The same for OpenAI's clients; under /v1 only."
    )


FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in ("4XX", "5XX")
}
"""What a route under /v1 may answer instead of what was asked."""

CODE: Final = "idolens.code"
"""Where in the scope of a request its problem's code is left, to be counted."""


@dataclass(frozen=True, slots=True)
class _Kind:
    code: str
    words: Bilingual


_OF_STATUS = {
    400: _Kind(
        "malformed",
        Bilingual(zh="请求不是合法的 JSON。", en="The request is not valid JSON."),
    ),
    401: _Kind(
        "not_signed_in",
        Bilingual(zh="请先登录，或发送密钥。", en="Sign in, or send a key."),
    ),
    403: _Kind(
        "not_allowed",
        Bilingual(zh="你无权执行此操作。", en="You may not do this."),
    ),
    404: _Kind(
        "no_such_address",
        Bilingual(zh="没有这个地址。", en="There is nothing at this address."),
    ),
    405: _Kind(
        "wrong_method",
        Bilingual(
            zh="该地址不支持此方法。", en="This address does not take this method."
        ),
    ),
    408: _Kind(
        "too_slow",
        Bilingual(
            zh="请求发送过慢，连接已断开。请检查网络后重试。",
            en="The request came in too slowly and was cut off. See to the network, "
            "then send it again.",
        ),
    ),
    413: _Kind(
        "too_large",
        Bilingual(
            zh="请求过大。请缩小图片后重试。",
            en="The request is too large. Send a smaller picture.",
        ),
    ),
    415: _Kind(
        "unsupported_media",
        Bilingual(
            zh="请以 Content-Type: application/json 发送 JSON。",
            en="Send JSON with Content-Type: application/json.",
        ),
    ),
    421: _Kind(
        "unknown_host",
        Bilingual(
            zh="不接受以此主机名访问。请把它加入设置 allowed_hosts。",
            en="This service does not go by that host name. Add it to the setting "
            "allowed_hosts.",
        ),
    ),
    422: _Kind(
        "invalid_fields",
        Bilingual(
            zh="请求中的字段有误，详见 errors。",
            en="Some fields of the request are wrong; see errors.",
        ),
    ),
    500: _Kind(
        "internal",
        Bilingual(
            zh="服务内部出错。请把日志中同一时刻的记录发给维护者。",
            en="The service made a mistake. Send the log record of this moment to "
            "whoever looks after it.",
        ),
    ),
}

_FIELD_WORDS = {
    "missing": Bilingual(zh="缺少该字段", en="this field is missing"),
    "extra_forbidden": Bilingual(zh="没有这个字段", en="there is no such field"),
    "union_tag_invalid": Bilingual(
        zh="不支持这种类型", en="is of a kind that is not supported"
    ),
    "union_tag_not_found": Bilingual(
        zh="不支持这种类型", en="is of a kind that is not supported"
    ),
    "too_short": Bilingual(zh="项数过少", en="has too few items"),
    "too_long": Bilingual(zh="项数过多", en="has too many items"),
    "int_type": Bilingual(zh="应为整数", en="must be a whole number"),
    "int_from_float": Bilingual(zh="应为整数", en="must be a whole number"),
    "int_parsing": Bilingual(zh="应为整数", en="must be a whole number"),
    "less_than_equal": Bilingual(zh="数值过大", en="is too large"),
    "greater_than_equal": Bilingual(zh="数值过小", en="is too small"),
    "string_too_long": Bilingual(zh="过长", en="is too long"),
    "string_pattern_mismatch": Bilingual(
        zh="格式不正确", en="is not of the right form"
    ),
    "float_type": Bilingual(zh="应为数字", en="must be a number"),
    "bool_type": Bilingual(zh="应为 true 或 false", en="must be true or false"),
    "dict_type": Bilingual(zh="应为 JSON 对象", en="must be a JSON object"),
    "model_type": Bilingual(zh="应为 JSON 对象", en="must be a JSON object"),
    "string_too_short": Bilingual(zh="不能为空", en="must not be empty"),
    "string_type": Bilingual(zh="应为文本", en="must be text"),
    "string_unicode": Bilingual(zh="应为合法的文本", en="must be valid text"),
    "list_type": Bilingual(zh="应为列表", en="must be a list"),
    "literal_error": Bilingual(
        zh="不是允许的值", en="is not one of the values allowed"
    ),
    "model_attributes_type": Bilingual(zh="应为 JSON 对象", en="must be a JSON object"),
}
_HIDDEN = "~"  # tags of alternatives begin so; they are no field's name
_UNKNOWN = 401
_MOST_FAULTS = 50
_UNPROCESSABLE = 422
_OURS = 500
_WRONG = Bilingual(zh="值不正确", en="has a wrong value")


def problem(
    status: int,
    language: Language,
    *,
    code: str | None = None,
    words: Bilingual | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return a problem as a response; code and words default to the status's own."""
    kind = _OF_STATUS.get(status, _OF_STATUS[500])
    said, named = words or kind.words, code or kind.code
    body = Problem(
        type=f"urn:idolens:problem:{named}",
        title=said.within(language),
        status=status,
        code=named,
        message=Message(zh=said.zh, en=said.en),
        errors=list(errors),
    )
    return _Response(body, headers)


def for_openai(response: JSONResponse, language: Language) -> JSONResponse:
    """Return a problem so that OpenAI's clients, which know no 422, can read it."""
    if not isinstance(response, _Response):
        return response
    body = response.problem
    status = 400 if body.status == _UNPROCESSABLE else body.status
    fields = [
        f"{fault.field}: {fault.zh if language == 'zh' else fault.en}"
        for fault in body.errors
    ]
    error = OpenAIError(
        message=" ".join([body.title, "; ".join(fields)]).strip(),
        type="server_error" if status >= _OURS else "invalid_request_error",
        param=body.errors[0].field if body.errors else None,
        code=body.code,
    )
    told = body.model_copy(update={"status": status, "error": error})
    return _Response(told, response.extra)


class _Response(JSONResponse):
    """A problem on its way out."""

    def __init__(self, body: Problem, headers: dict[str, str] | None) -> None:
        self.problem = body
        self.extra = headers
        super().__init__(
            body.model_dump(exclude=None if body.error else {"error"}),
            body.status,
            headers=headers,
            media_type="application/problem+json",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave the code where it is counted, and go."""
        scope[CODE] = self.problem.code
        await super().__call__(scope, receive, send)


def add_handlers(app: FastAPI, language: Language) -> None:
    """Let every error of ``app`` leave as a problem."""

    async def handle(request: Request, error: Exception) -> JSONResponse:
        response = _of_any(request, error, language)
        return (
            for_openai(response, language) if is_openai(request.url.path) else response
        )

    for kind in (IdolensError, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, handle)


def is_openai(path: str) -> bool:
    """Tell whether a path is one of those in OpenAI's shapes."""
    return path.startswith("/v1/")


def _of_any(request: Request, error: Exception, language: Language) -> JSONResponse:
    if isinstance(error, IdolensError):
        return of_error(error, language)
    if isinstance(error, RequestValidationError):
        return _of_validation(request, error, language)
    if isinstance(error, HTTPException):
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, language, headers=headers)
    return problem(500, language)


def of_error(error: IdolensError, language: Language) -> JSONResponse:
    """Return one of our own errors as a problem; a temporary one says when to retry."""
    headers: dict[str, str] = {}
    if isinstance(error, TemporaryError):
        headers["Retry-After"] = str(max(1, round(error.delay_s)))
    if isinstance(error, ChangedError) and error.tag is not None:
        headers["ETag"] = error.tag
    if error.http_status == _UNKNOWN:
        headers["WWW-Authenticate"] = 'Bearer realm="idolens"'
    return problem(
        error.http_status,
        language,
        code=error.code,
        words=error.words,
        errors=_faults(error),
        headers=headers,
    )


def _faults(error: IdolensError) -> list[FieldProblem]:
    if not isinstance(error, PolicyError):
        return []
    return [
        FieldProblem(field=fault.place or "body", zh=fault.words.zh, en=fault.words.en)
        for fault in error.faults[:_MOST_FAULTS]
    ]


def _of_validation(
    request: Request, error: RequestValidationError, language: Language
) -> JSONResponse:
    faults: list[dict[str, Any]] = list(error.errors())
    of_body = any(fault["loc"][:1] == ("body",) for fault in faults)
    if of_body and not _is_json(request):
        return problem(415, language)
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(400, language)
    return problem(422, language, errors=[_field(fault) for fault in faults])


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _field(fault: dict[str, Any]) -> FieldProblem:
    # A field's name may hold half a character, which JSON cannot carry back.
    parts = [str(part) for part in fault["loc"][1:]]
    path = ".".join(part for part in parts if not part.startswith(_HIDDEN))
    name = path.encode("utf-8", "replace").decode()[:100]
    words = _FIELD_WORDS.get(fault["type"], _WRONG)
    return FieldProblem(field=name or "body", zh=words.zh, en=words.en)
