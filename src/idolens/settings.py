"""Every setting: its name, default, unit and reason. The only reader of the environment.

A setting comes from the environment (``IDOLENS_PORT=9000``,
``IDOLENS_GATE__BLACK_LEVEL=24``) or from the file named by ``--settings``.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class GateSettings(BaseModel):
    """When a frame is not worth the model's time. Levels are 0–255 of grey."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    black_level: float = Field(
        20.0,
        description="99th percentile of grey below which a frame is black; dark stage frames stay above 27.",
    )
    flat_deviation: float = Field(
        3.0, description="Standard deviation of grey below which a frame shows nothing."
    )
    white_level: float = Field(
        235.0, description="1st percentile of grey above which a frame is over-exposed."
    )
    sharpness: float = Field(
        0.004,
        description="Laplacian variance / (grey variance + 1) below which a frame is blurred; flat drawn art stays above.",
    )
    frozen_difference: float = Field(
        0.5, description="Mean grey difference of 64x36 thumbnails below which nothing moved."
    )
    duplicate_bits: int = Field(
        31, description="Bits of the 256-bit hash that near-duplicates may differ in."
    )
    duplicate_colour: float = Field(
        3.0, description="Mean Lab difference of 8x8 thumbnails that near-duplicates may have."
    )


class DecodeSettings(BaseModel):
    """Limits on hostile or broken input; decoding happens in a child process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory_mib: int = Field(1024, description="Address space of the decoder, in MiB.")
    seconds: float = Field(60.0, description="Longest wait for the next frame, in seconds.")
    picture_bytes: int = Field(64 * 2**20, description="Largest picture file, in bytes.")
    pixels: int = Field(50_000_000, description="Most pixels of one picture or frame.")
    side: int = Field(16_384, description="Longest side of a picture, in pixels.")
    frames: int = Field(300, description="Most frames of an animated picture.")
    archive_entries: int = Field(20_000, description="Most files in a zip.")
    archive_bytes: int = Field(8 * 2**30, description="Most bytes a zip may unfold to.")
    archive_ratio: float = Field(200.0, description="Most a zip's file may expand.")
    hours: float = Field(24.0, description="Longest recording, in hours.")


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix="IDOLENS_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    home: Path = Field(
        Path("data"), description="Folder of the database and the picture store."
    )
    logs: Path = Field(Path("logs"), description="Folder of the log files.")
    engine: str = Field("embedded", description="Which engine answers; see `idolens engines`.")
    threads: int = Field(
        0, ge=0, description="Processor threads of the embedded engine; 0 takes them all."
    )
    policy: str = Field("livestream-zh", description="Policy that recordings are judged by.")
    every_s: float = Field(
        60.0, ge=0.2, description="Sampling step of recordings, in seconds."
    )
    keyframe_tolerance_s: float = Field(
        5.0,
        ge=0,
        description="How far a key frame may stand from the wanted time before the exact frame is decoded, in seconds.",
    )
    chunk_frames: int = Field(
        32, ge=1, description="Frames between two checkpoints of a job; a crash repeats at most these."
    )
    language: Literal["zh", "en"] = Field("zh", description="Language of reports and messages.")
    host: str = Field("127.0.0.1", description="Address that the service listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port of the service.")
    jupyter_port: int = Field(8888, ge=0, le=65535, description="Port of JupyterLab.")
    picture_upload_bytes: int = Field(
        20_000_000, description="Largest picture that /vlm/infer takes, in bytes."
    )
    disk_reserve_mib: int = Field(
        64,
        description="Size of the file that is given up when the disk is full, in MiB.",
    )
    gate: GateSettings = GateSettings()
    decode: DecodeSettings = DecodeSettings()
