"""What is shipped computes what was trained, in transformers and in ONNX alike."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("skia")

import onnxruntime as ort  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import (  # noqa: E402
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoTokenizer,
)

from idolens.vlm.prompt import render  # noqa: E402
from training.configs import text_config, vision_config  # noqa: E402
from training.export import export  # noqa: E402
from training.packing import Asked, packed, rows_of, tokenizer  # noqa: E402
from training.pictures import full_batch  # noqa: E402
from training.read import Reading, asked_tensors, load, see  # noqa: E402
from training.tower import normalised  # noqa: E402

SIZES = ((512, 512), (640, 360), (90, 160), (224, 224))
SHIPPED = Path(__file__).parents[2] / "src/idolens/vlm/models/idolens-tiny"
Array = npt.NDArray[np.float32]


@dataclass
class Exported:
    """A folder as a user finds it."""

    folder: Path

    def auto(self, dtype: str) -> torch.nn.Module:
        """The model by transformers' own class."""
        load = AutoModelForImageTextToText.from_pretrained
        return load(self.folder, dtype=dtype).eval()

    def session(self, name: str) -> ort.InferenceSession:
        """One graph."""
        path = self.folder / "onnx" / f"{name}.onnx"
        return ort.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def model() -> Reading:
    """Untrained weights with some life in them."""
    torch.manual_seed(3)
    return Reading(vision_config(), text_config(len(tokenizer()))).eval()


@pytest.fixture(scope="module", params=["fresh", "shipped"])
def exported(
    request: pytest.FixtureRequest,
    model: Reading,
    tmp_path_factory: pytest.TempPathFactory,
) -> Exported:
    """A fresh export, and the files in the repository."""
    if request.param == "shipped":
        return Exported(SHIPPED)
    folder = tmp_path_factory.mktemp("model")
    export(model, folder)
    return Exported(folder)


def picture(width: int, height: int) -> Image.Image:
    """Noise, the same each time."""
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3))
    return Image.fromarray(pixels.astype(np.uint8))


def prompt_ids(exported: Exported, text: str, tokens: int) -> list[int]:
    """A whole prompt by the shipped template."""
    words = AutoTokenizer.from_pretrained(exported.folder)
    content = [{"type": "image"}, {"type": "text", "text": text}]
    whole = words.apply_chat_template(
        [
            {"role": "system", "content": "你是审核员。"},
            {"role": "user", "content": content},
        ],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,
    )
    whole = whole.replace("<|image|>", "<|image|>" * tokens)
    return words.encode(whole, add_special_tokens=False)


def by_transformers(
    exported: Exported, dtype: str, size: tuple[int, int], text: str
) -> tuple[Array, list[int], Array, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Log-probabilities of the next token at every place, and what went in."""
    processor = AutoImageProcessor.from_pretrained(exported.folder)
    seen = processor(images=picture(*size), return_tensors="pt")
    grid = seen["image_grid_thw"]
    whole = exported.auto(dtype)
    ids = prompt_ids(exported, text, int(grid[0].prod()) // 4)
    given = torch.tensor([ids])
    kinds = (given == whole.config.image_token_id).int()
    with torch.no_grad():
        places, _ = whole.model.get_rope_index(
            given, mm_token_type_ids=kinds, image_grid_thw=grid
        )
        logits = whole(
            input_ids=given,
            pixel_values=seen["pixel_values"],
            image_grid_thw=grid,
            mm_token_type_ids=kinds,
        ).logits
    return (
        logits.float().log_softmax(-1)[0].numpy(),
        ids,
        seen["pixel_values"].numpy(),
        grid.numpy(),
        places.numpy(),
    )


def empty_past(decoder: ort.InferenceSession, batch: int) -> dict[str, Array]:
    """No past at all."""
    return {
        given.name: np.zeros((batch, given.shape[1], 0, given.shape[3]), np.float32)
        for given in decoder.get_inputs()
        if given.name.startswith("past")
    }


def log_softmax(logits: Array) -> Array:
    """Over the vocabulary."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "within"), [("float32", 1e-4), ("bfloat16", None)])
def test_graphs_give_the_same_logits(
    exported: Exported, size: tuple[int, int], dtype: str, within: float | None
) -> None:
    """Prefix and padded suffixes with a shared past equal one whole forward."""
    texts = ["是否穿着汉服?\n只回答:是、否 或 无法判断。", "发色"]
    decoder, embed = exported.session("decoder"), exported.session("embed")
    wanted, ids, pixels, grid, places = by_transformers(exported, dtype, size, texts[0])
    other, other_ids, _, _, other_places = by_transformers(
        exported, dtype, size, texts[1]
    )
    (tokens,) = exported.session("vision").run(
        None, {"pixel_values": pixels, "grid_thw": grid}
    )
    image = exported.auto(dtype).config.image_token_id
    end = len(ids) - ids[::-1].index(image) + 1
    (x,) = embed.run(None, {"input_ids": np.array([ids[:end]])})
    x[0, np.array(ids[:end]) == image] = tokens
    feeds = {
        "inputs_embeds": x,
        "attention_mask": np.ones((1, end), np.int64),
        "position_ids": places[:, :, :end],
        **empty_past(decoder, 1),
    }
    first, *prefix = decoder.run(None, feeds | {"at": np.array([end - 1])})
    lengths = [len(ids) - end, len(other_ids) - end]
    longest = max(lengths)
    suffixes = np.zeros((2, longest), np.int64)
    suffixes[0, : lengths[0]] = ids[end:]
    suffixes[1, : lengths[1]] = other_ids[end:]
    mask = np.ones((2, end + longest), np.int64)
    mask[1, end + lengths[1] :] = 0
    steps = np.zeros((3, 2, longest), np.int64)
    steps[:, 0, : lengths[0]] = places[:, 0, end:]
    steps[:, 1, : lengths[1]] = other_places[:, 0, end:]
    names = [given.name for given in decoder.get_inputs() if "past" in given.name]
    (x,) = embed.run(None, {"input_ids": suffixes})
    feeds = {
        "inputs_embeds": x,
        "attention_mask": mask,
        "position_ids": steps,
        **{
            name: np.repeat(past, 2, 0)
            for name, past in zip(names, prefix, strict=True)
        },
    }
    logits = np.concatenate(
        [
            decoder.run(["logits"], feeds | {"at": np.array([place, place])})[0]
            for place in range(longest)
        ],
        axis=1,
    )
    pairs = (
        (log_softmax(first)[0], wanted[end - 1 : end]),
        (log_softmax(logits)[0, : lengths[0]], wanted[end:]),
        (log_softmax(logits)[1, : lengths[1]], other[end:]),
    )
    if within is not None:
        worst = max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
        assert worst <= within
    else:
        last = [(ours[-1], theirs[-1]) for ours, theirs in pairs[1:]]
        worst = max(
            float(np.abs(np.exp(ours) - np.exp(theirs)).max()) for ours, theirs in last
        )
        assert worst <= 1e-2


def test_several_pictures_do_not_see_one_another(exported: Exported) -> None:
    """Two pictures of one size in one call equal two calls."""
    vision = exported.session("vision")
    processor = AutoImageProcessor.from_pretrained(exported.folder)
    seen = [
        processor(images=picture(*size), return_tensors="np")
        for size in ((512, 288), (640, 360))
    ]
    alone = [
        vision.run(
            None,
            {"pixel_values": one["pixel_values"], "grid_thw": one["image_grid_thw"]},
        )[0]
        for one in seen
    ]
    together = vision.run(
        None,
        {
            "pixel_values": np.concatenate([one["pixel_values"] for one in seen]),
            "grid_thw": np.concatenate([one["image_grid_thw"] for one in seen]),
        },
    )[0]

    assert np.abs(np.concatenate(alone) - together).max() <= 1e-4


@pytest.mark.parametrize(
    ("size", "grid"),
    [
        ((512, 512), (16, 16)),
        ((512, 288), (12, 22)),
        ((1280, 720), (12, 22)),
        ((288, 512), (22, 12)),
        ((512, 384), (14, 18)),
        ((112, 112), (16, 16)),
    ],
)
def test_pictures_become_the_sizes_trained_on(
    exported: Exported, size: tuple[int, int], grid: tuple[int, int]
) -> None:
    """The pixel budget leads to 63 to 66 tokens."""
    processor = AutoImageProcessor.from_pretrained(exported.folder)
    seen = processor(images=picture(*size), return_tensors="np")

    assert tuple(seen["image_grid_thw"][0][1:]) == grid


def test_a_shipped_model_goes_on_learning(model: Reading, tmp_path: Path) -> None:
    """What comes back from a shipped folder is what went in, in bf16."""
    export(model, tmp_path)
    back = Reading(model.tower.config, model.reader.config)
    load(back, tmp_path)

    for part in ("tower", "reader"):
        ours, theirs = getattr(model, part), getattr(back, part)
        for name, value in ours.state_dict().items():
            stored = value.to(torch.bfloat16).float()
            assert torch.equal(stored, theirs.state_dict()[name]), name


def test_packed_questions_equal_single_ones(model: Reading, tmp_path: Path) -> None:
    """A question's logits do not depend on what is packed beside it."""
    chance = random.Random(5)  # noqa: S311
    pictures = full_batch(chance, 1)
    asked = Asked(pictures, packed(rows_of(pictures.truths, chance), chance))
    export(model, tmp_path)
    whole = Exported(tmp_path).auto("float32")
    words = AutoTokenizer.from_pretrained(tmp_path)
    reading = model
    state = {
        name: value.to(torch.bfloat16).float()
        for name, value in model.state_dict().items()
    }
    reading.load_state_dict(state)
    fields = asked_tensors(asked, torch.device("cpu"))
    with torch.no_grad():
        tokens = see(reading, asked, reading.tower)
        ours, _ = reading.reader(tokens, *fields[:5], reading.where(pictures.grid))
    pixels = normalised(torch.from_numpy(pictures.patches[0])).view(-1, 3, 1, 196)
    pixels = pixels.expand(-1, -1, 2, -1).reshape(-1, 1176)
    for spot, ask in asked.questions.labels[0][:6]:
        prompt = render(ask.question)
        content = [{"type": "image"}, {"type": "text", "text": prompt.text}]
        text = words.apply_chat_template(
            [
                {"role": "system", "content": prompt.role},
                {"role": "user", "content": content},
            ],
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
        ).replace("<|image|>", "<|image|>" * tokens.shape[1])
        ids = torch.tensor([words.encode(text, add_special_tokens=False)])
        with torch.no_grad():
            single = whole(
                input_ids=ids,
                pixel_values=pixels,
                image_grid_thw=torch.tensor([[1, *pictures.grid]]),
                mm_token_type_ids=(ids == whole.config.image_token_id).int(),
            ).logits[0, -1]
        assert (single - ours[0, spot]).abs().max() <= 1e-4


@pytest.mark.parametrize("text", ["你好世界 héllo 🎤\n  双马尾,穿着龍", "A.B\tC"])
def test_any_text_survives_the_tokenizer(exported: Exported, text: str) -> None:
    """Characters and bytes stand in where no word is known."""
    words = AutoTokenizer.from_pretrained(exported.folder)

    assert words.decode(words.encode(text, add_special_tokens=False)) == text


@pytest.mark.parametrize(
    "label", ["是", "否", "无法判断", "Yes", "No", "Unclear", *"ABCXYZ0189"]
)
def test_labels_are_one_token(exported: Exported, label: str) -> None:
    """Closed questions are read from one place."""
    words = AutoTokenizer.from_pretrained(exported.folder)

    assert len(words.encode(label, add_special_tokens=False)) == 1
    reply = words.encode("</think>" + label, add_special_tokens=False)
    assert reply[1:] == words.encode(label, add_special_tokens=False)
