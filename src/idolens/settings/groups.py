"""Settings that belong together, a class for each part of the house."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class GateSettings(BaseModel):
    """When a frame is not worth the model's time. Levels are 0–255 of grey."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    black_level: float = Field(
        default=20.0,
        description="99th percentile of grey below which a frame is black; dark stage frames stay above 27.",
    )
    flat_deviation: float = Field(
        default=3.0,
        description="Standard deviation of grey below which a frame shows nothing.",
    )
    white_level: float = Field(
        default=235.0,
        description="1st percentile of grey above which a frame is over-exposed.",
    )
    sharpness: float = Field(
        default=0.12,
        description="Share of its height that the steepest edges climb within one pixel, below which a frame is blurred; a clean line has 0.3 to 0.5.",
    )
    frozen_difference: float = Field(
        default=0.5,
        description="Mean grey difference of 64x36 thumbnails below which nothing moved.",
    )
    duplicate_bits: int = Field(
        default=31,
        description="Bits of the 256-bit hash that near-duplicates may differ in.",
    )
    duplicate_colour: float = Field(
        default=3.0,
        description="Mean Lab difference of 8x8 thumbnails that near-duplicates may have.",
    )
    duplicate_spot: float = Field(
        default=16.0,
        description="Grey levels that near-duplicates may differ in at one spot of a thumbnail; above, something small has come or gone.",
    )
    transition_change: float = Field(
        default=2.0,
        description="Mean grey change within four frames from which on a frame may stand in a dissolve.",
    )


class DecodeSettings(BaseModel):
    """Limits on hostile or broken input; decoding happens in a child process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory_mib: int = Field(
        default=1024, description="Address space of the decoder, in MiB."
    )
    seconds: float = Field(
        default=60.0, description="Longest wait for the next frame, in seconds."
    )
    picture_bytes: int = Field(
        default=64 * 2**20, description="Largest picture file, in bytes."
    )
    pixels: int = Field(
        default=50_000_000, description="Most pixels of one picture or frame."
    )
    side: int = Field(
        default=16_384, description="Longest side of a picture, in pixels."
    )
    frames: int = Field(default=300, description="Most frames of an animated picture.")
    archive_entries: int = Field(default=20_000, description="Most files in a zip.")
    archive_bytes: int = Field(
        default=8 * 2**30, description="Most bytes a zip may unfold to."
    )
    archive_ratio: float = Field(
        default=200.0, description="Most a zip's file may expand."
    )
    hours: float = Field(default=24.0, description="Longest recording, in hours.")


class UploadSettings(BaseModel):
    """Files that are sent to the service, and how long they stay."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    largest_bytes: int = Field(
        default=50_000_000_000, ge=1, description="Largest upload, in bytes."
    )
    together_bytes: int = Field(
        default=200_000_000_000,
        ge=1,
        description="Room that all uploads together may take, in bytes.",
    )
    keep_hours: float = Field(
        default=168.0,
        gt=0,
        description="How long an upload stays after it was begun or last used, in hours; what an unfinished session needs stays longer.",
    )
    idle_s: float = Field(
        default=30.0,
        gt=0,
        description="Longest silence within an upload before the connection is closed, in seconds; the upload can go on afterwards.",
    )


class CacheSettings(BaseModel):
    """How long answers are kept, and how much room they may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ttl_s: float = Field(
        default=600.0,
        ge=0,
        description="How long an answer is kept and given again, in seconds; 0 keeps none.",
    )
    memory_mib: int = Field(
        default=64, ge=1, description="Memory that kept answers may take, in MiB."
    )
    disk_mib: int = Field(
        default=256,
        ge=0,
        description="Room on the disk that answers may take to survive a restart, in MiB; 0 keeps them in memory only.",
    )
    pictures_mib: int = Field(
        default=64,
        ge=0,
        description="Memory for pictures that were just decoded, so that the next question about one need not decode it, in MiB.",
    )
    similar_bits: int = Field(
        default=31,
        ge=0,
        le=255,
        description="Bits of the 256-bit hash that two pictures of one session may differ in for an answer to be taken over; only tags and text are, unless a policy says otherwise.",
    )
    cut_bits: int = Field(
        default=96,
        ge=1,
        le=256,
        description="Bits of the 256-bit hash from which on two looks in a row stand for a scene cut; nothing is taken over across one.",
    )


class RemoteSettings(BaseModel):
    """Model servers of other makers, which answer over HTTP."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoints: tuple[str, ...] = Field(
        default=(),
        description='Addresses of the servers, all with the same model, e.g. `["http://10.0.0.5:8000/v1"]` (JSON list).',
    )
    model: str = Field(
        default="",
        description="Name of the model to ask; empty takes the only one that the server lists.",
    )
    api_key: SecretStr | None = Field(
        default=None, description="Key that the servers want, if they want one."
    )
    certificates: Path | None = Field(
        default=None,
        description="PEM file of the authority that signed the servers' certificates; empty trusts those that the system trusts.",
    )
    deadline_s: float = Field(
        default=120.0,
        gt=0,
        description="Longest time for all questions about the pictures of one call, retries included, in seconds.",
    )
    request_s: float = Field(
        default=60.0,
        gt=0,
        description="Longest wait for one whole answer before another server is asked, in seconds.",
    )
    attempts: int = Field(
        default=4,
        ge=1,
        description="How often one question is tried when a server is busy or down.",
    )
    at_once: int = Field(
        default=64,
        ge=1,
        description="Requests that one server gets at the same time.",
    )
    failures: int = Field(
        default=3,
        ge=1,
        description="Failures in a row after which a server is left alone for a while.",
    )
    rest_s: float = Field(
        default=2.0,
        gt=0,
        description="How long a failing server is left alone at first, in seconds; doubles up to a minute.",
    )
    health_every_s: float = Field(
        default=5.0,
        gt=0,
        description="Time between two health checks of a server, in seconds.",
    )


class ChatSettings(RemoteSettings):
    """Servers that speak OpenAI's /v1/chat/completions."""

    profile: str = Field(
        default="auto",
        description="What the servers run: vllm, sglang, llamacpp, lmdeploy, transformers, zhipu, idolens or openai; auto finds out.",
    )


class DecisionsSettings(RemoteSettings):
    """Servers that answer typed questions at /v1/decisions or /v1/systemone."""

    shape: str = Field(
        default="auto",
        description="Which form the servers take: openai (another idolens too), sglang or systemone; auto finds out.",
    )


class GlmSettings(BaseModel):
    """A GLM-4.6V checkpoint in this process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        default="zai-org/GLM-4.6V-Flash",
        description="A pulled model's name (see `idolens models list`), a model folder, or idolens-tiny.",
    )
    device: str = Field(
        default="auto",
        description="Where it is computed: auto, cpu, cuda, cuda:1, mps; auto takes a graphics card where there is one.",
    )
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Numbers that it is computed in; auto takes half precision on a card and float32 on a processor.",
    )
    quantize: Literal["none", "int8", "int4"] = Field(
        default="none",
        description="Round the weights, to fit a smaller card: int8 takes about 12 GB, int4 about 8 GB of GLM-4.6V-Flash; needs torchao or bitsandbytes.",
    )
    compile: bool = Field(
        default=False,
        description="Compile the model at the first questions: slower to start, faster later; needs a C++ compiler.",
    )
    prefix_mib: int = Field(
        default=512,
        ge=0,
        description="Memory for what was read of recent pictures, so that the next question about one costs the question alone, in MiB; a 512x512 picture takes about 13 with GLM-4.6V-Flash.",
    )
    pictures_at_once: int = Field(
        default=4,
        ge=1,
        description="Pictures of one size that are read together; fewer when memory runs out.",
    )
    columns_at_once: int = Field(
        default=1024,
        ge=64,
        description="Tokens of questions that are read together; fewer when memory runs out.",
    )
    pixels: int = Field(
        default=0,
        ge=0,
        description="Most pixels that a picture is resized to: fewer are faster and see less; 0 takes the model's own.",
    )


class HubSettings(BaseModel):
    """Where models are pulled from, and where they stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        default="huggingface", description="Which hub: huggingface or modelscope."
    )
    endpoint: str | None = Field(
        default=None,
        description="Address of a mirror of the hub; empty takes the hub's own.",
    )
    token: SecretStr | None = Field(
        default=None,
        description="Token for models that not everybody may have; empty takes the one that the hub's own tools stored, for the hub's own address only.",
    )
    folder: Path | None = Field(
        default=None,
        description="Folder of the pulled models; empty takes `models` in `home`.",
    )
