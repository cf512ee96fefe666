"""How the service holds out when more is asked than it can answer."""

from pydantic import BaseModel, ConfigDict, Field


class LoadSettings(BaseModel):
    """What happens when more is asked than can be answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ceiling: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Most requests that are ever given to the engine at the same time; it begins with `requests_at_once` and grows while answers are fast. 0 takes `requests_at_once` for an engine of this machine, and for model servers as many as they are given together.",
    )
    slow_s: float = Field(
        default=2.0,
        gt=0,
        description="Time from which on an answer is slow, so that fewer requests are given to the engine at once, in seconds; a request of many questions has this for every ten.",
    )
    kept_for_alerts: int = Field(
        default=1,
        ge=0,
        le=64,
        description="Places at the engine that are kept for alerts alone, on top of all others.",
    )
    smaller_side: int = Field(
        default=256,
        ge=64,
        le=512,
        description="Longest side of a picture while the service leaves things out because too much is asked, in pixels.",
    )
    fewer_questions: int = Field(
        default=10,
        ge=1,
        description="Questions of one request that are still asked while the service leaves more out; each of the others is refused as not looked at.",
    )
    caller_per_minute: int = Field(
        default=6000,
        ge=0,
        description="Requests that one key or account may send in a minute; more are answered 429. 0 sets no limit.",
    )
    address_per_minute: int = Field(
        default=1200,
        ge=0,
        description="Requests that one address may send in a minute while other machines are let in without an account (`insecure_open_lan`); this machine itself has no limit then. 0 sets none.",
    )
