"""Why the engine can't be used here, told without loading torch."""

from importlib.util import find_spec

from idolens.errors import IdolensError
from idolens.settings import Settings
from idolens.vlm.glm.weights import find_model, weight_files
from idolens.vlm.model_files import missing_from
from idolens.vocabulary import Bilingual


def obstacle(settings: Settings) -> Bilingual | None:
    """Return why the engine can't be opened, or None when it can."""
    for module in ("torch", "transformers"):
        if find_spec(module) is None:
            return Bilingual(
                zh=f"缺少 Python 包 {module}:请运行 `pip install 'idolens[glm]'`。",
                en=f"The Python package {module} is missing: run"
                " `pip install 'idolens[glm]'`.",
            )
    try:
        folder = find_model(settings)
        lacking = missing_from(folder, weight_files(folder))
    except IdolensError as error:
        return error.words
    if lacking:
        return Bilingual(
            zh=f"模型文件缺失:{'、'.join(lacking)}。请重新下载模型。",
            en=f"Files of the model are missing: {', '.join(lacking)}."
            " Pull the model again.",
        )
    return None
