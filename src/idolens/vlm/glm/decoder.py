"""The words' half of a Glm4v: its layers' weights, with the steps between spelled out.

transformers' own layers compute every column to the end. We want the words behind a few
columns only: so the last layer reads all of them, but goes on with those. Norms are one
operation, keys and queries are turned together, and keys are not copied for each head;
with questions of twenty tokens, it is such small steps that take the time.
"""

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

Turn = tuple[Tensor, Tensor]
"""Cosine and sine [batch, length, 1, half of the turned channels]."""


class Keeper(Protocol):
    """Keeps the keys and values of every layer."""

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Take new ones [batch, heads, length, size]; give all there are."""
        ...


class Decoder:
    """The layers of a Glm4vTextModel.

    Args:
        text: the model of transformers.
        shared: whether attention takes keys that heads share, even beside a mask;
            else they are copied for each head, which a card has faster kernels for.
    """

    def __init__(self, text: Any, *, shared: bool) -> None:
        self._layers = tuple(text.layers)
        self._norm = text.norm
        self._rotary = text.rotary_emb
        self._shared = shared

    def read(
        self,
        embeddings: Tensor,
        positions: Tensor,
        mask: Tensor | None,
        kept: Keeper,
        at: Tensor | None = None,
    ) -> Tensor:
        """Read tokens behind what is kept.

        Args:
            embeddings: [batch, length, hidden].
            positions: i64 [3, batch, length].
            mask: bool [length, columns]; None: each token sees all before it, and
                nothing is kept yet.
            kept: takes the new keys and values.
            at: i64 [wanted]; columns to go on with after the last layer has read all.

        Returns:
            [batch, wanted, hidden]; [batch, length, hidden] without ``at``.
        """
        cosine, sine = self._rotary(embeddings, position_ids=positions)
        turn = cosine[..., None, ::2], sine[..., None, ::2]  # each angle is told twice
        hidden, last = embeddings, len(self._layers) - 1
        for number, layer in enumerate(self._layers):
            queries, keys, values = _projected(
                layer.self_attn, _normed(layer.input_layernorm, hidden), turn
            )
            keys, values = kept.update(keys, values, number)
            if number == last and at is not None:
                hidden, queries = hidden[:, at], queries[:, :, at]
                mask = _before(at, keys.shape[2]) if mask is None else mask[at]
            seen = self._attended(layer.self_attn, queries, keys, values, mask)
            hidden = hidden + _normed(layer.post_self_attn_layernorm, seen)
            thought = layer.mlp(_normed(layer.post_attention_layernorm, hidden))
            hidden = hidden + _normed(layer.post_mlp_layernorm, thought)
        return _normed(self._norm, hidden)

    def _attended(
        self,
        attention: Any,
        queries: Tensor,
        keys: Tensor,
        values: Tensor,
        mask: Tensor | None,
    ) -> Tensor:
        shared = self._shared or mask is None
        if not shared:
            each = attention.num_key_value_groups
            keys = keys.repeat_interleave(each, 1)
            values = values.repeat_interleave(each, 1)
        seen = functional.scaled_dot_product_attention(
            queries,
            keys,
            values,
            mask,
            is_causal=mask is None,
            scale=attention.scaling,
            enable_gqa=shared,
        )
        return attention.o_proj(seen.transpose(1, 2).flatten(2))


def _projected(
    attention: Any, hidden: Tensor, turn: Turn
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values [batch, heads, length, size]."""
    split = (*hidden.shape[:2], -1, attention.head_dim)
    queries = attention.q_proj(hidden).view(split)
    keys = attention.k_proj(hidden).view(split)
    values = attention.v_proj(hidden).view(split)
    heads = queries.shape[2]
    both = _turned(torch.cat((queries, keys), 2), turn).transpose(1, 2)
    return both[:, :heads], both[:, heads:], values.transpose(1, 2)


def _turned(heads: Tensor, turn: Turn) -> Tensor:
    """Turn pairs of channels by their column's angles (RoPE, arXiv 2104.09864)."""
    cosine, sine = turn
    even = heads[..., 0 : 2 * cosine.shape[-1] : 2]
    odd = heads[..., 1 : 2 * cosine.shape[-1] : 2]
    turned = (even * cosine).addcmul_(odd, sine, value=-1)
    odd.mul_(cosine).addcmul_(even, sine)
    even.copy_(turned)
    return heads


def _before(at: Tensor, columns: int) -> Tensor:
    """Return bool [wanted, columns]: what stands at or before each of ``at``."""
    return torch.arange(columns, device=at.device) <= at[:, None]


def _normed(norm: Any, hidden: Tensor) -> Tensor:
    """Scale by the root mean square, in full precision (arXiv 1910.07467)."""
    return functional.rms_norm(
        hidden, (hidden.shape[-1],), norm.weight, norm.variance_epsilon
    )
