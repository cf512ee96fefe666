"""Where copies of the data folder go, when they are made, and how many are kept."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class BackupSettings(BaseModel):
    """Copies of the data folder, made every night while the service runs; see docs/guides/back-up-and-restore.md."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path | None = Field(
        default=None,
        description="Folder that the nightly backup goes to, one of its own for each machine, best on another disk; empty makes none.",
    )
    hour: int = Field(
        default=4,
        ge=0,
        le=23,
        description="Hour of the day, by this machine's clock, at which it is made; one that was missed is made at the next start.",
    )
    keep: int = Field(
        default=14,
        ge=1,
        description="How many backups are kept in that folder, the newest ones.",
    )
    uploads: bool = Field(
        default=True,
        description="Whether uploaded recordings are in it; without them, analyses that still need one cannot go on after a restore.",
    )
