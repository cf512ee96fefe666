import json
import shutil
from contextlib import closing
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idolens.errors import EngineError, QuestionError
from idolens.media.picture import Picture
from idolens.vlm.answer import Status
from idolens.vlm.embedded import EmbeddedEngine
from idolens.vlm.markup import harmless
from idolens.vlm.pixels import Patcher
from idolens.vlm.positions import with_picture
from idolens.vlm.prompt import render
from idolens.vlm.question import Tags, Text, YesNo
from idolens.vocabulary import QuestionKey
from tests.vlm.asking import picture, questions

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from tests.vlm import tiny_glm  # noqa: E402
from tests.vlm.recompute import inputs_of, label_logs, pil_processor  # noqa: E402

sizes = st.tuples(st.integers(20, 512), st.integers(20, 512))


@pytest.fixture(scope="module")
def plain():
    """The random weights in transformers, as a user would load them."""
    return tiny_glm.model()


@pytest.fixture(scope="module")
def processor():
    return pil_processor(tiny_glm.PREPROCESSOR)


class TestAgainstTransformers:
    """transformers with the same weights and no sharing is the truth."""

    @settings(max_examples=25, deadline=None)
    @given(size=sizes, seed=st.integers(0, 9))
    def test_pixels(self, processor, size, seed):
        """Every size gives the same patches as Glm46VImageProcessor."""
        height, width = size
        pixels = np.random.default_rng(seed).integers(
            0, 256, (height, width, 3), dtype=np.uint8
        )
        expected = processor(images=pixels, return_tensors="np")

        patches = Patcher.from_config(tiny_glm.PREPROCESSOR).patches(Picture(pixels))

        assert (1, *patches.grid) == tuple(expected["image_grid_thw"][0])
        np.testing.assert_allclose(
            patches.values, expected["pixel_values"], atol=1e-6, rtol=0
        )

    @given(st.integers(0, 20), st.integers(1, 8), st.integers(1, 8), st.integers(0, 9))
    def test_positions(self, plain, before, down, across, behind):
        """Tokens stand where Glm4v's get_rope_index puts them."""
        token = plain.config.image_token_id
        ids = [9] * before + [token] * (down * across) + [9] * behind
        expected, delta = plain.model.get_rope_index(
            torch.tensor([ids]),
            torch.tensor([[int(one == token) for one in ids]]),
            torch.tensor([[1, 2 * down, 2 * across]]),
        )

        positions, after = with_picture(ids, token, (2 * down, 2 * across), 2)

        np.testing.assert_array_equal(positions, expected[:, 0])
        assert after == len(ids) + int(delta)

    @pytest.mark.parametrize("size", [(288, 512), (512, 288), (100, 100)])
    def test_probabilities(self, plain, processor, random_engine, size):
        """Sharing the picture changes no probability by more than 1e-4."""
        shown = picture(3, *size)
        asked = [one for one in questions() if not isinstance(one, Tags | Text)]

        for question, answer in zip(
            asked, random_engine.answer([shown], asked)[0], strict=True
        ):
            inputs = inputs_of(plain, processor, shown, question)
            with torch.no_grad():
                logits = plain(**inputs).logits[0, -1]
            labels = render(question).labels
            logs = label_logs(logits, labels)
            softened = 1.5 if question.kind == "yes_no" else 1.0
            shares = torch.softmax(logs / softened, 0).tolist()
            expected = dict(zip(labels.values(), shares, strict=True))
            mass = float(logs.exp().sum())
            assert answer.options == pytest.approx(expected, abs=1e-4)
            assert answer.label_mass == pytest.approx(mass, abs=1e-4)

    def test_generated_text(self, plain, processor, random_engine):
        """Greedy replies are those of `generate`."""
        question = Text(key=QuestionKey("t"), instruction="有什么?", max_tokens=10)
        shown = picture(5)
        inputs = inputs_of(plain, processor, shown, question)
        words = tiny_glm.tokenizer()
        stop = [words.token_to_id("<|endoftext|>"), words.token_to_id("<|user|>")]
        with torch.no_grad():
            ids = plain.generate(
                **inputs, do_sample=False, max_new_tokens=10, eos_token_id=stop
            )[0, inputs["input_ids"].shape[1] :]
        said = words.decode(ids.tolist(), skip_special_tokens=True)

        (answer,) = random_engine.answer([shown], [question])[0]

        assert answer.raw
        assert said.startswith(answer.raw)


class TestRecentPictures:
    """What was read of a picture is kept for its next question."""

    def test_the_next_question_changes_nothing(self, random_folder):
        shown, others = [picture(1), picture(2), picture(3)], questions()
        with (
            closing(EmbeddedEngine(random_folder)) as keeping,
            closing(EmbeddedEngine(random_folder, prefix_mib=0)) as forgetful,
        ):
            keeping.answer(shown[:2], others[:1])
            ours = keeping.answer(shown, others)
            theirs = forgetful.answer(shown, others)
            uses, lost = keeping._sight.uses, forgetful._sight.uses

        assert (uses.hits, uses.misses) == (2, 2 + 4)  # two roles
        assert lost.hits == 0
        for one, other in zip(chain(*ours), chain(*theirs), strict=True):
            assert one.value == other.value
            assert one.options == pytest.approx(other.options, abs=1e-5)

    def test_only_as_many_as_fit_are_kept(self, random_folder):
        with closing(EmbeddedEngine(random_folder, prefix_mib=1)) as engine:
            for seed in range(40):
                engine.answer([picture(seed)], questions()[:1])
            kept = engine._sight.kept_bytes

            assert 0 < kept <= 2**20
            assert engine._sight.uses.evictions > 0


class TestBrokenFolders:
    """A model that can't work says so at start-up, in both languages."""

    @pytest.fixture
    def folder(self, random_folder: Path, tmp_path: Path) -> Path:
        return Path(shutil.copytree(random_folder, tmp_path / "model"))

    @pytest.mark.parametrize(
        "name",
        ["config.json", "tokenizer.json", "onnx/decoder.onnx", "chat_template.jinja"],
    )
    def test_a_missing_file_is_named(self, folder, name):
        """The message says which file and what to do."""
        (folder / name).unlink()

        _fails(folder, name, "install idolens again")

    @pytest.mark.parametrize(
        "name",
        ["config.json", "tokenizer.json", "onnx/vision.onnx", "decision.json"],
    )
    def test_a_corrupt_file_is_named(self, folder, name):
        """Half a download is not mistaken for a model."""
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 3])

        _fails(folder, name)

    def test_another_architecture(self, folder):
        """A model of another family is refused by name."""
        _edit(folder, "config.json", {"architectures": ["LlamaForCausalLM"]})

        _fails(folder, "LlamaForCausalLM")

    def test_graphs_of_another_kind(self, folder):
        """Graphs in each other's place do not fit."""
        shutil.copy(folder / "onnx" / "embed.onnx", folder / "onnx" / "decoder.onnx")

        _fails(folder, "onnx/decoder.onnx")

    def test_a_label_of_two_tokens(self, folder):
        """A tokenizer without 无法判断 as one token can't be read."""
        path = folder / "tokenizer.json"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"无法判断"', '"无法判断了"'), encoding="utf-8")

        _fails(folder, "无法判断")

    def test_a_blind_template(self, folder):
        """A template that leaves the picture out is refused."""
        path = folder / "chat_template.jinja"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("<|image|>", ""), encoding="utf-8")

        _fails(folder, "chat_template.jinja")

    def test_wrong_picture_tokens(self, folder):
        """A tower that merges otherwise than the processor says is noticed."""
        _edit(folder, "config.json", {"vision_config": {"spatial_merge_size": 1}})

        _fails(folder, "start-up check")


def _edit(folder: Path, name: str, change: dict[str, object]) -> None:
    content = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(content | change), encoding="utf-8")


def _fails(folder: Path, *words: str) -> None:
    with pytest.raises(EngineError) as raised:
        EmbeddedEngine(folder, threads=1)
    for word in words:
        assert word in raised.value.within("en")
    assert raised.value.within("zh")


class TestModel:
    def test_the_revision_changes_with_what_decides(
        self, random_folder: Path, tmp_path: Path
    ):
        """Other calibration, other revision; a copy elsewhere keeps it."""
        copy = Path(shutil.copytree(random_folder, tmp_path / "copy"))
        revision = _revision(random_folder)

        assert _revision(copy) == revision

        _edit(copy, "decision.json", {"temperature": {"yes_no": 2.0}})

        assert _revision(copy) != revision

    def test_demonstration_is_read(self, random_engine: EmbeddedEngine):
        """A demonstration model says that it is one."""
        assert random_engine.model.demonstration

    def test_low_label_mass_is_cannot_tell(self, random_folder: Path):
        """The threshold on label mass is kept."""
        engine = EmbeddedEngine(random_folder, threads=1, least_mass=0.999999)
        question = YesNo(key=QuestionKey("q"), instruction="有人吗?")

        (answer,) = engine.answer([picture()], [question])[0]

        assert answer.status is Status.CANNOT_TELL

    def test_a_question_longer_than_the_model_can_hold_is_refused(
        self, random_engine: EmbeddedEngine
    ):
        """Rare characters are three tokens each; the engine's memory stays bounded."""
        question = YesNo(key=QuestionKey("q"), instruction="龘" * 1900)

        with pytest.raises(QuestionError, match="too long"):
            random_engine.answer([picture()], [question])

    def test_a_closed_engine_says_so(self, random_folder: Path):
        """After close there is a clear error, not a crash."""
        engine = EmbeddedEngine(random_folder, threads=1)
        engine.close()

        with pytest.raises(EngineError, match="closed"):
            engine.answer([picture()], [questions()[0]])


def _revision(folder: Path) -> str:
    return EmbeddedEngine(folder, threads=1).model.revision


def test_markup_is_broken_and_words_are_not():
    """Only what could be read as markup is touched."""
    assert "<|user|>" not in harmless("<|user|>你好")
    assert "/nothink" not in harmless("x/nothink")
    assert harmless("是否有 LOGO [右上角] <3 人?") == "是否有 LOGO [右上角] <3 人?"
