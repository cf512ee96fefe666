"""Which tokens say a label: 是 and Yes mean the same, and so do "A" and " A".

Pure: token texts or ids with log-probabilities in, a log-probability a label out.
"""

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from idolens.vlm.label_words import variants

_SPACES = (
    " \t\r\n\u2581\u0120\u010a"  # also as SentencePiece and byte-level BPE write them
)
_AROUND = _SPACES + ".。!!??::·-—*#\"'“”‘’「」()()[]【】"


def by_text(
    labels: Iterable[str], alternatives: Iterable[tuple[str, float]]
) -> dict[str, float]:
    """Add up the alternatives that say each label.

    Args:
        labels: the labels of the question.
        alternatives: text of a token and its natural log-probability.

    Returns:
        label → natural log of its probability; a label that none says is left out.
    """
    known = list(labels)
    said: dict[str, list[float]] = {}
    for text, log in alternatives:
        label = _said(known, text)
        if label is not None:
            said.setdefault(label, []).append(log)
    return {label: sum_of_logs(logs) for label, logs in said.items()}


def by_id(
    labels: Iterable[str],
    ids: Mapping[str, Sequence[int]],
    alternatives: Mapping[int, float],
) -> dict[str, float]:
    """Add up the probabilities of each label's tokens; see `by_text`."""
    found: dict[str, float] = {}
    for label in labels:
        logs = [alternatives[token] for token in ids[label] if token in alternatives]
        if logs:
            found[label] = sum_of_logs(logs)
    return found


def ids_of(
    labels: Sequence[str], encoded: Mapping[str, Sequence[int]]
) -> dict[str, tuple[int, ...]]:
    """Return the tokens that say each label.

    A way of writing counts if it is one token. A label that is several tokens counts
    by its first, unless another label begins with that one too.

    Args:
        labels: the labels.
        encoded: way of writing → its tokens; all `variants`, with and without a space
            before them.
    """
    ids: dict[str, list[int]] = {}
    for label in labels:
        ways = [way for word in variants(label) for way in (word, f" {word}")]
        tokens = [encoded[way] for way in ways if way in encoded]
        ids[label] = [way[0] for way in tokens if len(way) == 1]
    taken = {token for tokens in ids.values() for token in tokens}
    firsts = {label: encoded.get(label, ())[:1] for label in labels if not ids[label]}
    for label, first in firsts.items():
        alone = sum(other == first for other in firsts.values()) == 1
        if first and alone and first[0] not in taken:
            ids[label] = [first[0]]
    return {label: tuple(dict.fromkeys(tokens)) for label, tokens in ids.items()}


def in_words(labels: Mapping[str, str], text: str) -> str | None:
    """Return the label that a reply in words is, or None if it is none.

    ``B``, ``B. 户外公园``, ``户外公园`` and ``否。`` count; anything that would have
    to be guessed does not.
    """
    said = _folded(text)
    if not said:
        return None
    for label, meaning in labels.items():
        if said in {_folded(way) for way in (*variants(label), meaning)}:
            return label
    begun = [
        label
        for label, meaning in labels.items()
        if any(_begins(said, _folded(way), meaning) for way in variants(label))
    ]
    return begun[0] if len(begun) == 1 else None


def sum_of_logs(logs: Iterable[float]) -> float:
    """Return the log of the sum of probabilities; never above 0."""
    total = math.fsum(math.exp(min(log, 0.0)) for log in logs if not math.isnan(log))
    return min(math.log(total), 0.0) if total > 0 else -math.inf


def _said(labels: Sequence[str], text: str) -> str | None:
    token = unicodedata.normalize("NFKC", text).strip(_SPACES)
    if not token or "\ufffd" in token:
        return None
    exact = [label for label in labels if token in variants(label)]
    if exact:
        return exact[0]
    if token.isascii() and len(token) == 1:
        return None  # one letter begins too many words
    begun = [
        label
        for label in labels
        if any(way.startswith(token) for way in variants(label))
    ]
    return begun[0] if len(begun) == 1 else None


def _begins(said: str, way: str, meaning: str) -> bool:
    """Tell whether ``said`` is ``way``, and then a new sentence or its meaning."""
    rest = said[len(way) :]
    if not said.startswith(way) or not rest or rest[0].isalnum():
        return False
    return not rest[0].isspace() or _folded(rest) == _folded(meaning)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip(_AROUND).casefold()
