"""The language part as it is trained: packed questions behind one prefix.

Parameters carry the names of ``Glm4vTextModel``; a test holds the two together.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import Glm4vTextConfig

from training.tower import Norm


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the tokens of one picture grid stand: everything constant about it.

    Attributes:
        before: ids ahead of the picture, a row for each language.
        behind: ids after it.
        positions: int64 [3, prefix length].
        start: position of a question's first token.
    """

    before: Tensor
    behind: Tensor
    positions: Tensor
    start: int


def layout(before: list[list[int]], behind: list[int], grid: tuple[int, int]) -> Layout:
    """M-RoPE positions as ``Glm4vModel.get_rope_index`` gives them."""
    down, across = grid[0] // 2, grid[1] // 2
    first = len(before[0])
    rows, columns = torch.meshgrid(
        torch.arange(down), torch.arange(across), indexing="ij"
    )
    picture = torch.stack(
        (
            torch.zeros(down * across, dtype=torch.long),
            rows.flatten(),
            columns.flatten(),
        )
    )
    after = first + max(down, across)
    positions = torch.cat(
        (
            torch.arange(first).expand(3, -1),
            picture + first,
            torch.arange(after, after + len(behind)).expand(3, -1),
        ),
        1,
    )
    return Layout(
        torch.tensor(before), torch.tensor(behind), positions, after + len(behind)
    )


class TextAttention(nn.Module):
    """Grouped-query attention with biases on q, k and v."""

    def __init__(self, config: Glm4vTextConfig) -> None:
        """Shapes from ``config``."""
        super().__init__()
        width, heads = config.hidden_size, config.num_attention_heads
        self.heads, self.kv_heads = heads, config.num_key_value_heads
        self.size = width // heads
        self.q_proj = nn.Linear(width, heads * self.size)
        self.k_proj = nn.Linear(width, self.kv_heads * self.size)
        self.v_proj = nn.Linear(width, self.kv_heads * self.size)
        self.o_proj = nn.Linear(heads * self.size, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """Attend where ``mask`` [batch, 1, length, length] is zero."""
        batch, length, width = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.size)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.size)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.size)
        q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
        groups = self.heads // self.kv_heads
        q = q.to(v.dtype).transpose(1, 2)
        k = k.to(v.dtype).transpose(1, 2).repeat_interleave(groups, 1)
        v = v.transpose(1, 2).repeat_interleave(groups, 1)
        scores = (q @ k.transpose(-1, -2)).float() * self.size**-0.5 + mask
        y = torch.softmax(scores, -1).to(v.dtype) @ v
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, width))


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    size = cos.shape[-1]
    turned, kept = x[..., :size].float(), x[..., size:].float()
    pairs = torch.stack((-turned[..., 1::2], turned[..., 0::2]), -1).flatten(-2)
    return torch.cat((turned * cos + pairs * sin, kept), -1)


class TextMlp(nn.Module):
    """SwiGLU with the two input matrices fused, as in GLM."""

    def __init__(self, config: Glm4vTextConfig) -> None:
        """Shapes from ``config``."""
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.gate_up_proj = nn.Linear(width, 2 * inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Gate, multiply, project back."""
        gate, up = self.gate_up_proj(x).chunk(2, -1)
        return self.down_proj(up * F.silu(gate))


class Layer(nn.Module):
    """One decoder layer with GLM's norms before and after each part."""

    def __init__(self, config: Glm4vTextConfig) -> None:
        """Post-norms start small so that the stream keeps the token's own word."""
        super().__init__()
        width, eps = config.hidden_size, config.rms_norm_eps
        self.self_attn = TextAttention(config)
        self.mlp = TextMlp(config)
        self.input_layernorm = Norm(width, eps)
        self.post_attention_layernorm = Norm(width, eps)
        self.post_self_attn_layernorm = Norm(width, eps)
        self.post_mlp_layernorm = Norm(width, eps)
        with torch.no_grad():
            self.post_self_attn_layernorm.weight.fill_(0.15)
            self.post_mlp_layernorm.weight.fill_(0.15)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """Attention, then MLP, each normalised again before it is added."""
        y = self.self_attn(self.input_layernorm(x), cos, sin, mask)
        x = x + self.post_self_attn_layernorm(y)
        y = self.mlp(self.post_attention_layernorm(x))
        return x + self.post_mlp_layernorm(y)


class Reader(nn.Module):
    """Picture tokens and packed questions in, next-token logits out."""

    def __init__(self, config: Glm4vTextConfig) -> None:
        """Fresh weights."""
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.embed_tokens = nn.Embedding(config.vocab_size, width)
        self.layers = nn.ModuleList(
            Layer(config) for _ in range(config.num_hidden_layers)
        )
        self.norm = Norm(width, config.rms_norm_eps)
        nn.init.normal_(self.embed_tokens.weight, std=0.05)

    @property
    def middle(self) -> int:
        """The layer behind which an option should know whether it is right."""
        return max(1, len(self.layers) // 2)

    def angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [batch, length, 1, rotary] of positions [3, batch, n]."""
        parameters = self.config.rope_parameters
        head = self.config.hidden_size // self.config.num_attention_heads
        size = int(head * parameters["partial_rotary_factor"])  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
        steps = torch.arange(0, size, 2, device=positions.device).float() / size
        rates = 1.0 / (parameters["rope_theta"] ** steps)  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
        angles = positions[..., None].float() * rates
        sections: list[int] = parameters["mrope_section"]  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
        parts = angles.split(sections, -1)
        mixed = torch.cat([part[index % 3] for index, part in enumerate(parts)], -1)
        mixed = mixed.repeat_interleave(2, -1)[:, :, None]
        return mixed.cos(), mixed.sin()

    def forward(  # noqa: PLR0913, PLR0917
        self,
        tokens: Tensor,
        ids: Tensor,
        steps: Tensor,
        segments: Tensor,
        at: Tensor,
        tongues: Tensor,
        where: tuple[Tensor, Tensor, Tensor, int],
    ) -> tuple[Tensor, Tensor]:
        """Logits [pictures, spots, vocabulary] at the places ``at``.

        Beside them the questions' hidden states [pictures, row, width] behind the
        middle layer.

        Args:
            tokens: picture tokens [pictures, tokens, width].
            ids: question tokens, as in ``Packed``, like the next three.
            steps: place within each question.
            segments: number of each question.
            at: places to predict from.
            tongues: which language's system message each picture has.
            where: the fields of the grid's ``Layout``.
        """
        before, behind, positions, start = where
        batch = len(tokens)
        x = torch.cat(
            (
                self.embed_tokens(before[tongues]),
                tokens.float(),
                self.embed_tokens(behind).expand(batch, -1, -1),
                self.embed_tokens(ids),
            ),
            1,
        )
        prefix = positions.shape[1]
        places = torch.cat(
            (
                positions[:, None].expand(-1, batch, -1),
                (steps + start)[None].expand(3, -1, -1),
            ),
            2,
        )
        cos, sin = self.angles(places)
        mask = packed_mask(segments, prefix)
        halfway = x
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, cos, sin, mask)
            if number == self.middle:
                halfway = x[:, prefix:]
        chosen = (at + prefix)[..., None].expand(-1, -1, x.shape[-1])
        x = self.norm(x.gather(1, chosen))
        return F.linear(x, self.embed_tokens.weight), halfway


def packed_mask(segments: Tensor, prefix: int) -> Tensor:
    """0 where a token may look, a large negative number elsewhere."""
    own = F.pad(segments, (prefix, 0), value=-2)
    length = own.shape[1]
    order = torch.arange(length, device=segments.device)
    causal = order[:, None] >= order[None]
    same = own[:, :, None] == own[:, None]
    seen = causal & (same | (order < prefix))
    return torch.where(seen, 0.0, -1e9)[:, None]
