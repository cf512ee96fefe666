"""Which engines there are; an engine's code is imported only when it is chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec

from idolens.errors import UnknownEngineError
from idolens.settings import Settings
from idolens.vlm.engine import Engine
from idolens.vocabulary import Bilingual


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEntry:
    """One engine that idolens knows.

    Attributes:
        name: what ``--engine`` takes.
        title: what it is, in one line.
        runs_on: what it needs.
        obstacle: says why the engine can't be used here, or None when it can.
        open: builds it.
    """

    name: str
    title: Bilingual
    runs_on: Bilingual
    obstacle: Callable[[Settings], Bilingual | None]
    open: Callable[[Settings], Engine]

    def available(self, settings: Settings) -> bool:
        """Tell whether the engine can be used on this machine."""
        return self.obstacle(settings) is None


def open_engine(settings: Settings) -> Engine:
    """Build the engine that ``settings.engine`` names.

    Raises:
        UnknownEngineError: there is none of this name.
        EngineError: it cannot start; the message says what to do.
    """
    return engine_entry(settings.engine).open(settings)


def engine_entry(name: str) -> EngineEntry:
    """Return what is known of the engine ``name``.

    Raises:
        UnknownEngineError: there is none of this name.
    """
    entry = ENGINES.get(name)
    if entry is None:
        raise _unknown(name)
    return entry


def _unknown(name: str) -> UnknownEngineError:
    known = ", ".join(ENGINES)
    near = get_close_matches(name.casefold(), ENGINES, n=1, cutoff=0.5)
    meant_en = f" Did you mean {near[0]!r}?" if near else ""
    meant_zh = f"是不是想写 {near[0]!r}?" if near else ""
    return UnknownEngineError(
        f"There is no engine {name!r}; choose one of: {known}.{meant_en}",
        f"没有名为 {name!r} 的引擎;可选:{known}。{meant_zh}",
    )


def _open_embedded(settings: Settings) -> Engine:
    from idolens.vlm.embedded import open_embedded

    return open_embedded(settings)


def _embedded_obstacle(settings: Settings) -> Bilingual | None:
    for module in ("onnxruntime", "tokenizers"):
        if find_spec(module) is None:
            return Bilingual(
                zh=f"缺少 Python 包 {module}:请重新安装 idolens。",
                en=f"The Python package {module} is missing: install idolens again.",
            )
    from idolens.vlm.embedded import missing_from_folder, model_folder

    missing = missing_from_folder(model_folder(settings))
    if missing:
        return Bilingual(
            zh=f"模型文件缺失:{'、'.join(missing)}。请重新安装 idolens。",
            en=f"Files of the model are missing: {', '.join(missing)}."
            " Install idolens again.",
        )
    return None


def _open_chat(settings: Settings) -> Engine:
    from idolens.vlm.chat import open_chat

    return open_chat(settings)


def _chat_obstacle(settings: Settings) -> Bilingual | None:
    return _unnamed("chat") if not settings.chat.endpoints else None


def _open_decisions(settings: Settings) -> Engine:
    from idolens.vlm.decisions import open_decisions

    return open_decisions(settings)


def _decisions_obstacle(settings: Settings) -> Bilingual | None:
    return _unnamed("decisions") if not settings.decisions.endpoints else None


def _unnamed(group: str) -> Bilingual:
    return Bilingual(
        zh=f"未指定模型服务器:请在 {group}.endpoints 设置中填写地址。",
        en=f"No model server is named: put its address into {group}.endpoints.",
    )


def _open_glm(settings: Settings) -> Engine:
    from idolens.vlm.glm.engine import open_glm

    return open_glm(settings)


def _glm_obstacle(settings: Settings) -> Bilingual | None:
    from idolens.vlm.glm.obstacle import obstacle

    return obstacle(settings)


ENGINES: dict[str, EngineEntry] = {
    "embedded": EngineEntry(
        name="embedded",
        title=Bilingual(
            zh="内置模型 idolens-tiny:由本项目用绘制场景训练的小型 GLM-4V,用于演示",
            en="idolens-tiny, built in: a small GLM-4V of our own, trained on drawn"
            " scenes, for demonstration",
        ),
        runs_on=Bilingual(zh="任意 CPU,无需显卡", en="any CPU, no graphics card"),
        obstacle=_embedded_obstacle,
        open=_open_embedded,
    ),
    "glm": EngineEntry(
        name="glm",
        title=Bilingual(
            zh="GLM-4.6V-Flash(或任意 Glm4v 模型),在本进程内运行",
            en="GLM-4.6V-Flash, or any Glm4v checkpoint, in this process",
        ),
        runs_on=Bilingual(
            zh="一张显卡:24 GB 显存,量化后 8–12 GB;小模型可用 CPU",
            en="one graphics card of 24 GB, or 8 to 12 GB with rounded weights;"
            " small models on any CPU",
        ),
        obstacle=_glm_obstacle,
        open=_open_glm,
    ),
    "chat": EngineEntry(
        name="chat",
        title=Bilingual(
            zh="兼容 OpenAI 聊天接口的服务器:vLLM、SGLang、llama.cpp、LMDeploy、"
            "transformers serve、智谱,一台或多台",
            en="servers that speak OpenAI's chat protocol: vLLM, SGLang, llama.cpp,"
            " LMDeploy, transformers serve, Zhipu; one or many",
        ),
        runs_on=Bilingual(
            zh="另一台或多台机器,通过 HTTP", en="other machines, over HTTP"
        ),
        obstacle=_chat_obstacle,
        open=_open_chat,
    ),
    "decisions": EngineEntry(
        name="decisions",
        title=Bilingual(
            zh="按类型提问的服务器(/v1/decisions、/v1/systemone):SGLang、vLLM、"
            "另一台 idolens;只答封闭式问题",
            en="servers that answer typed questions (/v1/decisions, /v1/systemone):"
            " SGLang, vLLM, another idolens; closed questions only",
        ),
        runs_on=Bilingual(
            zh="另一台或多台机器,通过 HTTP", en="other machines, over HTTP"
        ),
        obstacle=_decisions_obstacle,
        open=_open_decisions,
    ),
}
"""Engine name → what it is. Only engines that exist are listed."""
