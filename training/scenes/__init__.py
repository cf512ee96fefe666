"""Draws virtual-idol scenes from a seed, and knows the truth of each.

Takes a seed and a size; gives pixels, truths and where their evidence stands.
Must not know how a question is worded, or that there is a model.
"""

from training.scenes.picture import Drawing, draw
from training.scenes.scene import HELD_OUT, Scene, sample
from training.scenes.vocabulary import ATTRIBUTES, CANNOT_TELL

__all__ = [
    "ATTRIBUTES",
    "CANNOT_TELL",
    "HELD_OUT",
    "Drawing",
    "Scene",
    "draw",
    "sample",
]
