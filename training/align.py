"""Let words begin where the tower already means them.

A classification head of stage one holds a direction per word in the very space of the
picture tokens. Put into the word's embedding, matching a picture with a word is a dot
product from the first step on, instead of something to be found by chance.
"""

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training.pictures import classes
from training.scenes import ATTRIBUTES, CANNOT_TELL
from training.words import CHINESE, ENGLISH, ENGLISH_ALSO


def directions(heads: dict[str, Tensor]) -> dict[str, Tensor]:
    """A direction per option word, from the head over the mean of all tokens."""
    found: dict[str, Tensor] = {}
    for number, key in enumerate(ATTRIBUTES):
        words = classes(key)
        weight = heads["whole.weight"][number, :, : len(words)]
        weight = weight * heads["whole.norm.weight"][:, None]
        weight = weight - weight.mean(1, keepdim=True)
        for place, word in enumerate(words):
            if word != CANNOT_TELL:
                unit = weight[:, place] / weight[:, place].norm()
                found[word] = found.get(word, torch.zeros_like(unit)) + unit
    return found


def aligned(
    embedding: Tensor, heads: dict[str, Tensor], words: PreTrainedTokenizerFast
) -> Tensor:
    """The embedding with every name of an option turned to its direction."""
    result = embedding.clone()
    length = embedding.norm(dim=1).mean()
    turned: dict[int, Tensor] = {}
    for word, direction in directions(heads).items():
        english = (ENGLISH[word], ENGLISH_ALSO.get(word, ENGLISH[word]))
        for name in (*CHINESE[word], *english):
            ids = words.encode(name, add_special_tokens=False)
            if len(ids) == 1:
                turned[ids[0]] = turned.get(ids[0], 0) + direction
    for token, direction in turned.items():
        unit = direction / direction.norm()
        result[token] = length * unit + 0.3 * embedding[token]
    return result
