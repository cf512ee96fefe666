"""All settings of one installation, with the groups in their places."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from idolens.settings.alerting import AlertSettings
from idolens.settings.backup import BackupSettings
from idolens.settings.bounds import ClientSettings, DiskSettings
from idolens.settings.groups import (
    CacheSettings,
    ChatSettings,
    DecisionsSettings,
    DecodeSettings,
    GateSettings,
    GlmSettings,
    HubSettings,
    UploadSettings,
)
from idolens.settings.keeping import KeepSettings
from idolens.settings.load import LoadSettings


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="IDOLENS_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    home: Path = Field(
        default=Path("data"),
        description="Folder of the database and the picture store.",
    )
    logs: Path = Field(default=Path("logs"), description="Folder of the log files.")
    engine: str = Field(
        default="embedded", description="Which engine answers; see `idolens engines`."
    )
    threads: int = Field(
        default=0,
        ge=0,
        description="Processor threads of the embedded engine; 0 takes them all.",
    )
    embedded_model: Path | None = Field(
        default=None,
        description="Folder of the embedded engine's model; empty takes the one shipped.",
    )
    embedded_prefix_mib: int = Field(
        default=64,
        ge=0,
        description="Memory for what the embedded engine read of recent pictures, so that the next question about one costs the question alone, in MiB; a picture takes about 0.4.",
    )
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="How much of what the engine would say of a blank picture is taken off its answers to closed questions: 0 nothing, 1 all; it costs one more look per question and size of picture.",
    )
    policy: str = Field(
        default="livestream-zh", description="Policy that recordings are judged by."
    )
    picture_policy: str = Field(
        default="poster-zh", description="Policy that still pictures are judged by."
    )
    every_s: float = Field(
        default=60.0, ge=0.2, description="Sampling step of recordings, in seconds."
    )
    keyframe_tolerance_s: float = Field(
        default=5.0,
        ge=0,
        description="How far a key frame may stand from the wanted time before the exact frame is decoded, in seconds.",
    )
    chunk_frames: int = Field(
        default=32,
        ge=1,
        description="Frames between two checkpoints of a job; a crash repeats at most these.",
    )
    batch_frames: int = Field(
        default=4,
        ge=1,
        description="Pictures that a job gives to the engine at a time.",
    )
    engine_attempts: int = Field(
        default=6,
        ge=1,
        description="How often a job asks a busy engine, waiting longer each time, before it goes on without the answers.",
    )
    language: Literal["zh", "en"] = Field(
        default="zh", description="Language of reports and messages."
    )
    pdf_browser: Path | None = Field(
        default=None,
        description="The Chromium that prints reports as PDF; empty takes the one that is found.",
    )
    host: str = Field(
        default="127.0.0.1", description="Address that the service listens on."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Port of the service.")
    jupyter_port: int = Field(
        default=8888, ge=0, le=65535, description="Port of JupyterLab."
    )
    picture_upload_bytes: int = Field(
        default=20_000_000,
        description="Largest picture that /vlm/infer takes, in bytes.",
    )
    disk_reserve_mib: int = Field(
        default=64,
        description="Size of the file that is given up when the disk is full, in MiB.",
    )
    question_characters: int = Field(
        default=2000,
        ge=1,
        description="Longest question that /vlm/infer takes, in characters.",
    )
    requests_at_once: int = Field(
        default=2,
        ge=1,
        description="Pictures that the service looks at at the same time, to begin with; see `load.ceiling`.",
    )
    requests_waiting: int = Field(
        default=16,
        ge=0,
        description="Requests that may wait for their turn; more are answered 503.",
    )
    wait_s: float = Field(
        default=10.0,
        gt=0,
        description="Longest wait for one's turn before the service answers 503, in seconds.",
    )
    replies_at_once: int = Field(
        default=2,
        ge=1,
        description="Replies of /v1/chat/completions that are said at the same time, beside the pictures that are looked at.",
    )
    reply_s: float = Field(
        default=120.0,
        gt=0,
        description="Longest that one reply may take before it is cut, in seconds.",
    )
    load: LoadSettings = LoadSettings()
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Names and addresses, beside this machine's own, that browsers may call the service by (JSON list); needed to listen beyond 127.0.0.1.",
    )
    page_origins: tuple[str, ...] = Field(
        default=(),
        description='Origins of other pages that may use the service (`/sdk.js`) with a key of their own, e.g. `["http://overlay.lan:8000"]` (JSON list).',
    )
    access: Literal["open-loopback", "required"] = Field(
        default="open-loopback",
        description="Who gets in while there is no account: open-loopback lets everybody on this machine work as an operator, required nobody. From the first account on everybody needs an account or a key.",
    )
    insecure_open_lan: bool = Field(
        default=False,
        description="Whether everybody who can reach the service may work as an operator while there is no account, from other machines too.",
    )
    behind_https: bool = Field(
        default=False,
        description="Whether people reach the service over https, through a proxy of yours; its cookie then travels over https only.",
    )
    alerts: AlertSettings = AlertSettings()
    backup: BackupSettings = BackupSettings()
    cache: CacheSettings = CacheSettings()
    uploads: UploadSettings = UploadSettings()
    keep: KeepSettings = KeepSettings()
    disk: DiskSettings = DiskSettings()
    clients: ClientSettings = ClientSettings()
    allow_public_engine: bool = Field(
        default=False,
        description="Whether pictures may be sent to model servers outside the house.",
    )
    glm: GlmSettings = GlmSettings()
    chat: ChatSettings = ChatSettings()
    decisions: DecisionsSettings = DecisionsSettings()
    hub: HubSettings = HubSettings()
    gate: GateSettings = GateSettings()
    decode: DecodeSettings = DecodeSettings()
