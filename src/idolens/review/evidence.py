"""Which frames are evidence, and which pictures show what not everybody should see."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from idolens.media.frame import Frame
from idolens.review.findings import Finding, Sight
from idolens.vocabulary import FrameId, Sha256

DISMISSED = "dismissed"
"""The only verdict after which a finding is no evidence any more."""


def evidence_frames(
    findings: Iterable[Finding],
    decisions: Mapping[str, str],
    times: Iterable[tuple[int, int]],
    frames: Sequence[Frame],
    pinned: Collection[FrameId],
) -> frozenset[FrameId]:
    """Return the frames that are kept, however old they are.

    Args:
        findings: of a session.
        decisions: what people said last to a finding, by its id. Those to which nobody
            has said anything are evidence until somebody does.
        times: begin and end of what people saw where the machine found nothing.
        frames: all of the session.
        pinned: by people.
    """
    kept = set(pinned)
    for finding in findings:
        if decisions.get(finding.id) != DISMISSED:
            kept.update(FrameId(sight.frame) for sight in _around(finding))
    for start, end in times:
        kept.update(
            frame.id for frame in frames if frame.start < end and start < frame.end
        )
    # The picture of a frame like an earlier one is that of the earlier one.
    shown_by = {frame.id: frame.inherits for frame in frames if frame.inherits}
    kept.update(FrameId(shown_by[one]) for one in list(kept) if one in shown_by)
    return frozenset(kept)


def delicate_pictures(
    findings: Iterable[Finding],
    decisions: Mapping[str, str],
    questions: Collection[str],
) -> frozenset[Sha256]:
    """Return the pictures of findings about ``questions`` that nobody dismissed."""
    return frozenset(
        Sha256(sight.picture)
        for finding in findings
        if finding.question in questions and decisions.get(finding.id) != DISMISSED
        for sight in (*finding.why.sights, finding.evidence)
        if sight.picture
    )


def _around(finding: Finding) -> tuple[Sight, ...]:
    why = finding.why
    return (*why.before, *why.sights, finding.evidence, *why.after)
