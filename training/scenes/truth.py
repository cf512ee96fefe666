"""What may be asked about a finished picture, judged from where things ended up."""

from training.scenes.brush import Box
from training.scenes.layout import Layout
from training.scenes.scene import Scene
from training.scenes.vocabulary import ATTRIBUTES, CANNOT_TELL

_SEEN: dict[str, tuple[float, float]] = {
    "hair_style": (0.74, 21),
    "hair_color": (0.6, 12),
    "clothing": (0.58, 20),
    "clothing_color": (0.4, 14),
    "head_accessory": (0.75, 22),
    "hand_accessory": (0.68, 22),
    "expression": (0.95, 25),
    "exposure": (0.7, 21),
}
"""Share of the evidence inside the frame, and pixels a head, that a question needs."""

_GONE = 0.2
_LONG = {"长直发", "姬发式", "大波浪", "麻花辫", "侧马尾", "双马尾", "高马尾"}
_SMALLEST_MARK = 9.0
_FRONT = ("clothing", "exposure", "hair_style", "head_accessory", "hand_accessory")
"""What a back neither shows nor denies."""


def judge(
    scene: Scene, layout: Layout, marks: dict[str, Box], w: float, h: float
) -> dict[str, str | None]:
    """Decides for each attribute: a word, CANNOT_TELL or None."""
    truth: dict[str, str | None] = {key: getattr(scene, key) for key in ATTRIBUTES}
    if scene.kind == "empty":
        truth |= dict.fromkeys(_SEEN, CANNOT_TELL)
        truth["count"] = "没有人"
    else:
        for key, (share, unit) in _SEEN.items():
            inside = _inside(marks[key], w, h) if key in marks else 0.0
            if inside < _GONE:
                truth[key] = CANNOT_TELL
            elif inside < share or layout.main.unit < unit:
                truth[key] = None
        _framed(scene, truth)
        if layout.crowded:
            truth["count"] = None
    if scene.brand != "无标志" and _inside(marks["brand"], w, h) < 0.9:  # noqa: PLR2004
        truth["brand"] = None
    if (
        scene.brand != "无标志"
        and marks["brand"][2] - marks["brand"][0] < 2 * _SMALLEST_MARK
    ):
        truth["brand"] = None
    return truth


def _framed(scene: Scene, truth: dict[str, str | None]) -> None:
    if scene.framing == "face":
        truth["scene"] = None
        for key in ("clothing", "clothing_color", "exposure", "hand_accessory"):
            truth[key] = CANNOT_TELL
    if scene.framing == "body":
        truth["count"] = None
        for key in ("hair_style", "hair_color"):
            truth[key] = None if scene.hair_style in _LONG else CANNOT_TELL
        for key in ("expression", "head_accessory"):
            truth[key] = CANNOT_TELL
    if scene.facing == "back":
        truth["expression"] = CANNOT_TELL
        for key in _FRONT:
            truth[key] = CANNOT_TELL if truth[key] == CANNOT_TELL else None


def _inside(box: Box, w: float, h: float) -> float:
    x0, y0, x1, y1 = box
    across = max(0.0, min(x1, w) - max(x0, 0.0))
    down = max(0.0, min(y1, h) - max(y0, 0.0))
    return across * down / max((x1 - x0) * (y1 - y0), 1e-6)
