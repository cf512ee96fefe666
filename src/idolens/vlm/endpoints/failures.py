"""What a server's failure means for us: try again, give up, or ask differently."""

import email.utils
import json
import math
import re
import ssl
import time
from collections.abc import Mapping
from typing import Any, cast

import httpx2

from idolens.egress import ForbiddenError
from idolens.errors import (
    EngineBusyError,
    EngineError,
    IdolensError,
    PermanentError,
    TemporaryError,
)

LONGEST_WORDS = 300
"""Most characters of a server's message that are passed on."""
_BUSY = frozenset({429, 503})
_DOWN = frozenset({408, 425, 500, 502, 504, 507, 508, 529})
_STRANGERS = frozenset({401, 403, 407})
_REFUSED = frozenset({400, 413, 415, 422, 501})
_REDIRECTS = range(300, 400)


class EndpointDownError(TemporaryError):
    """A model server does not answer, or not with what its protocol promises.

    Attributes:
        status: the HTTP status, if it got as far.
        misread: it answered, but not in the form that was expected.
    """

    code = "endpoint_down"
    status: int | None = None
    misread: bool = False


class RefusedError(PermanentError):
    """A model server understood the request and will not do it.

    Attributes:
        status: the HTTP status.
        said: the server's own words, shortened.
    """

    code = "endpoint_refused"
    http_status = 502

    def __init__(self, address: str, status: int, said: str) -> None:
        super().__init__(
            f"The model server {address} refused the request ({status}): {said}",
            f"模型服务器 {address} 拒绝了请求({status}):{said}",
        )
        self.status = status
        self.said = said


class MissingError(EngineError):
    """A model server has no such model or route."""

    code = "endpoint_missing"


def from_transport(error: Exception, address: str) -> IdolensError:
    """Return our error for a request that got no whole answer."""
    if isinstance(error, ForbiddenError):
        # Not for ever: names are mended, and another server may be asked meanwhile.
        return EndpointDownError(error.words.en, error.words.zh)
    if _is_certificate(error):
        return EngineError(
            f"The certificate of the model server {address} is not trusted"
            f" ({_short(str(error))}): name its authority's file in the setting"
            " `certificates`, or correct the address.",
            f"模型服务器 {address} 的证书不受信任({_short(str(error))}):"
            "请在 certificates 设置中指定其证书颁发机构文件,或更正地址。",
        )
    if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return bad_address(address)
    why = _short(str(error) or type(error).__name__)
    return EndpointDownError(
        f"The model server {address} does not answer ({why}): see whether it runs.",
        f"模型服务器 {address} 没有应答({why}):请检查它是否在运行。",
    )


def too_slow(address: str, seconds: float) -> EndpointDownError:
    """Return the error for an answer that was not there in time."""
    return EndpointDownError(
        f"The model server {address} did not answer within {seconds:.0f} s: give it"
        " less to do, or raise the setting `request_s`.",
        f"模型服务器 {address} 未在 {seconds:.0f} 秒内应答:"
        "请减轻其负载,或调大 request_s 设置。",
    )


def late(addresses: str) -> EndpointDownError:
    """Return the error for a deadline that has passed."""
    return EndpointDownError(
        f"The model servers ({addresses}) did not answer before the deadline: add one,"
        " or raise the setting `deadline_s`.",
        f"模型服务器({addresses})未在期限内应答:请增加服务器,或调大 deadline_s 设置。",
    )


def not_json(address: str, why: str) -> EndpointDownError:
    """Return the error for an answer that is not what the protocol promises."""
    error = EndpointDownError(
        f"The model server {address} gave an answer that can't be read"
        f" ({_short(why)}): see whether the address is that of its API.",
        f"模型服务器 {address} 的应答无法解析({_short(why)}):"
        "请检查该地址是否为其 API 地址。",
    )
    error.misread = True
    return error


def bare(address: str) -> str:
    """Return an address as it may be shown: without a name and key within it.

    >>> bare("https://lin:secret@gpu.lan:8000/v1")
    'https://gpu.lan:8000/v1'
    """
    return re.sub(r"//[^/\s]*@", "//", address)


def bad_address(address: str) -> EngineError:
    """Return the error for what is not an HTTP address."""
    shown = bare(address)
    return EngineError(
        f"{shown!r} is not the address of a model server: write it like"
        " http://10.0.0.5:8000/v1.",
        f"{shown!r} 不是模型服务器的地址:请写成 http://10.0.0.5:8000/v1 的形式。",
    )


def from_status(
    status: int, headers: Mapping[str, str], body: bytes, address: str
) -> IdolensError:
    """Return our error for an answer whose status is not 2xx."""
    said = _short(words_of(body)) or "-"
    if status in _BUSY:
        return _busy(address, headers)
    if status in _DOWN or status > 508:  # noqa: PLR2004  (509… are proxies' own)
        return _broken(address, status, said)
    if status in _REFUSED:
        return RefusedError(address, status, said)
    if status in _STRANGERS:
        return EngineError(
            f"The model server {address} does not let us in ({status}): check the"
            " setting `api_key`.",
            f"模型服务器 {address} 拒绝访问({status}):请检查 api_key 设置。",
        )
    if status in _REDIRECTS:
        return EngineError(
            f"The model server {address} sends us elsewhere ({status}), and pictures"
            " go only where the settings say: name the final address.",
            f"模型服务器 {address} 返回重定向({status});图片只会发往设置中的地址:"
            "请填写最终地址。",
        )
    return MissingError(
        f"The model server {address} has no such model or route ({status}): {said}"
        " Check the address and the model's name.",
        f"模型服务器 {address} 没有该模型或接口({status}):{said}请检查地址和模型名称。",
    )


def words_of(body: bytes) -> str:
    """Return the message in an error's body, in whichever of the usual shapes."""
    try:
        found: object = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    while isinstance(found, dict):
        content = cast("dict[str, Any]", found)
        inner = next(
            (content[key] for key in ("error", "message", "detail") if key in content),
            None,
        )
        if inner is None:
            break
        found = inner
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def retry_after_s(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return what Retry-After says, in seconds; None without a usable one."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        parsed = email.utils.parsedate_tz(value)
        if parsed is None:
            return None
        seconds = email.utils.mktime_tz(parsed) - (time.time() if now is None else now)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _broken(address: str, status: int, said: str) -> EndpointDownError:
    error = EndpointDownError(
        f"The model server {address} failed ({status}): {said}",
        f"模型服务器 {address} 出错({status}):{said}",
    )
    error.status = status
    return error


def _busy(address: str, headers: Mapping[str, str]) -> EngineBusyError:
    error = EngineBusyError(
        f"The model server {address} has no room now: wait a little, or add a server.",
        f"模型服务器 {address} 正忙:请稍候,或增加服务器。",
    )
    error.delay_s = retry_after_s(headers) or EngineBusyError.delay_s
    return error


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"
