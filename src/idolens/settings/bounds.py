"""How full the disk may be, how slow a client, and how long the end may take."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DiskSettings(BaseModel):
    """How full the disk of the data folder may be; shares of its size that are free."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alert: float = Field(
        default=0.10,
        ge=0,
        lt=1,
        description="Free share below which /readyz calls the disk low.",
    )
    no_uploads: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="Free share below which no uploads are taken (507).",
    )
    read_only: float = Field(
        default=0.02,
        ge=0,
        lt=1,
        description="Free share below which nothing is added any more (507), by analyses neither; what is there can be read, and deleted.",
    )
    margin: float = Field(
        default=0.01,
        ge=0,
        lt=1,
        description="How far the free share must rise above a mark before what it forbade is allowed again.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.alert >= self.no_uploads >= self.read_only:
            raise ValueError("alert must be the largest share, read_only the smallest")
        return self


class ClientSettings(BaseModel):
    """How slow whoever calls the service may be; slower ones are cut off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    head_s: float = Field(
        default=10.0,
        gt=0,
        description="Longest time until a request's headers are all there, in seconds.",
    )
    body_s: float = Field(
        default=30.0,
        gt=0,
        description="How long the service waits for bytes of a request's body, all waits taken together, before it looks whether enough came, in seconds.",
    )
    least_bytes: int = Field(
        default=10_000,
        ge=1,
        description="Bytes of a body that must have come each time it looks, and of an answer that must have been read.",
    )
    reading_s: float = Field(
        default=30.0,
        gt=0,
        description="How long an answer may lie unread, or a network be silent, before it is looked whether anything was read, in seconds.",
    )
