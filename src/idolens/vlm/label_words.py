"""The ways in which models write a label: 是 and Yes mean the same."""

_SAME = (
    ("是", "Yes", "yes", "YES"),
    ("否", "No", "no", "NO"),
    ("无法判断", "Unclear", "unclear"),
)


def variants(label: str) -> tuple[str, ...]:
    """Return every way to write ``label`` that counts, the label itself first."""
    for same in _SAME:
        if label in same:
            return (label, *(other for other in same if other != label))
    return (label,)
