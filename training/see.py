"""Stage one, see: the vision tower learns from plain classification heads.

python -m training.see --kind small --minutes 15 --out .work/see-small
python -m training.see --kind full --minutes 30 --out .work/see \
        --start-from .work/see-small/last.pt
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import Glm4vVisionConfig

from training.configs import vision_config
from training.heads import Heads, see_loss
from training.optim import Optimisers
from training.pictures import UNKNOWN, Batch, full_batch, held_out, small_batch, stream
from training.scenes import ATTRIBUTES
from training.tower import Tower, normalised

HARD = {
    "hair_style": 4.5,
    "brand": 9.0,
    "hand_accessory": 2.5,
    "clothing": 2.0,
    "head_accessory": 2.0,
    "scene": 2.0,
    "count": 1.5,
    "exposure": 1.5,
    "light": 0.5,
    "style": 0.5,
    "hair_color": 0.5,
}
"""Loss weights of what is small or subtle."""
CHECK_SEEDS = 9_990_000
"""Where the pictures of the running check begin; the last figures use others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how wide one run is."""

    kind: str
    minutes: float
    batch: int
    out: Path
    workers: int = 1
    drawing_cores: tuple[int, ...] = ()
    compiled: bool = True
    check_every: int = 6000
    check_size: int = 256
    steps: int | None = None
    rate: float = 0.02


def attribute_weights() -> Tensor:
    """How much each attribute counts in the loss."""
    return torch.tensor([HARD.get(key, 1.0) for key in ATTRIBUTES])


class Seeing(nn.Module):
    """Tower, heads and loss in one graph for the compiler."""

    def __init__(self, config: Glm4vVisionConfig) -> None:
        """Fresh weights."""
        super().__init__()
        self.tower = Tower(config)
        self.heads = Heads(config.out_hidden_size)
        self.register_buffer("attribute_weights", attribute_weights(), persistent=False)

    def forward(
        self,
        patches: Tensor,
        labels: Tensor,
        inside: Tensor,
        tables: tuple[Tensor, Tensor, Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Loss and its three parts."""
        logits, hit = self.heads(self.tower(normalised(patches), tables), inside)
        return see_loss(logits, hit, labels, inside, self.attribute_weights)


def tensors(batch: Batch, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Patches, labels and region weights on ``device``."""
    return (
        torch.from_numpy(batch.patches).to(device),
        torch.from_numpy(batch.labels).to(device),
        torch.from_numpy(batch.inside).to(device),
    )


@torch.no_grad()
def accuracies(model: Seeing, batches: list[Batch]) -> dict[str, list[float]]:
    """Per attribute the share right of the three heads."""
    device = model.attribute_weights.device
    right = torch.zeros(3, len(ATTRIBUTES))
    asked = torch.zeros(3, len(ATTRIBUTES))
    for batch in batches:
        patches, labels, inside = tensors(batch, device)
        with torch.autocast(device.type, torch.bfloat16):
            tokens = model.tower(normalised(patches), model.tower.tables(batch.grid))
            logits, _ = model.heads(tokens, inside)
        known = (labels != UNKNOWN)[None].expand(3, -1, -1).clone()
        known[0] &= inside.sum(-1) > 0
        right += ((logits.argmax(-1) == labels) & known).sum(1).cpu()
        asked += known.sum(1).cpu()
    shares = (right / asked.clamp(min=1)).T.tolist()
    return {
        key: [round(share, 3) for share in row]
        for key, row in zip(ATTRIBUTES, shares, strict=True)
    }


def train(plan: Plan, model: Seeing, state: dict[str, object] | None = None) -> None:
    """Train until the plan's minutes are over; writes last.pt and log.jsonl."""
    plan.out.mkdir(parents=True, exist_ok=True)
    device = model.attribute_weights.device
    optimisers = Optimisers([model], matrix_rate=plan.rate)
    steps, pictures, elapsed = 0, 0, 0.0
    if state:
        optimisers.load_state_dict(state["optimisers"])  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
        steps, pictures = int(state["steps"]), int(state["pictures"])  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
        elapsed = float(state["elapsed"])  # pyright: ignore[reportArgumentType, reportOptionalSubscript]
    forward = torch.compile(model, dynamic=False) if plan.compiled else model
    checks = [
        held_out(CHECK_SEEDS + 64 * index, 64, (224, 224))
        for index in range(plan.check_size // 64)
    ]
    batches = stream(
        small_batch if plan.kind == "small" else full_batch,
        count=plan.batch,
        workers=plan.workers,
        cores=list(plan.drawing_cores),
        start=steps + 1,
    )
    last_check, mean, waited = pictures, None, 0.0
    began = time.monotonic() - elapsed
    while True:
        elapsed = time.monotonic() - began
        share = elapsed / (plan.minutes * 60)
        if share >= 1 or (plan.steps is not None and steps >= plan.steps):
            break
        asked = time.monotonic()
        batch = next(batches)
        waited += time.monotonic() - asked
        patches, labels, inside = tensors(batch, device)
        with torch.autocast(device.type, torch.bfloat16):
            loss, parts = forward(
                patches, labels, inside, model.tower.tables(batch.grid)
            )
        loss.backward()
        optimisers.step(share, steps)
        steps, pictures = steps + 1, pictures + len(batch.labels)
        mean = parts if mean is None else mean * 0.98 + parts * 0.02
        if pictures - last_check >= plan.check_every:
            last_check = pictures
            model.eval()
            line = {
                "steps": steps,
                "pictures": pictures,
                "seconds": round(time.monotonic() - began),
                "waited": round(waited),
                "losses": [round(value, 3) for value in mean.tolist()],
                "accuracy": accuracies(model, checks),
            }
            model.train()
            report(plan.out, line)
            save(plan.out, model, optimisers, steps, pictures, elapsed)
    batches.close()
    save(plan.out, model, optimisers, steps, pictures, elapsed)
    if plan.check_size:
        line = {"steps": steps, "pictures": pictures, "seconds": round(elapsed)}
        report(plan.out, line | {"accuracy": accuracies(model, checks)})


def report(out: Path, line: dict[str, object]) -> None:
    """Append to the log and show it."""
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(json.dumps(line, ensure_ascii=False), flush=True)


def save(
    out: Path,
    model: Seeing,
    optimisers: Optimisers,
    steps: int,
    pictures: int,
    elapsed: float,
) -> None:
    """Write last.pt whole or not at all."""
    whole = {
        "config": model.tower.config.to_dict(),
        "tower": model.tower.state_dict(),
        "heads": model.heads.state_dict(),
        "optimisers": optimisers.state_dict(),
        "steps": steps,
        "pictures": pictures,
        "elapsed": elapsed,
    }
    torch.save(whole, out / "next.pt")
    (out / "next.pt").replace(out / "last.pt")


def load(model: Seeing, path: Path) -> dict[str, object]:
    """Fill ``model`` from last.pt and return the rest of it."""
    state = torch.load(path, map_location="cpu", weights_only=True)
    model.tower.load_state_dict(state["tower"])
    model.heads.load_state_dict(state["heads"])
    return state


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=("small", "full"), required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start-from", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--drawing-cores", type=int, nargs="*", default=[])
    parser.add_argument("--rate", type=float, default=0.02)
    parser.add_argument("--check-every", type=int, default=6000)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Seeing(vision_config())
    state = None
    last = arguments.out / "last.pt"
    if arguments.resume and last.exists():
        state = load(model, last)
    elif arguments.start_from:
        load(model, arguments.start_from)
    plan = Plan(
        kind=arguments.kind,
        minutes=arguments.minutes,
        batch=arguments.batch,
        out=arguments.out,
        workers=arguments.workers,
        drawing_cores=tuple(arguments.drawing_cores),
        compiled=not arguments.no_compile,
        rate=arguments.rate,
        check_every=arguments.check_every,
    )
    train(plan, model.to(device), state)


if __name__ == "__main__":
    main()
