"""Who is told when the machine needs somebody, and by which rules."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

_NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"


class Target(BaseModel):
    """What all targets have: a name, the language, from how bad on they are told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=_NAME)
    language: Literal["zh", "en", ""] = ""
    least: Literal["warning", "critical"] = "warning"


class HttpTarget(Target):
    """A target behind an address; the address itself is a secret."""

    url: SecretStr

    @model_validator(mode="after")
    def _address_is_one(self) -> Self:
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("`url` must begin with https:// (or http://)")
        return self


class WebhookTarget(HttpTarget):
    """A service of the studio's that takes Standard Webhooks."""

    kind: Literal["webhook"]
    secrets: tuple[SecretStr, ...] = Field(min_length=1)
    events: tuple[Literal["alerts", "reports", "heartbeat"], ...] = Field(
        default=("alerts", "reports"), min_length=1
    )


class WeComTarget(HttpTarget):
    """A group bot of 企业微信 (WeCom)."""

    kind: Literal["wecom"]


class FeishuTarget(HttpTarget):
    """A custom bot of 飞书 (Feishu, Lark); ``secret`` where it checks signatures."""

    kind: Literal["feishu"]
    secret: SecretStr | None = None


class DingTalkTarget(HttpTarget):
    """A custom bot of 钉钉 (DingTalk); ``secret`` where it checks signatures."""

    kind: Literal["dingtalk"]
    secret: SecretStr | None = None


class EmailTarget(Target):
    """A mailbox, over the studio's own mail server."""

    kind: Literal["email"]
    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: SecretStr | None = None
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    to: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], ...] = Field(
        min_length=1
    )


AnyTarget = Annotated[
    WebhookTarget | WeComTarget | FeishuTarget | DingTalkTarget | EmailTarget,
    Field(discriminator="kind"),
]


class AlertSettings(BaseModel):
    """Who is told when the machine needs somebody; see docs/guides/watch-the-machine.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: tuple[AnyTarget, ...] = Field(
        default=(),
        description="Group bots, webhooks and mailboxes that are told (JSON list); messages go to these and nowhere else.",
    )
    rules: Path | None = Field(
        default=None,
        description="YAML file of alert rules of yours, which replace those shipped by name; empty takes the shipped ones.",
    )
    place: str = Field(
        default="idolens",
        min_length=1,
        max_length=40,
        description="What messages call this machine, e.g. `三号机房`.",
    )
    every_s: float = Field(
        default=5.0,
        gt=0,
        description="Time between two looks at the figures, in seconds.",
    )
    timeout_s: float = Field(
        default=20.0,
        gt=0,
        description="Longest that sending one message may take, in seconds.",
    )

    heartbeat_s: float = Field(
        default=60.0,
        ge=10,
        description="Time between two heartbeats to webhooks that take them, in seconds; whoever gets them raises the alarm when they stop.",
    )
    address: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address at which people reach this service, e.g. `http://studio.lan:8080`; links in messages begin with it.",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [target.name for target in self.targets]
        if len(set(names)) < len(names):
            raise ValueError("two targets have the same name")
        return self

    def takers(self, kind: Literal["reports", "heartbeat"]) -> list[str]:
        """Return the names of the webhooks that want to hear of ``kind``."""
        return [
            target.name
            for target in self.targets
            if isinstance(target, WebhookTarget) and kind in target.events
        ]
