"""Several processes train one model: gradients are averaged before every step.

On a processor this is faster than threads, as every process keeps its own core busy.
``torchrun --nproc-per-node 2 -m training.read …`` starts a team.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import distributed, nn


@dataclass(frozen=True, slots=True)
class Team:
    """The processes that train together; a team of one needs nobody's word."""

    rank: int = 0
    size: int = 1

    def leads(self) -> bool:
        """Whether this process checks and saves."""
        return self.rank == 0

    def agreed(self, value: float) -> float:
        """The leader's ``value``, so that all follow one schedule."""
        if self.size == 1:
            return value
        said = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(said, src=0)
        return float(said)

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the team."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        parts = flat.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


ALONE = Team()


def joined() -> Team:
    """The team that torchrun started, or a team of one."""
    if not distributed.is_torchelastic_launched():
        return ALONE
    distributed.init_process_group("gloo")
    return Team(distributed.get_rank(), distributed.get_world_size())
