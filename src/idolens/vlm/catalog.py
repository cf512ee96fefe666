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
}
"""Engine name → what it is. Only engines that exist are listed."""
