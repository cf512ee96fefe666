"""A loaded Glm4v as four steps: look, embed, read, and the words that may follow.

The decoder takes a mask and positions of our own: that is what lets many questions
stand behind one picture (see packs.py).
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor

from idolens.errors import EngineError
from idolens.vlm.glm.decoder import Decoder
from idolens.vlm.glm.kv import Shape, Workspace
from idolens.vlm.glm.machine import Machine
from idolens.vlm.glm.stages import Stages
from idolens.vlm.pixels import Grid

_COMPILED_COLUMNS = 64
_COMPILED_ROOM = 256


class Network:
    """The four steps; they belong to one thread at a time.

    Args:
        model: a Glm4vForConditionalGeneration of transformers.
        machine: where it is.
        compiled: compile the decoder; columns then come in buckets.
    """

    def __init__(self, model: Any, machine: Machine, *, compiled: bool = False) -> None:
        self._model: Any = model
        self.machine = machine
        self.stages = Stages(machine)
        self.columns_bucket = _COMPILED_COLUMNS if compiled else 1
        self.room_bucket = _COMPILED_ROOM if compiled else 1
        text = model.config.text_config
        self.words = int(text.vocab_size)
        self.longest = int(text.max_position_embeddings)
        self.shape = Shape(
            layers=int(text.num_hidden_layers),
            heads=int(text.num_key_value_heads),
            size=int(text.hidden_size // text.num_attention_heads),
            dtype=machine.dtype,
            device=machine.device,
        )
        self._decoder: Any = Decoder(
            model.model.language_model, shared=not machine.fast
        )
        self._compiled: Any = None
        if compiled:
            self._compiled = cast("Any", torch).compile(
                self._decoder.read, dynamic=False
            )

    def close(self) -> None:
        """Let go of the weights."""
        self._model = self._decoder = self._compiled = None
        self.machine.free()

    def tensor(self, values: NDArray[Any]) -> Tensor:
        """Bring an array to the device."""
        return torch.tensor(values, device=self.machine.device)

    @torch.inference_mode()
    def look(self, patches: Tensor, grids: Sequence[Grid]) -> Tensor:
        """Encode the patches of some pictures; gives [tokens, hidden]."""
        shapes = torch.tensor([(1, *grid) for grid in grids])
        seen: Any = self._open().model.visual(
            patches.to(self.machine.dtype), grid_thw=shapes.to(self.machine.device)
        )
        return seen.pooler_output

    @torch.inference_mode()
    def embed(self, ids: Tensor) -> Tensor:
        """Embed ids [batch, length]; gives [batch, length, hidden]."""
        return self._open().model.language_model.embed_tokens(ids)

    @torch.inference_mode()
    def read(
        self,
        embeddings: Tensor,
        positions: Tensor,
        mask: Tensor | None,
        space: Workspace,
        at: Tensor,
    ) -> Tensor:
        """Read tokens behind what is in ``space``; gives [batch, wanted, hidden].

        Args:
            embeddings: [batch, length, hidden].
            positions: i64 [3, batch, length].
            mask: bool [length, columns]; None where each token sees all before it,
                and nothing is in ``space`` yet.
            space: takes the new keys and values; it must have been extended.
            at: i64 [wanted]; the columns whose next word is wanted.
        """
        self._open()
        return self._decoder.read(embeddings, positions, mask, space, at)

    @torch.inference_mode()
    def read_line(
        self,
        embeddings: Tensor,
        positions: Tensor,
        mask: Tensor,
        space: Workspace,
        at: Tensor,
    ) -> Tensor:
        """Read a line of questions: as `read`, and compiled where that is wished."""
        self._open()
        if self._compiled is None:
            return self._decoder.read(embeddings, positions, mask, space, at)
        # How many are wanted changes from line to line, and each shape is compiled.
        return self._compiled(embeddings, positions, mask, space)[:, at]

    @torch.inference_mode()
    def logs(self, hidden: Tensor) -> Tensor:
        """Return the log-probabilities f32 [..., words] of the word that follows."""
        return torch.log_softmax(self.logits(hidden), -1)

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """Return the logits f32 [..., words] of the word that follows."""
        return self._open().lm_head(hidden).float()

    def _open(self) -> Any:
        if self._model is None:
            raise EngineError(
                "The engine has been closed: open it again.",
                "引擎已关闭:请重新打开。",
            )
        return self._model
