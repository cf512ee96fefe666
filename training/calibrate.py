"""What idolens-tiny's probabilities are worth under the shipped policies.

    python -m training.calibrate --model src/idolens/vlm/models/idolens-tiny \
        --scenes 1000 --out .work/calibrations

draws labelled pictures of seeds that nobody trained on or measured with, a folder a
policy, and runs `idolens calibrate` on them: what a studio does with its own pictures.
Shipped policies name no calibration, and must not; the guide
docs/guides/measure-your-own-pictures.md says why.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from idolens.review import load_policy
from idolens.review.policy import Policy
from training.evaluate import RISKS, SCALE
from training.pictures import SIZE_WEIGHTS, SIZES
from training.scenes import ATTRIBUTES, CANNOT_TELL, draw, sample

POLICIES = ("livestream-zh", "poster-zh")
FIRST_SEED = 21_000_000
"""Beyond those of `evaluate`: a fit is not to be measured on what it was made of."""
YES: dict[str, tuple[str, frozenset[str]]] = {
    "person": ("count", frozenset({"一个人", "两个人", "三人及以上"})),
    "positive_mood": ("expression", frozenset({"微笑", "大笑"})),
    **{key: (about, frozenset({word})) for key, (about, word, _) in RISKS.items()},
}
"""Yes/no question → which words of which attribute are a yes."""


def truths(policy: Policy, truth: dict[str, str | None]) -> dict[str, str]:
    """Return the right answers to the policy's questions, where there is one.

    Raises:
        KeyError: the policy asks something that drawings know nothing of.
    """
    found: dict[str, str] = {}
    for entry in policy.questions:
        about, yes = YES.get(entry.key, (entry.key, None))
        word = truth[about]
        if word == CANNOT_TELL:
            found[entry.key] = "cannot_tell"
        elif word is not None:
            found[entry.key] = word if yes is None else "yes" if word in yes else "no"
    return found


def labelled(policy: Policy, seeds: Sequence[int], folder: Path) -> None:
    """Draw a set as `idolens calibrate` takes it: pictures and a labels.jsonl."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "labels.jsonl").open("w", encoding="utf-8") as file:
        for name, answers in _drawn(policy, seeds, folder):
            line = {"picture": name, "answers": answers}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _drawn(
    policy: Policy, seeds: Sequence[int], folder: Path
) -> Iterator[tuple[str, dict[str, str]]]:
    for seed in seeds:
        width, height = random.Random(seed).choices(SIZES, SIZE_WEIGHTS)[0]
        drawing = draw(sample(seed), round(width * SCALE), round(height * SCALE))
        name = f"{seed}.png"
        Image.fromarray(drawing.image).save(folder / name)
        yield name, truths(policy, drawing.truth)


def calibrate(model: Path, name: str, folder: Path, out: Path) -> None:
    """Run ``idolens calibrate`` as a studio would, with this model."""
    command = [sys.executable, "-m", "idolens", "calibrate", str(folder)]
    given = ["--policy", name, "--engine", "embedded", "--out", str(out)]
    mine = {"IDOLENS_EMBEDDED_MODEL": str(model), "IDOLENS_HOME": str(out / "home")}
    around = os.environ | mine  # noqa: TID251  (of the child, whose settings they are)
    subprocess.run([*command, *given], check=True, env=around)  # noqa: S603


def main() -> None:
    """Parse the command line, draw, calibrate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.scenes)
    for name in POLICIES:
        policy = load_policy(name)
        unknown = {entry.key for entry in policy.questions} - YES.keys() - {*ATTRIBUTES}
        if unknown:
            parser.error(f"{name} asks what drawings know nothing of: {unknown}")
        folder = arguments.out / f"set-{name}"
        labelled(policy, seeds, folder)
        calibrate(arguments.model.resolve(), name, folder, arguments.out)


if __name__ == "__main__":
    main()
