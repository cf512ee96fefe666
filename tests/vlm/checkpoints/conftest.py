import json
import random
from collections.abc import Iterator

import pytest
import stamina

from idolens.vlm.checkpoints import Shelf
from tests.vlm.checkpoints.stub_hub import Hub, serving


@pytest.fixture(autouse=True)
def quick_tries() -> Iterator[None]:
    """Tries follow each other at once; there are never more than three."""
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(autouse=True)
def nobody(monkeypatch) -> None:
    """No token of whoever runs the tests."""
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", "/nowhere")
    monkeypatch.delenv("HF_TOKEN", raising=False)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub with a small made model in two weight files."""
    noise = random.Random(7)  # noqa: S311
    shards = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    index = {"weight_map": {f"layer.{n}": shard for n, shard in enumerate(shards)}}
    files = {
        "config.json": b'{"architectures": ["Glm4vForConditionalGeneration"]}',
        "model.safetensors.index.json": json.dumps(index).encode(),
        shards[0]: noise.randbytes(300_000),
        shards[1]: noise.randbytes(200_000),
        "onnx/decoder.onnx": noise.randbytes(50_000),
        "empty.txt": b"",
        "LICENSE": b"MIT",
        "pytorch_model.bin": b"a pickle",
        "modeling_glm.py": b"import os",
        ".gitattributes": b"*.safetensors lfs",
    }
    with serving(Hub(files)) as serving_hub:
        yield serving_hub


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    """A shelf with nothing on it."""
    return Shelf(tmp_path / "models")


@pytest.fixture
def store(hub) -> Iterator[Hub]:
    """The hub's store of large files, at an address of its own."""
    with serving(Hub(hub.files)) as store:
        yield store
