"""The shelf of pulled models: what it lists, how it finds damage, what rm leaves."""

import json
import shutil

import pytest

from idolens.errors import NotFoundError
from idolens.settings import HubSettings, Settings
from idolens.vlm.checkpoints import Damage, open_hub, open_shelf, pull
from idolens.vlm.checkpoints.hub import Address
from idolens.vlm.checkpoints.shelf import MANIFEST
from tests.vlm.checkpoints.stub_hub import NAME


@pytest.fixture
def pulled(shelf, hub):
    pull(shelf, open_hub("huggingface", Address(hub.url)), NAME)
    return shelf


def test_shelf_without_a_folder_is_empty(shelf):
    """Looking makes nothing on the disk."""
    assert shelf.models() == []
    assert shelf.unfinished() == {}
    assert shelf.find(NAME) is None
    assert not shelf.folder.exists()


def test_shelf_stands_where_the_settings_say(tmp_path):
    """In home by default; elsewhere when a studio keeps models on another disk."""
    home, other = tmp_path / "home", tmp_path / "big"

    assert open_shelf(Settings(home=home)).folder == home / "models"
    assert open_shelf(Settings(hub=HubSettings(folder=other))).folder == other


def test_every_damage_is_found(pulled):
    """A changed byte, a shorter file and a missing file, each by its path."""
    place = pulled.place(NAME)
    config = place / "config.json"
    config.write_bytes(config.read_bytes().replace(b"Glm4v", b"Glm5v"))
    decoder = place / "onnx/decoder.onnx"
    decoder.write_bytes(decoder.read_bytes()[:-1])
    (place / "LICENSE").unlink()

    assert pulled.verify(NAME) == [
        Damage("LICENSE", "missing"),
        Damage("config.json", "changed"),
        Damage("onnx/decoder.onnx", "changed"),
    ]


def test_shard_that_only_the_index_names_is_missing(pulled):
    """An index that asks for more weights than were pulled is damage too."""
    place = pulled.place(NAME)
    index = place / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"x": "model-3.safetensors"}}))

    assert Damage("model-3.safetensors", "missing") in pulled.verify(NAME)


@pytest.mark.parametrize("name", ["studio/little-gml", "Studio/Little"])
def test_mistyped_name_is_answered_with_the_one_meant(pulled, name):
    """The error names the model that is like it."""
    with pytest.raises(NotFoundError, match=f"Did you mean {NAME}"):
        pulled.get(name)


def test_case_does_not_matter(pulled):
    """A name is found however its letters are written."""
    assert pulled.get(NAME.upper()).name == NAME


def test_removed_model_leaves_nothing(pulled):
    """After rm there is no file, no empty folder and no entry."""
    size = pulled.get(NAME).size

    freed = pulled.remove(NAME)

    assert freed >= size
    assert pulled.models() == []
    assert not pulled.place(NAME).parent.exists()
    with pytest.raises(NotFoundError):
        pulled.remove(NAME)


def test_unfinished_pull_can_be_removed(shelf):
    """What came of a pull that nobody wants to finish is deleted by the same word."""
    gathering = shelf.partial(NAME) / "abc"
    gathering.mkdir(parents=True)
    (gathering / "x.part").write_bytes(b"12345")
    assert shelf.unfinished() == {NAME: 5}

    assert shelf.remove(NAME) == 5
    assert shelf.unfinished() == {}


def test_unfinished_update_and_its_model_go_together(pulled):
    """rm of a model with an update on its way frees both."""
    gathering = pulled.partial(NAME) / "abc"
    gathering.mkdir(parents=True)
    (gathering / "x.part").write_bytes(b"12345")

    pulled.remove(NAME)

    assert pulled.models() == []
    assert pulled.unfinished() == {}


@pytest.mark.parametrize("name", ["../../etc", "..", "a/../..", "/etc/passwd"])
def test_remove_never_leaves_the_shelf(pulled, name, tmp_path):
    """No name reaches what is not a model."""
    (tmp_path / "precious").write_text("x")

    with pytest.raises(NotFoundError):
        pulled.remove(name)

    assert (tmp_path / "precious").exists()


def test_folder_that_was_copied_elsewhere_is_not_listed_twice(pulled):
    """A manifest counts only in the folder it was written for."""
    shutil.copytree(pulled.place(NAME), pulled.folder / "studio/copy")
    (pulled.folder / "studio/broken").mkdir()
    (pulled.folder / "studio/broken" / MANIFEST).write_text("{")

    assert [model.name for model in pulled.models()] == [NAME]
