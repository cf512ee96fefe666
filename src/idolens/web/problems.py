"""One shape for every error (RFC 9457), in Chinese and English, without content.

A problem never repeats what was sent: no question, no picture, no path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from idolens.errors import IdolensError, TemporaryError
from idolens.vocabulary import Bilingual, Language


class Message(BaseModel):
    """One sentence in both languages."""

    zh: str = Field(description="In Chinese.")
    en: str = Field(description="In English.")


class FieldProblem(Message):
    """What is wrong with one field."""

    field: str = Field(description="The field's name; `body` for the whole request.")


class Problem(BaseModel):
    """What went wrong, what to do about it, and a code that programs can read."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="`urn:idolens:problem:` and the code.")
    title: str = Field(description="The message in the language of the service.")
    status: int = Field(description="The HTTP status, once more.")
    code: str = Field(description="A stable name, e.g. `too_large`.")
    message: Message = Field(description="What is wrong and what to do about it.")
    errors: list[FieldProblem] = Field(
        default_factory=list[FieldProblem], description="The fields at fault (422)."
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    code: str
    words: Bilingual


_OF_STATUS = {
    400: _Kind(
        "malformed",
        Bilingual(zh="请求不是合法的 JSON。", en="The request is not valid JSON."),
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
    "string_too_short": Bilingual(zh="不能为空", en="must not be empty"),
    "string_type": Bilingual(zh="应为文本", en="must be text"),
    "string_unicode": Bilingual(zh="应为合法的文本", en="must be valid text"),
    "list_type": Bilingual(zh="应为列表", en="must be a list"),
    "literal_error": Bilingual(
        zh="不是允许的值", en="is not one of the values allowed"
    ),
    "model_attributes_type": Bilingual(zh="应为 JSON 对象", en="must be a JSON object"),
}
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
    return JSONResponse(
        body.model_dump(),
        status,
        headers=headers,
        media_type="application/problem+json",
    )


def add_handlers(app: FastAPI, language: Language) -> None:
    """Let every error of ``app`` leave as a problem."""

    async def ours(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, IdolensError):
            raise error
        return of_error(error, language)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, RequestValidationError):
            raise error
        return _of_validation(request, error, language)

    async def http(_request: Request, error: Exception) -> JSONResponse:
        if not isinstance(error, HTTPException):
            raise error
        headers = dict(error.headers) if error.headers else None
        return problem(error.status_code, language, headers=headers)

    async def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        return problem(500, language)

    app.add_exception_handler(IdolensError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)


def of_error(error: IdolensError, language: Language) -> JSONResponse:
    """Return one of our own errors as a problem; a temporary one says when to retry."""
    headers: dict[str, str] = {}
    if isinstance(error, TemporaryError):
        headers["Retry-After"] = str(max(1, round(error.delay_s)))
    return problem(
        error.http_status,
        language,
        code=error.code,
        words=error.words,
        headers=headers,
    )


def _of_validation(
    request: Request, error: RequestValidationError, language: Language
) -> JSONResponse:
    faults: list[dict[str, Any]] = list(error.errors())
    if not _is_json(request):
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
    path = ".".join(str(part) for part in fault["loc"][1:])
    name = path.encode("utf-8", "replace").decode()[:100]
    words = _FIELD_WORDS.get(fault["type"], _WRONG)
    return FieldProblem(field=name or "body", zh=words.zh, en=words.en)
