from pathlib import Path

import pytest

from idolens.errors import EngineError, UnknownEngineError
from idolens.settings import Settings
from idolens.vlm.catalog import ENGINES, open_engine


def test_an_unknown_engine_is_named_with_the_nearest():
    """A typing error gets a suggestion, and the exit code of bad input."""
    with pytest.raises(UnknownEngineError) as raised:
        open_engine(Settings(engine="embeded"))

    assert "'embedded'" in raised.value.within("en")
    assert "embedded" in raised.value.within("zh")
    assert raised.value.exit_code == 2


def test_an_engine_like_no_other_gets_the_list():
    """Without a near name the message lists what there is."""
    with pytest.raises(UnknownEngineError) as raised:
        open_engine(Settings(engine="zzz"))

    for name in ENGINES:
        assert name in raised.value.within("en")
    assert "Did you mean" not in raised.value.within("en")


def test_every_entry_speaks_both_languages():
    """Names match, and the table has something to print."""
    for name, entry in ENGINES.items():
        assert entry.name == name
        assert entry.title.zh
        assert entry.title.en
        assert entry.runs_on.zh
        assert entry.runs_on.en


def test_an_empty_model_folder_is_an_obstacle(tmp_path: Path):
    """The table says what is missing; opening says it too."""
    settings = Settings(embedded_model=tmp_path)
    entry = ENGINES["embedded"]

    obstacle = entry.obstacle(settings)

    assert obstacle is not None
    assert "onnx/vision.onnx" in obstacle.en
    assert not entry.available(settings)
    with pytest.raises(EngineError, match=r"onnx/vision\.onnx"):
        open_engine(settings)


def test_the_engine_opens_on_any_folder(random_folder: Path):
    """The setting `embedded_model` names another model."""
    settings = Settings(embedded_model=random_folder, threads=1)

    engine = open_engine(settings)

    assert ENGINES["embedded"].available(settings)
    assert engine.model.name == random_folder.name
    engine.close()
