"""The mean of two checkpoints of one run of training.

    python -m training.average .work/more/last.pt .work/again/last.pt --share 0.65 \
        --out .work/mean

Where the second began from the first, what both know stays and what either made up
is halved: "Model soups" (Wortsman et al., 2022, arXiv 2203.05482).
"""

import argparse
from pathlib import Path
from typing import Any

import torch

PARTS = ("tower", "reader", "match", "heads")


def averaged(
    first: dict[str, Any], second: dict[str, Any], share: float
) -> dict[str, Any]:
    """Mix the weights of two checkpoints; ``share`` is the second's, 0 to 1.

    What is no weight, the optimisers' memory among it, is the second's.

    Raises:
        ValueError: they are not of one model.
    """
    mixed = dict(second)
    for part in PARTS:
        ours, theirs = first[part], second[part]
        if {name: value.shape for name, value in ours.items()} != {
            name: value.shape for name, value in theirs.items()
        }:
            message = f"the two checkpoints differ in the shape of their {part}"
            raise ValueError(message)
        mixed[part] = {
            name: torch.lerp(ours[name], value, share)
            if value.is_floating_point()
            else value
            for name, value in theirs.items()
        }
    return mixed


def main() -> None:
    """Parse the command line and mix."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    first, second = (
        torch.load(path, map_location="cpu", weights_only=True)
        for path in (arguments.first, arguments.second)
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.save(averaged(first, second, arguments.share), arguments.out / "last.pt")


if __name__ == "__main__":
    main()
