"""From a target of the settings to who sends to it."""

import binascii
import hashlib

from pydantic import SecretStr
from standardwebhooks.webhooks import EmptyWebhookSecretError

from idolens.errors import SettingsError
from idolens.outputs.delivery.dingtalk import DingTalkSender
from idolens.outputs.delivery.feishu import FeishuSender
from idolens.outputs.delivery.mail import MailSender, MailServer
from idolens.outputs.delivery.outcome import Sender
from idolens.outputs.delivery.posting import Post
from idolens.outputs.delivery.webhook import WebhookSender
from idolens.outputs.delivery.wecom import WeComSender
from idolens.settings.alerting import (
    AnyTarget,
    DingTalkTarget,
    EmailTarget,
    FeishuTarget,
    WebhookTarget,
    WeComTarget,
)
from idolens.vocabulary import Language


def sender_for(target: AnyTarget, timeout_s: float) -> Sender:
    """Return who sends to ``target``.

    Raises:
        SettingsError: a secret is not what it should be.
    """
    match target:
        case EmailTarget():
            return _mail(target, timeout_s)
        case WebhookTarget():
            return _webhook(target, timeout_s)
        case WeComTarget():
            return WeComSender(_post(target.url, timeout_s))
        case FeishuTarget():
            return FeishuSender(_post(target.url, timeout_s), _open(target.secret))
        case DingTalkTarget():
            return DingTalkSender(_post(target.url, timeout_s), _open(target.secret))


def address_of(target: AnyTarget) -> str:
    """Return a digest of where ``target`` is; it tells nothing of the address."""
    place = (
        f"{target.host}:{target.port}/{','.join(target.to)}"
        if isinstance(target, EmailTarget)
        else target.url.get_secret_value()
    )
    return hashlib.sha256(place.encode()).hexdigest()


def language_of(target: AnyTarget, usual: Language) -> Language:
    """Return in which language ``target`` is told."""
    return target.language or usual


def _mail(target: EmailTarget, timeout_s: float) -> MailSender:
    server = MailServer(
        host=target.host,
        port=target.port,
        security=target.security,
        user=target.user,
        password=_open(target.password) or "",
        timeout_s=timeout_s,
    )
    return MailSender(server, target.sender, target.to)


def _webhook(target: WebhookTarget, timeout_s: float) -> WebhookSender:
    secrets = [secret.get_secret_value() for secret in target.secrets]
    try:
        return WebhookSender(_post(target.url, timeout_s), secrets)
    except (binascii.Error, EmptyWebhookSecretError, ValueError) as error:
        raise SettingsError(
            f"A secret of the target {target.name!r} is not base64; make one with"
            " `idolens alerts secret`.",
            f"目标 {target.name!r} 的 secrets 不是 base64;"
            "可用 `idolens alerts secret` 生成。",
        ) from error


def _post(url: SecretStr, timeout_s: float) -> Post:
    return Post(url.get_secret_value(), timeout_s)


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
