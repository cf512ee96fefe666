"""Stage two, read: the language part learns to answer about what the tower sees.

    python -m training.read --tower .work/see/last.pt --minutes 25 --out .work/read

With ``--joint`` the tower learns too (stage three), from the answers and, where
``--tower`` brings them, from the heads of stage one, so that it forgets nothing:

    python -m training.read --joint --start-from .work/read/last.pt \
        --tower .work/see/last.pt --minutes 40 --rate 0.004 --out .work/joint

A shipped model goes on learning too. It has lost the parts that only training needs,
so these learn alone for the first ``--settle`` steps:

    python -m training.read --joint --settle 200 --minutes 40 --rate 0.004 \
        --start-from src/idolens/vlm/models/idolens-tiny --out .work/again
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import Glm4vTextConfig, Glm4vVisionConfig

from training.align import aligned
from training.configs import text_config, vision_config
from training.heads import Heads, see_loss
from training.optim import Optimisers
from training.packing import Asked, asked_batch, packed, prefix_ids, rows_of, tokenizer
from training.pictures import held_out, stream
from training.reader import Reader, layout
from training.see import CHECK_SEEDS, attribute_weights, report
from training.team import ALONE, Team, joined
from training.tower import Tower, from_glm4v, normalised

MATCH_WEIGHT = 0.7
SEE_WEIGHT = 0.8
Where = tuple[Tensor, Tensor, Tensor, int]


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """How long and how wide one run is."""

    minutes: float
    batch: int
    out: Path
    joint: bool = False
    workers: int = 1
    drawing_cores: tuple[int, ...] = ()
    compiled: bool = True
    check_every: int = 3000
    check_size: int = 128
    steps: int | None = None
    rate: float = 0.01
    settle: int = 0


class Reading(nn.Module):
    """Tower and reader; the tower may stand still."""

    def __init__(self, vision: Glm4vVisionConfig, text: Glm4vTextConfig) -> None:
        """Fresh weights."""
        super().__init__()
        self.tower = Tower(vision)
        self.reader = Reader(text)
        self.heads = Heads(text.hidden_size)
        width = text.hidden_size
        self.match = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 128), nn.SiLU(), nn.Linear(128, 1)
        )

    def where(self, grid: tuple[int, int]) -> Where:
        """The constants of a grid's prefix."""
        place = layout(*prefix_ids(), grid)
        device = self.reader.embed_tokens.weight.device
        return (
            place.before.to(device),
            place.behind.to(device),
            place.positions.to(device),
            place.start,
        )


class Answering(nn.Module):
    """The reader with its loss, one graph for the compiler."""

    def __init__(self, model: Reading) -> None:
        """Share the reader; ``match`` serves training only."""
        super().__init__()
        self.reader = model.reader
        self.match = model.match

    def forward(  # noqa: PLR0913, PLR0917
        self,
        tokens: Tensor,
        ids: Tensor,
        steps: Tensor,
        segments: Tensor,
        at: Tensor,
        tongues: Tensor,
        targets: Tensor,
        weights: Tensor,
        marks: Tensor,
        where: Where,
    ) -> tuple[Tensor, Tensor]:
        """The loss, and the most likely token at every place."""
        logits, halfway = self.reader(tokens, ids, steps, segments, at, tongues, where)
        logits = logits.float()
        losses = F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), reduction="none"
        )
        weights = weights.flatten()
        loss = (losses * weights).sum() / weights.sum()
        return loss + MATCH_WEIGHT * self.matching(halfway, marks), logits.argmax(-1)

    def matching(self, halfway: Tensor, marks: Tensor) -> Tensor:
        """How badly the options know by themselves which of them is right."""
        known = (marks >= 0).float()
        right = known * marks.clamp(min=0)
        logits = self.match(halfway.float()).squeeze(-1).float()
        losses = F.binary_cross_entropy_with_logits(
            logits, marks.clamp(min=0), reduction="none"
        )
        weights = known + 2 * right
        return (losses * weights).sum() / weights.sum().clamp(min=1)


def asked_tensors(asked: Asked, device: torch.device) -> tuple[Tensor, ...]:
    """The packed questions on ``device``."""
    questions = asked.questions
    fields = (
        questions.ids,
        questions.steps,
        questions.segments,
        questions.at,
        questions.tongues,
        questions.targets,
        questions.weights,
        questions.marks,
    )
    return tuple(torch.from_numpy(field).to(device) for field in fields)


def see(model: Reading, asked: Asked, tower: nn.Module) -> Tensor:
    """Picture tokens of a batch by ``tower`` (compiled or not)."""
    device = model.reader.embed_tokens.weight.device
    patches = torch.from_numpy(asked.pictures.patches).to(device)
    return tower(normalised(patches), model.tower.tables(asked.pictures.grid))


def seeing_loss(model: Reading, asked: Asked, tokens: Tensor) -> Tensor:
    """What the tower's own heads still get wrong of the same pictures."""
    labels = torch.from_numpy(asked.pictures.labels).to(tokens.device)
    inside = torch.from_numpy(asked.pictures.inside).to(tokens.device)
    logits, hit = model.heads(tokens, inside)
    weights = attribute_weights().to(tokens.device)
    return see_loss(logits, hit, labels, inside, weights)[0]


@torch.no_grad()
def closed_accuracy(model: Reading, checks: list[Asked]) -> dict[str, float]:
    """Share of closed questions answered right, by what they are about."""
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    answering = Answering(model)
    device = model.reader.embed_tokens.weight.device
    for asked in checks:
        with torch.autocast(device.type, torch.bfloat16):
            tokens = see(model, asked, model.tower)
            _, best = answering(
                tokens,
                *asked_tensors(asked, device),
                model.where(asked.pictures.grid),
            )
        hit = best.cpu().numpy() == asked.questions.targets
        for row, labels in enumerate(asked.questions.labels):
            for spot, ask in labels:
                for name in (ask.about, ask.question.kind, "all"):
                    seen[name] += 1
                    right[name] += int(hit[row, spot])
    return {name: round(right[name] / seen[name], 3) for name in sorted(seen)}


def checks_of(count: int) -> list[Asked]:
    """The running check: pictures never trained on, with fixed questions."""
    import random  # noqa: PLC0415

    checks: list[Asked] = []
    for index in range(count // 32):
        chance = random.Random(index)
        pictures = held_out(CHECK_SEEDS + 1000 + 32 * index, 32, (224, 224))
        rows = rows_of(pictures.truths, chance)
        checks.append(Asked(pictures, packed(rows, chance)))
    return checks


def train(
    plan: ReadPlan,
    model: Reading,
    state: dict[str, Any] | None,
    team: Team = ALONE,
) -> None:
    """Train until the plan's minutes are over; writes last.pt and log.jsonl."""
    plan.out.mkdir(parents=True, exist_ok=True)
    answering: nn.Module = Answering(model)
    seen = [model.tower, model.heads] if plan.joint else []
    learning: list[nn.Module] = [answering, *seen]
    optimisers = Optimisers(
        learning, matrix_rate=plan.rate, other_rate=plan.rate / 7, warm_up=40
    )
    steps, pictures, elapsed = resumed(optimisers, state) if state else (0, 0, 0.0)
    fresh = Optimisers([model.heads, model.match], matrix_rate=plan.rate)
    tower: nn.Module = model.tower
    if plan.compiled:
        answering = torch.compile(answering, dynamic=False)
        tower = torch.compile(tower, dynamic=False)
    checks = checks_of(plan.check_size if team.leads() else 0)
    batches = stream(
        asked_batch,
        count=plan.batch,
        workers=plan.workers,
        cores=list(plan.drawing_cores),
        start=50_000 + steps + 1_000_000 * team.rank,
    )
    places: dict[tuple[int, int], Where] = {}
    last_check, mean = pictures, 0.0
    began = time.monotonic() - elapsed
    while True:
        elapsed = team.agreed(time.monotonic() - began)
        share = elapsed / (plan.minutes * 60)
        if share >= 1 or (plan.steps is not None and steps >= plan.steps):
            break
        asked = next(batches)
        grid = asked.pictures.grid
        if grid not in places:
            places[grid] = model.where(grid)
        loss = loss_of(model, asked, tower, answering, places[grid], joint=plan.joint)
        loss.backward()
        team.average(optimisers.parameters)
        learners = fresh if steps < plan.settle else optimisers
        learners.step(share, steps if learners is fresh else steps - plan.settle)
        model.zero_grad()
        steps, pictures = steps + 1, pictures + plan.batch * team.size
        mean = mean * 0.98 + float(loss.detach()) * 0.02
        if team.leads() and pictures - last_check >= plan.check_every:
            last_check = pictures
            line = {"steps": steps, "pictures": pictures, "seconds": round(elapsed)}
            line |= {"loss": round(mean / (1 - 0.98**steps), 4)}
            report(plan.out, line | {"accuracy": closed_accuracy(model, checks)})
            save(plan.out, model, optimisers, steps, pictures, elapsed)
    batches.close()
    if not team.leads():
        return
    save(plan.out, model, optimisers, steps, pictures, elapsed)
    if checks:
        line = {"steps": steps, "pictures": pictures, "seconds": round(elapsed)}
        report(plan.out, line | {"accuracy": closed_accuracy(model, checks)})


def loss_of(
    model: Reading,
    asked: Asked,
    tower: nn.Module,
    answering: nn.Module,
    where: Where,
    *,
    joint: bool,
) -> Tensor:
    """What is still wrong in the answers and, where the tower learns, in its heads."""
    device = model.reader.embed_tokens.weight.device
    with torch.autocast(device.type, torch.bfloat16):
        with torch.set_grad_enabled(joint):
            tokens = see(model, asked, tower)
        loss, _ = answering(tokens, *asked_tensors(asked, device), where)
        return loss + SEE_WEIGHT * seeing_loss(model, asked, tokens) if joint else loss


def resumed(optimisers: Optimisers, state: dict[str, Any]) -> tuple[int, int, float]:
    """Put the optimisers back; steps, pictures and seconds so far."""
    optimisers.load_state_dict(state["optimisers"])
    return state["steps"], state["pictures"], state["elapsed"]


def save(
    out: Path,
    model: Reading,
    optimisers: Optimisers,
    steps: int,
    pictures: int,
    elapsed: float,
) -> None:
    """Write last.pt whole or not at all."""
    whole = {
        "tower": model.tower.state_dict(),
        "reader": model.reader.state_dict(),
        "match": model.match.state_dict(),
        "heads": model.heads.state_dict(),
        "optimisers": optimisers.state_dict(),
        "steps": steps,
        "pictures": pictures,
        "elapsed": elapsed,
    }
    torch.save(whole, out / "next.pt")
    (out / "next.pt").replace(out / "last.pt")


def load(model: Reading, path: Path) -> dict[str, Any]:
    """Fill ``model`` from last.pt of this stage or the first, or a shipped folder."""
    if path.is_dir():
        load_shipped(model, path)
        return {}
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name in ("tower", "reader", "match", "heads"):
        if name in state:
            getattr(model, name).load_state_dict(state[name])
    return state


def load_shipped(model: Reading, folder: Path) -> None:
    """Tower and reader from what ``training.export`` wrote: bf16, and no heads."""
    state = load_file(folder / "model.safetensors")
    parts = {"model.visual.": {}, "model.language_model.": {}}
    for name, value in state.items():
        for prefix, part in parts.items():
            if name.startswith(prefix):
                part[name.removeprefix(prefix)] = value.float()
    model.tower.load_state_dict(from_glm4v(parts["model.visual."]))
    model.reader.load_state_dict(parts["model.language_model."])


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tower", type=Path)
    parser.add_argument("--start-from", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--joint", action="store_true")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--drawing-cores", type=int, nargs="*", default=[])
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--settle", type=int, default=0)
    parser.add_argument("--check-every", type=int, default=3000)
    parser.add_argument("--no-compile", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    model = Reading(vision_config(), text_config(len(tokenizer())))
    state = None
    last = arguments.out / "last.pt"
    if arguments.resume and last.exists():
        state = load(model, last)
    else:
        for path in filter(None, (arguments.start_from, arguments.tower)):
            source = load(model, path)
            if not arguments.start_from:
                weight = model.reader.embed_tokens.weight
                with torch.no_grad():
                    weight.copy_(aligned(weight, source["heads"], tokenizer()))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    plan = ReadPlan(
        minutes=arguments.minutes,
        batch=arguments.batch,
        out=arguments.out,
        joint=arguments.joint,
        workers=arguments.workers,
        drawing_cores=tuple(arguments.drawing_cores),
        compiled=not arguments.no_compile,
        rate=arguments.rate,
        check_every=arguments.check_every,
    )
    train(plan, model.to(device), state, joined())


if __name__ == "__main__":
    main()
