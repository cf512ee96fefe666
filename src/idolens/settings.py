"""Every setting: name, default, unit, reason. The only reader of the environment.

A setting comes from the command line, else from the environment
(``IDOLENS_PORT=9000``, ``IDOLENS_GATE__BLACK_LEVEL=24``), else from the YAML file
named by ``--settings``, else from its default here. `load_settings` reads them all
and refuses a name that it does not know.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentParseError

from idolens.errors import SettingsError


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
        description="Pictures that the service looks at at the same time.",
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
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Names and addresses, beside this machine's own, that browsers may call the service by (JSON list); needed to listen beyond 127.0.0.1.",
    )
    cache: CacheSettings = CacheSettings()
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


def load_settings(file: Path | None = None, **chosen: object) -> Settings:
    """Read the settings; ``chosen`` (from the command line) wins over all others.

    Args:
        file: a YAML file of settings, nested as the settings are.
        chosen: settings given on the command line; None means not given.

    Raises:
        SettingsError: a name that no setting has, or an impossible value.
    """
    environment = EnvSettingsSource(Settings)
    _refuse_unknown(environment.env_vars)
    try:
        given = environment()
    except EnvironmentParseError as error:
        raise SettingsError(
            f"A setting in the environment is not what it should be: {error}.",
            f"环境变量中的某项设置格式不正确：{error}。",
        ) from error
    values = _over(_read(file) if file else {}, given)
    values |= {name: value for name, value in chosen.items() if value is not None}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise _explain(error) from error


def environment_names() -> list[str]:
    """Return the environment's name of every setting, e.g. ``IDOLENS_PORT``."""
    return [f"IDOLENS_{'__'.join(path).upper()}" for path, _ in setting_fields()]


def setting_fields(
    model: type[BaseModel] = Settings, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path (``("gate", "black_level")``) and field of every setting."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from setting_fields(kind, (*above, name))
        else:
            yield (*above, name), field


def _refuse_unknown(environment: Mapping[str, str | None]) -> None:
    known = set(environment_names())
    known |= {name.rpartition("__")[0] for name in known if "__" in name}
    for name in environment:
        if name.upper().startswith("IDOLENS_") and name.upper() not in known:
            raise _unknown(name.upper(), known)


def _unknown(name: str, known: set[str]) -> SettingsError:
    close = get_close_matches(name, known, n=1)
    return SettingsError(
        f"There is no setting {name}."
        + (f" Did you mean {close[0]}?" if close else " See docs/settings.md."),
        f"没有名为 {name} 的设置。"
        + (f"是不是想写 {close[0]}?" if close else "请查看 docs/settings.md。"),
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(
            f"The settings file {file} cannot be read: {reason}.",
            f"无法读取设置文件 {file}:{reason}。",
        ) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(
            f"The settings file {file} must be a list of `name: value` lines.",
            f"设置文件 {file} 的内容应为逐行的“名称: 值”。",
        )
    return cast("dict[str, Any]", values)


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay ``above`` over ``below``, group by group."""
    merged = dict(below)
    for name, value in above.items():
        beneath = merged.get(name)
        if isinstance(beneath, dict) and isinstance(value, dict):
            merged[name] = _over(
                cast("dict[str, Any]", beneath), cast("dict[str, Any]", value)
            )
        else:
            merged[name] = value
    return merged


def _explain(error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False)[0]
    path = tuple(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = {".".join(names) for names, _ in setting_fields()}
        return _unknown(".".join(path), known)
    name = f"{'.'.join(path)} (IDOLENS_{'__'.join(path).upper()})"
    return SettingsError(
        f"The setting {name} cannot be {first['input']!r}: {first['msg']}.",
        f"设置 {name} 不能是 {first['input']!r}:{first['msg']}。",
    )
