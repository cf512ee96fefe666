"""From answers to the figures of the model card."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

BINS = 15
RISKS = ("exposure", "clipping", "logo")
MOST_FALSE_ALARMS = 0.05
THRESHOLDS = tuple(step / 100 for step in range(1, 100))


@dataclass(frozen=True, slots=True)
class Asked:
    """One closed question with its right and its given answer.

    Attributes:
        key: ``choice/hair_style``, ``risk/logo`` …: how and what was asked.
        right: the meaning of the right label.
        said: the meaning of the answer.
        options: probability of every label's meaning.
    """

    scene: int
    key: str
    right: str
    said: str
    options: dict[str, float]
    no_fit: bool
    kind: str


def figures(found: Sequence[Asked]) -> dict[str, object]:
    """Everything that is measured, ready for JSON."""
    plain = [one for one in found if one.key.split("/")[0] not in {"order", "turned"}]
    groups: dict[str, list[Asked]] = defaultdict(list)
    for one in plain:
        groups[one.key].append(one)
    accuracy = {key: round(share_right(group), 4) for key, group in groups.items()}
    return {
        "closed_macro_accuracy": round(sum(accuracy.values()) / len(accuracy), 4),
        "closed_accuracy": round(share_right(plain), 4),
        "choice_macro_accuracy": _macro(accuracy, "choice/"),
        "yes_no_macro_accuracy": _macro(accuracy, "yes_no/"),
        "accuracy": accuracy,
        "risk": {name: risk(groups[f"risk/{name}"]) for name in RISKS},
        "cannot_tell_on_no_fit": round(
            _share([one.said == "cannot_tell" for one in plain if one.no_fit]), 4
        ),
        "cannot_tell_when_answerable": round(
            _share(
                [
                    one.said == "cannot_tell"
                    for one in plain
                    if one.right != "cannot_tell"
                ]
            ),
            4,
        ),
        "order_changes": round(_order_changes(found), 4),
        "polarity_changes": round(_polarity_changes(found), 4),
        "ece": round(expected_calibration_error(plain), 4),
    }


def share_right(asked: Sequence[Asked]) -> float:
    """Share answered right."""
    return _share([one.said == one.right for one in asked])


def risk(asked: Sequence[Asked]) -> dict[str, float]:
    """Recall and false alarms at one half and at the lowest threshold still quiet."""
    scores = [(one.options.get("yes", 0.0), one.right == "yes") for one in asked]
    yes = [score for score, right in scores if right]
    no = [score for score, right in scores if not right]
    quiet = [
        at for at in THRESHOLDS if _share([s >= at for s in no]) <= MOST_FALSE_ALARMS
    ]
    lowest = min(quiet, default=THRESHOLDS[-1])
    result: dict[str, float] = {"yes": len(yes), "no": len(no)}
    for name, at in (("at_0.5", 0.5), ("at_quiet", lowest)):
        result[f"recall_{name}"] = round(_share([s >= at for s in yes]), 4)
        result[f"false_alarms_{name}"] = round(_share([s >= at for s in no]), 4)
    return result | {"quiet_threshold": lowest}


def expected_calibration_error(asked: Sequence[Asked]) -> float:
    """Distance of confidence from accuracy over 15 equal bins."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for one in asked:
        if not one.options:
            continue
        sure = max(one.options, key=lambda key: one.options[key])
        confidence = one.options[sure]
        bins[min(BINS - 1, int(confidence * BINS))].append(
            (confidence, sure == one.right)
        )
    total = sum(len(group) for group in bins.values())
    return sum(
        abs(sum(c for c, _ in group) - sum(right for _, right in group))
        for group in bins.values()
    ) / max(total, 1)


def _macro(accuracy: dict[str, float], prefix: str) -> float:
    own = [value for key, value in accuracy.items() if key.startswith(prefix)]
    return round(sum(own) / max(len(own), 1), 4)


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / max(len(hits), 1)


def _order_changes(found: Sequence[Asked]) -> float:
    first = {(one.scene, one.key): one.said for one in found}
    return _share(
        [
            one.said != first[one.scene, one.key.replace("order/", "choice/")]
            for one in found
            if one.key.startswith("order/")
        ]
    )


def _polarity_changes(found: Sequence[Asked]) -> float:
    first = {(one.scene, one.key): one.said for one in found}
    turned = {"yes": "no", "no": "yes"}
    return _share(
        [
            turned.get(one.said, one.said)
            != first[one.scene, one.key.replace("turned/", "risk/")]
            for one in found
            if one.key.startswith("turned/")
        ]
    )
