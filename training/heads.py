"""Classification heads that teach the vision tower to see, dropped afterwards."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from training.pictures import UNKNOWN, classes
from training.scenes import ATTRIBUTES

ALMOST_NOTHING = 1e-6


class Classifiers(nn.Module):
    """One linear classifier per attribute over its own vector."""

    def __init__(self, width: int) -> None:
        """All attributes share one padded weight."""
        super().__init__()
        sizes = [len(classes(key)) for key in ATTRIBUTES]
        most = max(sizes)
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Parameter(torch.randn(len(sizes), width, most) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(len(sizes), most))
        mask = torch.arange(most)[None] < torch.tensor(sizes)[:, None]
        self.register_buffer("mask", mask)

    def forward(self, vectors: Tensor) -> Tensor:
        """[pictures, attributes, width] to logits [pictures, attributes, most]."""
        vectors = self.norm(vectors.float())
        logits = torch.einsum("bac,ack->bak", vectors, self.weight.float()) + self.bias
        return logits.masked_fill(~self.mask, -30.0)


class Heads(nn.Module):
    """Three ways to read every attribute out of the picture tokens.

    ``region``: from the tokens inside the attribute's drawn region (recognise
    only); ``look``: from where a learned query looks (find and recognise);
    ``whole``: from the mean of all tokens (what the language model gets at once).
    """

    def __init__(self, width: int) -> None:
        """One query per attribute."""
        super().__init__()
        self.region = Classifiers(width)
        self.look = Classifiers(width)
        self.whole = Classifiers(width)
        self.token_norm = nn.LayerNorm(width)
        self.query_embed = nn.Parameter(torch.randn(len(ATTRIBUTES), width) * 0.02)
        self.key = nn.Linear(width, width, bias=False)

    def forward(self, tokens: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [3, pictures, attributes, most] and the share looked at in region."""
        tokens = tokens.float()
        regions = inside @ tokens
        normed = self.token_norm(tokens)
        keys = self.key(normed).float()
        scores = torch.einsum("btc,ac->bat", keys, self.query_embed)
        weights = torch.softmax(scores, -1)
        looked = weights @ tokens
        whole = tokens.mean(1, keepdim=True).expand_as(looked)
        hit = (weights * (inside > 0)).sum(-1)
        logits = torch.stack(
            (self.region(regions), self.look(looked), self.whole(whole))
        )
        return logits, hit


def see_loss(
    logits: Tensor, hit: Tensor, labels: Tensor, inside: Tensor, weights: Tensor
) -> tuple[Tensor, Tensor]:
    """The loss to learn from, and the plain cross-entropy per head for the log."""
    placed = inside.sum(-1) > 0
    known = labels != UNKNOWN
    target = labels.clamp(min=0)
    losses = (
        -F.log_softmax(logits, -1)
        .gather(-1, target[None, :, :, None].expand(3, -1, -1, 1))
        .squeeze(-1)
    )
    usable = torch.stack((known & placed, known, known)).float() * weights
    means = (losses * usable).sum((1, 2)) / usable.sum((1, 2)).clamp(min=1)
    seen = (known & placed).float()
    look = -(hit.clamp(min=ALMOST_NOTHING).log() * seen).sum() / seen.sum().clamp(min=1)
    shares = torch.tensor((0.4, 1.0, 0.7), device=means.device)
    return (means * shares).sum() + 0.1 * look, means.detach()
