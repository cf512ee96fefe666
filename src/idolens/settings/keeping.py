"""How long things are kept: settings in days, where 0 is for ever."""

from pydantic import BaseModel, ConfigDict, Field

_AFTER = "How many days after a session's last change"


class KeepSettings(BaseModel):
    """How long things are kept; 0 keeps for ever.

    Whatever is evidence stays, however old: see the guide keep-and-forget.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pictures_days: int = Field(
        default=0,
        ge=0,
        description=f"{_AFTER} the pictures of its frames are deleted; 0 never. Pictures of findings that nobody dismissed, and pinned ones, stay.",
    )
    answers_days: int = Field(
        default=0,
        ge=0,
        description=f"{_AFTER} the model's answers are deleted; 0 never. Its report stays, and answers about the frames of findings that nobody dismissed.",
    )
    reports_days: int = Field(
        default=0,
        ge=0,
        description=f"{_AFTER} its report is deleted; 0 never. Reports with findings that nobody dismissed stay.",
    )
    messages_days: int = Field(
        default=90,
        ge=0,
        description="How many days a message that was delivered, or that nobody took, is kept; 0 for ever. One that still waits stays.",
    )
    jobs_days: int = Field(
        default=30,
        ge=0,
        description="How many days the steps of a job that is done are kept; 0 for ever. Its session is not touched.",
    )
    audit_days: int = Field(
        default=0,
        ge=0,
        description="How many days the entries of the audit log are kept; 0 for ever. The log says up to where it was cut, and stays verifiable.",
    )
    sweep_hours: float = Field(
        default=1.0,
        gt=0,
        description="How often the service deletes what is past its term, in hours.",
    )
    blurred: tuple[str, ...] = Field(
        default=("exposure", "clipping"),
        description="Questions whose findings' pictures are blurred for whoever lacks the permission unredact (JSON list of keys).",
    )
