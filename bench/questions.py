"""Many questions about one picture: ours against what people do with transformers.

The same idolens-tiny checkpoint, on the same threads, in one run, taking turns:

- `ours`: the embedded engine, all questions in one call;
- `generate`: one `model.generate(max_new_tokens=1)` per question, picture and all;
- `forward`: one plain forward pass per question, logits of the last position.
"""

import sys
from contextlib import closing

from bench.figures import Target, publish
from bench.plain import Plain
from bench.turns import (
    CHECKPOINT,
    Way,
    arguments,
    closed_questions,
    stored_in,
    take_turns,
)
from idolens.settings import Settings
from idolens.vlm.catalog import open_engine

COUNTS = (1, 5, 10, 20)


def main() -> int:
    """Measure, print and store the figures."""
    given = arguments(__doc__)
    runs, counts = (1, (1, 10)) if given.quick else (given.runs, COUNTS)
    plain, figures = Plain(CHECKPOINT), dict[str, float]()
    with closing(open_engine(Settings())) as engine:
        ways: dict[str, Way] = {
            "ours": lambda picture, asked: engine.answer([picture], asked),
            "generate": plain.generate,
            "forward": plain.forward,
        }
        for count in counts:
            median = take_turns(ways, closed_questions(count), runs)
            figures |= {f"{name}_{count}_ms": ms for name, ms in median.items()}
            figures |= {
                f"speedup_over_{name}_{count}": median[name] / median["ours"]
                for name in ("generate", "forward")
            }
    targets = [
        Target("ours_1_ms", 100),
        Target("ours_10_ms", 250),
        Target("speedup_over_generate_10", 8, at_least=True),
        Target("speedup_over_forward_10", 8, at_least=True),
    ]
    return publish(
        "questions",
        figures,
        targets,
        check=given.check,
        notes="closed questions about one new 512x288 picture each time; medians of "
        f"{runs} runs in turn; threads: all cores for each",
        folder=stored_in(given),
    )


if __name__ == "__main__":
    sys.exit(main())
