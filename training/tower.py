"""The vision tower as it is trained: batches of one size, linear patch embedding.

``Glm4vVisionModel`` computes the same thing with a ``Conv3d``, whose bf16 form costs
more than half of a training step on a CPU. A still picture fills both temporal slots,
so one ``Linear`` over 588 inputs is exact; ``to_glm4v`` copies the weights back.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import Glm4vVisionConfig

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


class Norm(nn.Module):
    """RMS normalisation with a learned scale."""

    def __init__(self, width: int, eps: float) -> None:
        """Start at scale one."""
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last axis in fp32."""
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class GatedMlp(nn.Module):
    """SwiGLU without biases, named as in Glm4v."""

    def __init__(self, width: int, inner: int) -> None:
        """Three matrices."""
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Gate, multiply, project back."""
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Attention(nn.Module):
    """Full attention over the patches of one picture, rotary in two dimensions."""

    def __init__(self, width: int, heads: int) -> None:
        """``width`` is split evenly over ``heads``."""
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.proj = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Attend; ``x`` is [pictures, patches, width]."""
        batch, length, width = x.shape
        size = width // self.heads
        q, k, v = self.qkv(x).view(batch, length, 3, self.heads, size).unbind(2)
        q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
        q, k, v = (part.to(v.dtype).transpose(1, 2) for part in (q, k, v))
        weights = torch.softmax((q @ k.transpose(-1, -2)).float() * size**-0.5, -1)
        y = (weights.to(v.dtype) @ v).transpose(1, 2).reshape(batch, length, width)
        return self.proj(y)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


class Block(nn.Module):
    """One pre-norm transformer block."""

    def __init__(self, config: Glm4vVisionConfig) -> None:
        """Glm4v's block: the inner width of the MLP is ``out_hidden_size``."""
        super().__init__()
        self.norm1 = Norm(config.hidden_size, config.rms_norm_eps)
        self.norm2 = Norm(config.hidden_size, config.rms_norm_eps)
        self.attn = Attention(config.hidden_size, config.num_heads)
        self.mlp = GatedMlp(config.hidden_size, config.out_hidden_size)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Attention, then MLP, each added to the stream."""
        x = x + self.attn(self.norm1(x), cos, sin)
        return x + self.mlp(self.norm2(x))


class Merger(nn.Module):
    """From a 2x2 block of patches to one token of the language model."""

    def __init__(self, config: Glm4vVisionConfig) -> None:
        """Named as in Glm4v."""
        super().__init__()
        width = config.out_hidden_size
        self.proj = nn.Linear(width, width, bias=False)
        self.post_projection_norm = nn.LayerNorm(width)
        inner = config.intermediate_size
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Project, normalise, gate."""
        x = F.gelu(self.post_projection_norm(self.proj(x).float()))
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Tower(nn.Module):
    """Patches of equal-sized pictures in, picture tokens out."""

    def __init__(self, config: Glm4vVisionConfig) -> None:
        """Fresh weights in the shapes of ``config``."""
        super().__init__()
        self.config = config
        width, merge = config.hidden_size, config.spatial_merge_size
        self.patch_embed = nn.Linear(3 * config.patch_size**2, width)
        self.post_conv_layernorm = Norm(width, config.rms_norm_eps)
        positions = (config.image_size // config.patch_size) ** 2
        self.position_embedding = nn.Parameter(torch.randn(positions, width) * 0.02)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.post_layernorm = Norm(width, config.rms_norm_eps)
        self.downsample = nn.Linear(merge**2 * width, config.out_hidden_size)
        self.merger = Merger(config)
        self._tables: dict[tuple[int, int], tuple[Tensor, Tensor, Tensor]] = {}
        with torch.no_grad():
            for block in self.blocks:
                block.attn.proj.weight.mul_(0.3)
                block.mlp.down_proj.weight.mul_(0.3)

    def tables(self, grid: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
        """Position mixing matrix and rotary cosines and sines of one patch grid."""
        if grid not in self._tables:
            self._tables[grid] = position_tables(self.config, grid)
        device = self.position_embedding.device
        mixing, cos, sin = (part.to(device) for part in self._tables[grid])
        return mixing, cos, sin

    def forward(self, patches: Tensor, tables: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Picture tokens [pictures, tokens, out_hidden_size].

        Args:
            patches: normalised pixels [pictures, patches, 588], merge blocks in
                sequence as the image processor gives them.
            tables: what ``tables`` returns for the pictures' grid.
        """
        mixing, cos, sin = tables
        x = self.post_conv_layernorm(self.patch_embed(patches))
        x = x + mixing @ self.position_embedding
        for block in self.blocks:
            x = block(x, cos, sin)
        x = self.post_layernorm(x)
        batch, length, width = x.shape
        block_size = self.config.spatial_merge_size**2
        x = self.downsample(x.reshape(batch, length // block_size, block_size * width))
        return self.merger(x)


def normalised(pixels: Tensor) -> Tensor:
    """uint8 patches [..., 588] to the image processor's normalised pixels."""
    mean = torch.tensor(CLIP_MEAN, device=pixels.device).repeat_interleave(196)
    std = torch.tensor(CLIP_STD, device=pixels.device).repeat_interleave(196)
    return (pixels.float() / 255 - mean) / std


def position_tables(
    config: Glm4vVisionConfig, grid: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """What Glm4v computes per picture from its grid, as constants."""
    height, width = grid
    merge = config.spatial_merge_size
    rows, columns = torch.meshgrid(
        torch.arange(height), torch.arange(width), indexing="ij"
    )
    shape = (height // merge, merge, width // merge, merge)
    rows = rows.reshape(shape).transpose(1, 2).flatten()
    columns = columns.reshape(shape).transpose(1, 2).flatten()
    side = config.image_size // config.patch_size
    at = torch.stack(
        (
            (columns + 0.5) / width * 2 - 1,
            (rows + 0.5) / height * 2 - 1,
        ),
        -1,
    )[None, :, None]
    identity = torch.eye(side * side).view(1, side * side, side, side)
    mixing = F.grid_sample(
        identity, at, mode="bicubic", align_corners=False, padding_mode="border"
    )[0, :, :, 0].T.contiguous()
    half = config.hidden_size // config.num_heads // 2
    theta = config.rope_parameters["rope_theta"]  # pyright: ignore[reportOptionalSubscript]
    rates = 1.0 / (theta ** (torch.arange(0, half, 2, dtype=torch.float) / half))
    angles = torch.cat((rows[:, None] * rates, columns[:, None] * rates), -1)
    angles = torch.cat((angles, angles), -1)[:, None]
    return mixing, angles.cos(), angles.sin()


def to_glm4v(tower: Tower) -> dict[str, Tensor]:
    """The weights under the names and in the shapes of ``Glm4vVisionModel``."""
    state = dict(tower.state_dict())
    patch, merge = tower.config.patch_size, tower.config.spatial_merge_size
    linear = state.pop("patch_embed.weight").view(-1, 3, 1, patch, patch)
    state["patch_embed.proj.weight"] = (linear / 2).repeat(1, 1, 2, 1, 1)
    state["patch_embed.proj.bias"] = state.pop("patch_embed.bias")
    position = state.pop("position_embedding")
    state["embeddings.position_embedding.weight"] = position
    flat = state["downsample.weight"]
    state["downsample.weight"] = (
        flat.view(flat.shape[0], merge, merge, -1).permute(0, 3, 1, 2).contiguous()
    )
    return state


def from_glm4v(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of ``to_glm4v``."""
    state = dict(state)
    convolution = state.pop("patch_embed.proj.weight").sum(2)
    state["patch_embed.weight"] = convolution.flatten(1)
    state["patch_embed.bias"] = state.pop("patch_embed.proj.bias")
    position = state.pop("embeddings.position_embedding.weight")
    state["position_embedding"] = position
    flat = state["downsample.weight"].permute(0, 2, 3, 1)
    state["downsample.weight"] = flat.flatten(1).contiguous()
    return state
