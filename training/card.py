"""The model card: what was measured, how to use the graphs, what it cannot do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

TARGETS = (
    ("Closed questions, macro accuracy", "closed_macro_accuracy", ">= 0.95"),
    ("Choice, macro over attributes", "choice_macro_accuracy", ""),
    ("Yes/no, macro over attributes", "yes_no_macro_accuracy", ""),
    ("cannot_tell where no question fits", "cannot_tell_on_no_fit", ">= 0.90"),
    ("cannot_tell where one could tell", "cannot_tell_when_answerable", ""),
    ("Answers changed by option order", "order_changes", "<= 0.03"),
    ("Answers changed by polarity", "polarity_changes", "<= 0.03"),
    ("Alone = among 19 others", "alone_equals_among_19", "1.00"),
    ("Expected calibration error (15 bins)", "ece", "<= 0.05"),
)
BODY = Path(__file__).with_name("card.md")


def write_card(folder: Path, result: Mapping[str, Any]) -> None:
    """Write MODEL_CARD.md with the tables of ``result``."""
    text = BODY.read_text(encoding="utf-8").replace("{{figures}}", tables(result))
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")


def tables(result: Mapping[str, Any]) -> str:
    """The measured figures as Markdown."""
    lines = [
        (
            f"Revision `{result['revision']}`, {result['scenes']} held-out scenes from"
            f" seed {result['first_seed']}, {result['questions']} closed questions."
        ),
        "",
        "| What | Measured | Wanted |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {name} | {result[key]:.3f} | {want} |" for name, key, want in TARGETS]
    lines += [
        "",
        (
            "| Risk (wanted: >= 0.95 at <= 0.05) | recall at 0.5 | false alarms at 0.5"
            " | lowest threshold with <= 0.05 | recall | false alarms |"
        ),
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {name} | {risk['recall_at_0.5']:.3f} | {risk['false_alarms_at_0.5']:.3f}"
        f" | {risk['quiet_threshold']:.2f} | {risk['recall_at_quiet']:.3f}"
        f" | {risk['false_alarms_at_quiet']:.3f} |"
        for name, risk in result["risk"].items()
    ]
    lines += ["", "| Question | accuracy |", "| --- | --- |"]
    lines += [f"| {key} | {value:.3f} |" for key, value in result["accuracy"].items()]
    return "\n".join(lines)
