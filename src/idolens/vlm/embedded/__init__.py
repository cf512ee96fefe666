"""The embedded engine: a Glm4v checkpoint as three ONNX graphs, on any processor.

Takes a model folder (see checkpoint.py for the files), gives an `Engine`.
Knows no torch and no transformers, no policy and no file but those of its model.
"""

from idolens.vlm.embedded.checkpoint import missing_from
from idolens.vlm.embedded.engine import EmbeddedEngine, model_folder, open_embedded

__all__ = ["EmbeddedEngine", "missing_from", "model_folder", "open_embedded"]
