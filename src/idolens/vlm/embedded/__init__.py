"""The embedded engine: a Glm4v checkpoint as three ONNX graphs, on any processor.

Takes a model folder (see vlm/model_files.py and checkpoint.py), gives an `Engine`.
Knows no torch and no transformers, no policy and no file but those of its model.
"""

from idolens.vlm.embedded.checkpoint import missing_from_folder
from idolens.vlm.embedded.engine import EmbeddedEngine, model_folder, open_embedded

__all__ = ["EmbeddedEngine", "missing_from_folder", "model_folder", "open_embedded"]
