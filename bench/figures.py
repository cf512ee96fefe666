"""How every benchmark reports: figures, targets, the machine, one JSON line."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "av",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "torch",
    "transformers",
)


@dataclass(frozen=True)
class Target:
    """What a figure must be: at most or at least a bound."""

    figure: str
    bound: float
    at_least: bool = False

    def met(self, figures: Mapping[str, float]) -> bool:
        """Say whether ``figures`` keep the bound."""
        value = figures[self.figure]
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{self.figure} {'≥' if self.at_least else '≤'} {self.bound:g}"


def machine() -> dict[str, str | int]:
    """Describe the machine: processor, cores, memory, system and libraries."""
    cpu = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30),
        "system": platform.system() + " " + platform.machine(),
        "python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def publish(  # noqa: PLR0913 - a report has these parts
    name: str,
    figures: Mapping[str, float],
    targets: list[Target],
    *,
    check: bool,
    notes: str = "",
    about: Mapping[str, str | int] | None = None,
    folder: Path | None = RESULTS,
) -> int:
    """Print and store ``figures``; return the exit status.

    Args:
        name: the result's file name without its ending.
        figures: numbers by name; the unit is part of the name.
        targets: what the claim promises.
        check: exit with 1 when a target is missed.
        notes: how the figures were taken, where that is not obvious.
        about: more about the machine, such as its graphics card.
        folder: where results are stored; None stores nothing.

    Returns:
        0, or 1 when ``check`` is set and a target is missed.
    """
    verdicts = {str(target): target.met(figures) for target in targets}
    result = {
        "benchmark": name,
        "figures": {key: round(value, 4) for key, value in figures.items()},
        "targets": verdicts,
        "notes": notes,
        "machine": machine() | dict(about or {}),
        "measured_at": datetime.now(UTC).strftime("%Y-%m-%d"),
    }
    if folder is not None:
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(
            json.dumps(result, ensure_ascii=False, indent=2) + "\n"
        )
    for target, met in verdicts.items():
        print("met   " if met else "MISSED", target)
    print(json.dumps(result, ensure_ascii=False))
    return 1 if check and not all(verdicts.values()) else 0
