"""A checkpoint that can't work says so at start-up, in both languages."""

import json
import shutil
from pathlib import Path

import pytest

from idolens.errors import EngineError
from idolens.settings import GlmSettings, HubSettings, Settings
from idolens.vlm.catalog import ENGINES, open_engine
from idolens.vlm.model_files import SHIPPED, shipped_folder
from tests.vlm.asking import picture, questions

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch")

from idolens.vlm.glm.engine import GlmEngine  # noqa: E402
from idolens.vlm.glm.loading import rounding  # noqa: E402
from idolens.vlm.glm.machine import choose_machine  # noqa: E402
from idolens.vlm.glm.options import Options  # noqa: E402
from idolens.vlm.glm.weights import find_model  # noqa: E402
from tests.vlm import tiny_glm  # noqa: E402

WEIGHTS = "model.safetensors"


@pytest.fixture
def folder(random_checkpoint: Path, tmp_path: Path) -> Path:
    there = tmp_path / "model"
    return Path(shutil.copytree(random_checkpoint, there))


@pytest.fixture
def sharded(folder: Path) -> Path:
    """The same weights in several files."""
    (folder / WEIGHTS).unlink()
    generation = (folder / "generation_config.json").read_bytes()
    tiny_glm.model().save_pretrained(folder, max_shard_size="150KB")
    (folder / "generation_config.json").write_bytes(generation)
    assert len(list(folder.glob("*.safetensors"))) > 2
    return folder


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", WEIGHTS, "chat_template.jinja"]
)
def test_a_missing_file_is_named(folder, name):
    """The message says which file."""
    (folder / name).unlink()

    _fails(folder, name)


@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer.json", WEIGHTS, "decision.json"]
)
def test_a_corrupt_file_is_named(folder, name):
    """Half a download is not mistaken for a model."""
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 3])

    _fails(folder, name)


def test_weights_that_are_none(folder):
    """A page of HTML in the place of the weights is not loaded."""
    (folder / WEIGHTS).write_text("<html>404</html>" * 1000)

    _fails(folder, WEIGHTS, "safetensors")


def test_a_missing_shard_is_named(sharded):
    """Every file that the index names must be there."""
    gone = sorted(sharded.glob("*.safetensors"))[1]
    gone.unlink()

    _fails(sharded, gone.name, "pull")


def test_shards_are_one_model(sharded, random_glm):
    """Weights in many files answer as weights in one."""
    engine = GlmEngine(sharded, least_mass=0.0)

    for mine, theirs in zip(
        engine.answer([picture()], questions())[0],
        random_glm.answer([picture()], questions())[0],
        strict=True,
    ):
        assert mine.options == pytest.approx(theirs.options, abs=1e-6)
        assert mine.raw == theirs.raw
    engine.close()


def test_another_architecture(folder):
    """A model of another family is refused by name."""
    _edit(folder, "config.json", {"architectures": ["LlamaForCausalLM"]})

    _fails(folder, "LlamaForCausalLM")


def test_weights_that_lack_a_layer(folder):
    """What is not in the weights is not made up."""
    tensors = safetensors.load_file(folder / WEIGHTS)
    del tensors["lm_head.weight"]
    safetensors.save_file(tensors, folder / WEIGHTS, {"format": "pt"})

    _fails(folder, "lm_head.weight")


def test_weights_that_are_no_numbers(folder):
    """A checkpoint that computes NaN is refused, not served."""
    tensors = safetensors.load_file(folder / WEIGHTS)
    for name, tensor in tensors.items():
        if "language_model.layers.0" in name:
            tensor.fill_(float("nan"))
    safetensors.save_file(tensors, folder / WEIGHTS, {"format": "pt"})

    _fails(folder, "not a number")


def test_weights_that_do_not_look(folder):
    """A tower that gives nothing of the picture is noticed: answers would be blind."""
    tensors = safetensors.load_file(folder / WEIGHTS)
    for name, tensor in tensors.items():
        if "visual.merger" in name:
            tensor.zero_()
    safetensors.save_file(tensors, folder / WEIGHTS, {"format": "pt"})

    _fails(folder, "look the same")


def test_the_wrong_tokenizer(folder):
    """A picture token that the tokenizer calls otherwise is refused."""
    _edit(folder, "config.json", {"image_token_id": 3})

    _fails(folder, "<|image|>")


def test_a_label_of_two_tokens(folder):
    """A tokenizer without 无法判断 as one token can't be read."""
    _replace(folder, "tokenizer.json", '"无法判断"', '"无法判断了"')

    _fails(folder, "无法判断")


def test_a_blind_template(folder):
    """A template that leaves the picture out is refused."""
    _replace(folder, "chat_template.jinja", "<|image|>", "")

    _fails(folder, "chat_template.jinja")


def test_a_template_that_goes_on_thinking(folder):
    """Labels are read where the reply begins, so thinking must be off there."""
    _replace(folder, "chat_template.jinja", "<think></think>", "")

    _fails(folder, "thinking")


def test_wrong_picture_tokens(folder):
    """A tower that merges otherwise than the processor says is noticed."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    _edit(
        folder,
        "preprocessor_config.json",
        {"merge_size": 2 * config["vision_config"]["spatial_merge_size"]},
    )

    _fails(folder, "start-up check")


def test_a_model_that_talks_past_the_question(folder):
    """A model in earnest must want to say the labels; a demonstration may not."""
    tensors = safetensors.load_file(folder / WEIGHTS)
    ids = [tiny_glm.tokenizer().token_to_id(label) for label in tiny_glm.LABELS]
    tensors["lm_head.weight"][ids] = 0.0
    tensors["lm_head.weight"] *= 3
    safetensors.save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    GlmEngine(folder).close()

    _edit(folder, "decision.json", {"demonstration": False})

    _fails(folder, "yes or no")


def test_an_unknown_device(folder):
    """The message names the setting."""
    with pytest.raises(EngineError, match=r"glm\.device"):
        GlmEngine(folder, Options(device="gpu7"))


def test_numbers_that_need_a_package():
    """Rounded weights without a package that rounds here say what to install."""
    machine = choose_machine(Options(device="cpu"))

    for there in (set(), {"bitsandbytes"}):  # that one rounds on cards only
        with pytest.raises(EngineError, match="pip install torchao"):
            rounding("int8", machine, lambda name, there=there: name in there or None)


class TestRevision:
    def test_it_changes_with_what_decides(self, folder):
        """Other weights or other calibration, other revision."""
        first = _revision(folder)
        _edit(folder, "decision.json", {"temperature": {"yes_no": 2.0}})
        second = _revision(folder)
        tensors = safetensors.load_file(folder / WEIGHTS)
        tensors["lm_head.weight"] *= 1.5
        safetensors.save_file(tensors, folder / WEIGHTS, {"format": "pt"})

        assert len({first, second, _revision(folder)}) == 3

    def test_a_copy_keeps_it(self, folder, random_glm):
        """It is the content that counts, not the place."""
        assert _revision(folder) == random_glm.model.revision


class TestByName:
    """What the setting `glm.model` may be."""

    def test_a_folder_or_the_shipped_model(self, folder):
        """A path is taken as it is; idolens-tiny comes with idolens."""
        assert find_model(_settings(str(folder))) == folder
        assert find_model(_settings(SHIPPED)) == shipped_folder()

    @pytest.mark.parametrize(
        "name", ["zai-org/GLM-4.6V-Flash", "nowhere", "a/b/c", "../x/y"]
    )
    def test_what_is_not_here_says_how_to_pull_it(self, name, tmp_path):
        """The table of engines and opening say the same."""
        settings = _settings(name, tmp_path)

        obstacle = ENGINES["glm"].obstacle(settings)

        assert obstacle is not None
        assert f"models pull {name}" in obstacle.en
        assert name in obstacle.zh
        with pytest.raises(EngineError, match="models pull"):
            open_engine(settings)

    def test_a_pulled_model(self, folder, tmp_path):
        """A name finds the model on the shelf, and its manifest gives the revision."""
        shelf = tmp_path / "models"
        place = Path(shutil.copytree(folder, shelf / "owner" / "tiny"))
        manifest = {"files": {WEIGHTS: {"size": 1, "sha256": "ab" * 32}}}
        (place / "idolens-model.json").write_text(json.dumps(manifest))
        settings = _settings("owner/tiny", shelf)

        engine = open_engine(settings)

        assert ENGINES["glm"].available(settings)
        assert engine.model.name == "tiny"
        assert engine.model.revision != _revision(folder)
        engine.close()


def _settings(model: str, shelf: Path | None = None) -> Settings:
    return Settings(
        engine="glm", glm=GlmSettings(model=model), hub=HubSettings(folder=shelf)
    )


def _revision(folder: Path) -> str:
    engine = GlmEngine(folder)
    engine.close()
    return engine.model.revision


def _edit(folder: Path, name: str, change: dict[str, object]) -> None:
    content = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(content | change), encoding="utf-8")


def _replace(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def _fails(folder: Path, *words: str) -> None:
    with pytest.raises(EngineError) as raised:
        GlmEngine(folder)
    for word in words:
        assert word in raised.value.within("en")
    assert raised.value.within("zh")
