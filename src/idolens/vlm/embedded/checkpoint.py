"""The three graphs in a model folder, beside what every engine reads there."""

import hashlib
from pathlib import Path

from idolens.vlm.model_files import missing_from, revision_of

VISION = "onnx/vision.onnx"
EMBED = "onnx/embed.onnx"
DECODER = "onnx/decoder.onnx"
GRAPHS = (VISION, EMBED, DECODER)


def missing_from_folder(folder: Path) -> list[str]:
    """Return the files that the embedded engine needs and ``folder`` has not."""
    return missing_from(folder, GRAPHS)


def revision(folder: Path) -> str:
    """Hash what decides an answer: weights, words, pixels and calibration."""
    weights: dict[str, bytes] = {}
    for path in (folder / "onnx").rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            weights[path.relative_to(folder).as_posix()] = digest
    return revision_of(folder, weights)
