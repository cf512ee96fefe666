"""The digest paragraph (摘要): a report's facts in a few plain sentences.

Each sentence names the frames that it rests on. Templates only: no model writes.
"""

from collections import Counter
from collections.abc import Sequence

from idolens.media.frame import Frame, FrameState
from idolens.review.findings import Finding
from idolens.review.judge import Judgement
from idolens.review.record import Record, Words
from idolens.review.session_facts import SessionFacts
from idolens.review.tracks import Tag
from idolens.review.wording import (
    ADVICE,
    SUGGESTIONS,
    percent,
    reason_words,
    span,
    when,
)
from idolens.vocabulary import Suggestion

MOST_FINDINGS = 5
"""How many findings the digest spells out; the rest are counted."""


class Sentence(Record):
    """One sentence and the frames that it rests on."""

    words: Words
    frames: tuple[str, ...] = ()


def digest(
    session: SessionFacts, frames: Sequence[Frame], judgement: Judgement
) -> tuple[Sentence, ...]:
    """Write the digest of a session."""
    return (
        _verdict(judgement),
        _looked(session, frames, judgement),
        *_findings(session, judgement.findings),
        *_suppressed(judgement),
        *_other_reasons(judgement),
        *_tags(judgement.tags),
    )


def _verdict(judgement: Judgement) -> Sentence:
    suggestion = judgement.suggestion
    said, advice = SUGGESTIONS[suggestion], ADVICE[suggestion]
    return Sentence(
        words=Words(
            zh=f"处置建议：{said.zh}。{advice.zh}",
            en=f"Suggestion: {said.en}. {advice.en}",
        )
    )


def _looked(
    session: SessionFacts, frames: Sequence[Frame], judgement: Judgement
) -> Sentence:
    states = Counter(frame.state for frame in frames)
    kept, inherited = states[FrameState.KEPT], states[FrameState.INHERITED]
    dropped, failed = states[FrameState.DROPPED], states[FrameState.FAILED]
    least = min(row.seen_ms for row in judgement.coverage)
    share = percent(least / max(1, judgement.duration_ms))
    length, step = span(session.duration_ms), span(session.every_ms)
    if session.kind == "recording":
        zh = (
            f"《{session.name}》全长 {length.zh}，"
            f"每 {step.zh}取一帧，共 {len(frames)} 帧"
        )
        en = (
            f"“{session.name}” lasts {length.en}; "
            f"one frame every {step.en} makes {len(frames)} frames"
        )
    else:
        zh = f"《{session.name}》共 {len(frames)} 张图片"
        en = f"“{session.name}” has {len(frames)} pictures"
    return Sentence(
        words=Words(
            zh=f"{zh}：模型看过 {kept}，与前面画面相同 {inherited}，丢弃 {dropped}，"
            f"失败 {failed}；模型看过全场的 {share}。",
            en=f"{en}: {kept} seen by the model, {inherited} the same as "
            f"an earlier one, {dropped} dropped, {failed} failed; "
            f"the model saw {share} of the session.",
        )
    )


def _findings(session: SessionFacts, findings: Sequence[Finding]) -> list[Sentence]:
    if not findings:
        return []
    sentences = [_finding(session, finding) for finding in _worst_first(findings)]
    rest = len(findings) - MOST_FINDINGS
    if rest > 0:
        sentences[MOST_FINDINGS:] = [
            Sentence(
                words=Words(
                    zh=f"另有 {rest} 处命中。", en=f"There are {rest} more findings."
                )
            )
        ]
    return sentences


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    order = list(Suggestion)
    return sorted(
        findings,
        key=lambda found: (-order.index(found.suggestion), -found.peak, found.start_ms),
    )


def _finding(session: SessionFacts, finding: Finding) -> Sentence:
    said, name = SUGGESTIONS[finding.suggestion], finding.sub_label
    peak = percent(finding.peak)
    at = when(session.kind, finding.start_ms, finding.end_ms)
    file = finding.evidence.label
    named = Words(zh=f"《{file}》", en=f" “{file}”") if file else Words(zh="", en="")
    return Sentence(
        words=Words(
            zh=f"{at.zh}{named.zh}：{name.zh}，最高概率 {peak}，建议{said.zh}。",
            en=f"{at.en}{named.en}: {name.en}, probability up to {peak}; "
            f"suggestion: {said.en}.",
        ),
        frames=(finding.evidence.frame,),
    )


def _suppressed(judgement: Judgement) -> list[Sentence]:
    """Say what is left out, and on whose word."""
    left_out = judgement.suppressed
    if not left_out:
        return []
    verdicts = sorted(
        {f"#{said.verdict}" for one in left_out for said in one.dismissed_by},
        key=lambda number: int(number[1:]),
    )
    named = ", ".join(verdicts[:MOST_FINDINGS])
    more = len(verdicts) - MOST_FINDINGS
    zh = f"{named} 等 {len(verdicts)} 条" if more > 0 else named
    en = f"{named} and {more} more" if more > 0 else named
    return [
        Sentence(
            words=Words(
                zh=f"有 {len(left_out)} 处未再列为命中：同样的画面和问题"
                f"此前已由人工判为误报（判定 {zh}）。",
                en=f"Findings left out because people dismissed the same pictures for "
                f"the same question before: {len(left_out)} (verdict {en}).",
            ),
            frames=tuple(one.finding.evidence.frame for one in left_out),
        )
    ]


def _other_reasons(judgement: Judgement) -> list[Sentence]:
    return [
        Sentence(words=reason_words(reason))
        for reason in judgement.reasons
        if reason.code != "findings"
    ]


def _tags(tags: Sequence[Tag]) -> list[Sentence]:
    """Name the longest reply of each namespace."""
    first: dict[str, Tag] = {}
    for tag in tags:
        first.setdefault(tag.namespace, tag)
    if not first:
        return []
    zh = "、".join(f"{tag.label.zh} {tag.words.zh}" for tag in first.values())
    en = ", ".join(f"{tag.label.en}: {tag.words.en}" for tag in first.values())
    return [
        Sentence(
            words=Words(zh=f"最常见的画面：{zh}。", en=f"Most often seen: {en}."),
            frames=tuple(tag.best[0].frame for tag in first.values()),
        )
    ]
