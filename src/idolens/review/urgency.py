"""In which order people review: risk first, and of equal risk what is least certain.

A finding's risk is one of five steps: how much it matters (none 0, low 1, medium 2,
high 3), and one more where blocking is proposed. Within a step the uncertain come
first: at ``review_at`` the uncertainty is 1, at probability 1 it is 0, with a straight
line between. ``rank = (step + uncertainty) / 5``, in millionths.

Frames of the QA sample stand below all that matters, in an order drawn by lot: were
the doubtful ones looked at first, a half-reviewed sample would say too much is missed.
"""

import hashlib

from idolens.review.findings import Finding
from idolens.vocabulary import RiskLevel, Suggestion

TOP = 1_000_000
STEPS = 5
_LEVELS = tuple(RiskLevel)


def uncertainty(probability: float, review_at: float) -> float:
    """Return 1 at the threshold and 0 at certainty."""
    room = 1 - review_at
    if room <= 0:
        return 0.0
    return min(1.0, max(0.0, (1 - probability) / room))


def rank(finding: Finding) -> int:
    """Return how urgently a finding wants a person, 0 to `TOP`."""
    step = _LEVELS.index(finding.level) + (finding.suggestion is Suggestion.BLOCK)
    doubt = uncertainty(finding.peak, finding.why.review_at)
    return round((step + doubt) / STEPS * TOP)


def sample_rank(session: str, frame: str) -> int:
    """Return a sampled frame's place, by lot, below the first step."""
    drawn = hashlib.sha256(f"{session}/{frame}".encode()).digest()
    return int.from_bytes(drawn[:4]) * (TOP // STEPS) >> 32
