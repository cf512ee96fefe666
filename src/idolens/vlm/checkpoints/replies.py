"""How a hub's refusals become our errors; both hubs and every transfer share them."""

from collections.abc import Mapping
from http import HTTPStatus

from idolens.egress import ForbiddenError
from idolens.errors import HubBusyError, HubError, IdolensError, NotFoundError

MOST_WAIT_S = 20.0
"""Longest wait that a hub may ask for before a try; a longer one ends the pull."""
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


def refusal(status: int, what: str, headers: Mapping[str, str]) -> IdolensError:
    """Return the error for a reply that is not a success.

    Args:
        status: the HTTP status.
        what: the model or file that was asked for.
        headers: of the reply; Retry-After is honoured.
    """
    if status in _DENIED:
        return denied(what)
    if status == HTTPStatus.NOT_FOUND:
        return missing(what)
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        error = HubBusyError(
            f"The hub has no time for {what} (HTTP {status}): try again later; what"
            " has arrived is kept.",
            f"模型库暂时无法提供 {what}(HTTP {status})：请稍后重试，"
            "已下载的部分会保留。",
        )
        error.delay_s = _wait(headers.get("retry-after"))
        return error
    return HubError(
        f"The hub refuses {what} (HTTP {status}): check --endpoint and --hub.",
        f"模型库拒绝提供 {what}(HTTP {status})：请检查 --endpoint 与 --hub。",
    )


def denied(what: str) -> NotFoundError:
    """Return the error for a model that not everybody may have."""
    return NotFoundError(
        f"{what} is private, gated or does not exist: accept its terms on the hub's"
        " page and set IDOLENS_HUB__TOKEN.",
        f"{what} 不公开、需要授权或不存在：请先在模型库页面接受条款，再设置"
        " IDOLENS_HUB__TOKEN。",
    )


def missing(what: str) -> NotFoundError:
    """Return the error for what is not there."""
    return NotFoundError(
        f"The hub has no {what}: check the name, --revision and --hub.",
        f"模型库中没有 {what}：请检查名称、--revision 与 --hub。",
    )


def unheard(endpoint: str, error: Exception) -> IdolensError:
    """Return the error for a request that got no whole answer."""
    if isinstance(error, ForbiddenError):
        return HubError(error.words.en, error.words.zh)
    why = type(error).__name__
    if "CERTIFICATE" in str(error).upper():
        return certificate(endpoint, why)
    return unreachable(endpoint, why)


def unreachable(endpoint: str, why: str) -> HubBusyError:
    """Return the error for a hub that does not answer."""
    return HubBusyError(
        f"The hub {endpoint} cannot be reached ({why}): check the network, or choose"
        " a mirror with --endpoint; what has arrived is kept.",
        f"无法连接模型库 {endpoint}({why})：请检查网络，或用 --endpoint 选择镜像；"
        "已下载的部分会保留。",
    )


def certificate(endpoint: str, why: str) -> HubError:
    """Return the error for a hub that cannot prove who it is."""
    return HubError(
        f"The hub {endpoint} has no valid certificate ({why}): have its owner mend"
        " it, or add your studio's own authority with SSL_CERT_FILE.",
        f"模型库 {endpoint} 的证书无效({why})：请联系其管理员，或用 SSL_CERT_FILE"
        " 添加工作室自己的证书。",
    )


def nonsense(endpoint: str) -> HubError:
    """Return the error for an address that is no hub."""
    return HubError(
        f"{endpoint} does not answer as a hub does: check --endpoint and --hub.",
        f"{endpoint} 的回应不像模型库：请检查 --endpoint 与 --hub。",
    )


def _wait(asked: str | None) -> float:
    """Read Retry-After in seconds; a date counts as a second."""
    try:
        return max(0.0, float(asked or 1))
    except ValueError:
        return 1.0
