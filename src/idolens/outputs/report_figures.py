"""What the report page draws: lanes over time, key frames, wanted pictures.

Positions are per cent of the session's duration, so that one drawing fits every
width of screen and paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from idolens.media.frame import FrameState
from idolens.review.findings import Finding, Sight
from idolens.review.moments import DECIDED, MomentState
from idolens.review.policy import PolicyQuestion
from idolens.review.record import Words
from idolens.review.report import FrameFacts, Report
from idolens.review.tracks import Stretch, Track
from idolens.review.wording import DROPS, STATES, clock
from idolens.vocabulary import Sha256, Suggestion

MOST_FILMS = 10
"""How many findings show the pictures before and after: a page must be mailable."""
MOST_KEY_FRAMES = 12
MOST_TICKS = 6
LEAST_WIDTH = 0.4
"""Narrowest finding that is still drawn visibly, in per cent."""
WORDS_FIT = 7.0
"""Narrowest segment, in per cent, that has its words inside."""
HUES = 8
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a lane; ``look`` is its CSS class."""

    x: float
    width: float
    look: str
    title: Words
    words: Words | None = None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """One question over time."""

    label: Words
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """The first good look at a scene and costume, and how long they lasted."""

    frame: FrameFacts
    start_ms: int
    end_ms: int
    words: tuple[Words, ...]


def anchors(report: Report) -> dict[str, str]:
    """Give every finding, worst first, its place on the page."""
    ordered = worst_first(report.signed.judgement.findings)
    return {found.id: f"finding-{number}" for number, found in enumerate(ordered, 1)}


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Sort findings as a person should look at them."""
    order = list(Suggestion)
    return sorted(
        findings, key=lambda found: (-order.index(found.suggestion), found.start_ms)
    )


def lanes(report: Report) -> list[Lane]:
    """Return one lane per question with risks, then scene and costume."""
    tracks = {track.question: track for track in report.signed.judgement.tracks}
    questions = report.signed.policy.policy.questions
    risky = [question for question in questions if question.risks]
    return [_risk_lane(report, tracks[question.key]) for question in risky] + [
        _value_lane(report, tracks[question.key]) for question in told(questions)
    ]


def told(questions: Sequence[PolicyQuestion]) -> list[PolicyQuestion]:
    """Return the questions whose replies tell the show's story: scene and costume."""
    named = [q for q in questions if q.namespace in ("scene", "clothing")]
    return named or [q for q in questions if q.kind == "choice"][:2]


def ticks(report: Report) -> list[tuple[float, str]]:
    """Return where the time axis is marked, in per cent, and with what."""
    duration = report.signed.judgement.duration_ms
    if not duration:
        return []
    step = next(
        (step for step in STEPS_S if duration <= step * 1000 * MOST_TICKS), STEPS_S[-1]
    )
    stills = report.signed.session.kind == "pictures"
    return [
        (_share(at, duration), str(at // 1000 + 1) if stills else clock(at))
        for at in range(0, duration, step * 1000)
    ]


def _risk_lane(report: Report, track: Track) -> Lane:
    duration = report.signed.judgement.duration_ms
    places = anchors(report)
    base = [_stretch(stretch, duration) for stretch in track.stretches]
    over = [
        Segment(
            x=_share(found.start_ms, duration),
            width=max(LEAST_WIDTH, _share(found.end_ms - found.start_ms, duration)),
            look=f"level-{found.level}",
            title=found.sub_label,
            href=f"#{places[found.id]}",
        )
        for found in report.signed.judgement.findings
        if found.question == track.question
    ]
    return Lane(track.label, (*base, *over))


def _value_lane(report: Report, track: Track) -> Lane:
    duration = report.signed.judgement.duration_ms
    hues: dict[str, int] = {}
    segments: list[Segment] = []
    for group in _same_replies(track.stretches):
        if group[0].state not in DECIDED:
            segments += [_stretch(stretch, duration) for stretch in group]
            continue
        words = _joined(group[0].replies)
        hue = hues.setdefault(words.zh, len(hues) % HUES)
        width = _share(group[-1].end_ms - group[0].start_ms, duration)
        segments.append(
            Segment(
                x=_share(group[0].start_ms, duration),
                width=width,
                look=f"hue-{hue}",
                title=words,
                words=words if width >= WORDS_FIT else None,
            )
        )
        segments += [
            replace(_stretch(stretch, duration), look="over")
            for stretch in group
            if stretch.state is MomentState.INHERITED
        ]
    return Lane(track.label, tuple(segments))


def _same_replies(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    for _, group in groupby(
        stretches, key=lambda stretch: (stretch.state in DECIDED, stretch.replies)
    ):
        yield list(group)


def _stretch(stretch: Stretch, duration: int) -> Segment:
    state = STATES[stretch.state]
    if stretch.drop is not None:
        drop = DROPS[stretch.drop]
        state = Words(zh=f"{state.zh}·{drop.zh}", en=f"{state.en}: {drop.en}")
    replies = _joined(stretch.replies)
    title = Words(zh=f"{state.zh} {replies.zh}", en=f"{state.en} {replies.en}")
    return Segment(
        x=_share(stretch.start_ms, duration),
        width=_share(stretch.end_ms - stretch.start_ms, duration),
        look="calm" if stretch.state is MomentState.EXAMINED else str(stretch.state),
        title=title,
    )


def _joined(replies: Sequence[Words]) -> Words:
    return Words(
        zh="、".join(reply.zh for reply in replies),
        en=", ".join(reply.en for reply in replies),
    )


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 3) if whole else 0.0


def key_frames(report: Report) -> list[KeyFrame]:
    """Return the show's story: one frame for each change of scene or costume."""
    keys = {question.key for question in told(report.signed.policy.policy.questions)}
    tracks = [
        track for track in report.signed.judgement.tracks if track.question in keys
    ]
    kept = [
        (frame, tuple(_reply_at(track, frame.start_ms) for track in tracks))
        for frame in report.signed.frames
        if frame.state is FrameState.KEPT and frame.picture
    ]
    found: list[KeyFrame] = []
    for words, group in groupby(kept, key=lambda pair: pair[1]):
        run = [frame for frame, _ in group]
        said = tuple(word for word in words if word is not None)
        found.append(KeyFrame(run[0], run[0].start_ms, run[-1].end_ms, said))
    longest = sorted(found, key=lambda key: key.start_ms - key.end_ms)
    return sorted(longest[:MOST_KEY_FRAMES], key=lambda key: key.start_ms)


def _reply_at(track: Track, at: int) -> Words | None:
    within = (
        stretch.replies
        for stretch in track.stretches
        if stretch.start_ms <= at < stretch.end_ms
    )
    replies = next(within, ())
    return _joined(replies) if replies else None


def film(finding: Finding) -> list[tuple[Sight, bool]]:
    """Return the looks around a finding, and whether each belongs to it.

    Of a long finding the first, the strongest and the last look are taken.
    """
    sights = finding.why.sights
    peak = [sight for sight in sights if sight.frame == finding.evidence.frame]
    picked = {sight.frame for sight in (sights[0], *peak, sights[-1])}
    within = [sight for sight in sights if sight.frame in picked]
    return [
        *((sight, False) for sight in finding.why.before),
        *((sight, True) for sight in within),
        *((sight, False) for sight in finding.why.after),
    ]


def wanted_pictures(report: Report) -> tuple[Sha256, ...]:
    """Return the digests of the pictures that a report needs, without doubles.

    Every finding's evidence, worst first; then what the page shows around them.
    """
    findings = worst_first(report.signed.judgement.findings)
    shown = [found.evidence.picture for found in findings]
    for found in findings[:MOST_FILMS]:
        shown += [sight.picture for sight, _ in film(found)]
    shown += [key.frame.picture for key in key_frames(report)]
    return tuple(dict.fromkeys(Sha256(digest) for digest in shown if digest))
