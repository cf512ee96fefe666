"""The report as one self-contained HTML page.

Everything is inside: style, drawings and evidence pictures (as data URLs). No script
runs and no request leaves: the page forbids both to itself. Both languages are there;
a switch without a script shows one of them.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.resources import files
from itertools import groupby
from typing import Any, cast

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from idolens.errors import MediaError
from idolens.media import decode_evidence
from idolens.outputs.report_figures import (
    MOST_FILMS,
    anchors,
    film,
    key_frames,
    lanes,
    ticks,
    worst_first,
)
from idolens.outputs.report_words import COLUMNS, LEGEND, PAGE
from idolens.outputs.said import Said
from idolens.review.coverage import Coverage
from idolens.review.findings import Finding
from idolens.review.policy import CANNOT_TELL
from idolens.review.record import Words
from idolens.review.report import Report
from idolens.review.tracks import Tag
from idolens.review.wording import (
    ADVICE,
    DROPS,
    STATES,
    SUGGESTIONS,
    amount,
    clock,
    percent,
    reason_words,
    when,
)
from idolens.vocabulary import Language, Sha256, Suggestion

MOST_CARDS = 40
"""How many findings have a card with their picture; the rest are one line each."""
MOST_REPLIES = 4
"""How many replies of a finding show their probability."""
MOST_TAGS = 6
"""How many tags of one namespace are listed."""


def render_page(
    report: Report,
    evidence: Mapping[Sha256, bytes],
    language: Language,
    said: Mapping[str, Said] | None = None,
    notes: Sequence[Words] = (),
) -> str:
    """Render ``report``; the same report and pictures give the same text.

    Args:
        report: what to show.
        evidence: JPEG files by digest; see ``wanted_pictures``. A missing one
            leaves an empty frame.
        language: which language shows first.
        said: what people said last, by finding; others are about a time in which
            nothing was found.
        notes: what is to be known of this page, beside the report.
    """
    said = said or {}
    found = {finding.id for finding in report.signed.judgement.findings}
    kind = report.signed.session.kind
    environment = _environment({"amount": partial(amount, kind)})
    return environment.get_template("report.html").render(
        report=report,
        session=report.signed.session,
        judgement=report.signed.judgement,
        policy=report.signed.policy,
        language=language,
        lanes=lanes(report),
        ticks=ticks(report),
        findings=worst_first(report.signed.judgement.findings),
        anchors=anchors(report),
        key_frames=key_frames(report),
        facts=_facts(report),
        tags=_namespaces(report),
        links=_links(report),
        replies=partial(_replies, report),
        cells=_cells,
        film=film,
        picture=partial(_data_url, evidence),
        size_of=partial(_size, evidence),
        when=partial(when, kind),
        at=partial(_at, report),
        looks=_looks(report),
        said=said,
        notes=notes,
        added=[one for target, one in said.items() if target not in found],
        **_FIXED,
    )


_FIXED: Mapping[str, object] = {
    "page": PAGE,
    "columns": COLUMNS,
    "suggestions": SUGGESTIONS,
    "advice": ADVICE,
    "states": STATES,
    "drops": DROPS,
    "most_films": MOST_FILMS,
    "most_cards": MOST_CARDS,
}


def _environment(filters: Mapping[str, Callable[[int], Words]]) -> Environment:
    folder = files("idolens.outputs").joinpath("templates")
    sources = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir()}
    environment = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja's own type for filters is the union of those it ships.
    known = cast("dict[str, Any]", environment.filters)
    known |= {**filters} | {
        "both": _both,
        "plain": _plain,
        "percent": percent,
        "clock": clock,
        "reason": reason_words,
    }
    return environment


def _both(words: Words) -> Markup:
    """Write both languages; the page's switch hides one of them."""
    if words.zh == words.en:
        return Markup("<span>{}</span>").format(words.zh)
    return Markup(
        '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    ).format(words.zh, words.en)


def _plain(words: Words) -> str:
    """Write both languages where no markup can stand: tooltips, alternative texts."""
    return words.zh if words.zh == words.en else f"{words.zh} / {words.en}"


def _data_url(evidence: Mapping[Sha256, bytes], digest: str | None) -> str:
    data = evidence.get(Sha256(digest or ""))
    return "" if data is None else f"data:image/jpeg;base64,{_base64(data)}"


def _size(evidence: Mapping[Sha256, bytes], finding: Finding) -> tuple[int, int] | None:
    """Return width and height of a picture with regions; None where there are none."""
    data = evidence.get(Sha256(finding.evidence.picture or ""))
    if data is None or not finding.regions:
        return None
    try:
        shown = decode_evidence(data)
    except MediaError:
        return None  # the coordinates are there as numbers all the same
    return shown.width, shown.height


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _at(report: Report, at_ms: int) -> Words:
    """Write one moment: its time, or which picture it is."""
    if report.signed.session.kind == "recording":
        return Words(zh=clock(at_ms), en=clock(at_ms))
    number = at_ms // 1000 + 1
    return Words(zh=f"第 {number} 张", en=f"No. {number}")


def _facts(report: Report) -> dict[str, Any]:
    """Sum up the numbers of the page's head."""
    judgement = report.signed.judgement
    rows, duration = judgement.coverage, max(1, judgement.duration_ms)
    risky = {total.question for total in judgement.totals}
    found = [finding.suggestion for finding in judgement.findings]
    return {
        "seen": min(row.seen_ms for row in rows) / duration,
        "unexamined": max(row.unexamined_ms for row in rows) / duration,
        "failed": max(row.failed_ms for row in rows) / duration,
        "undecided": max(
            (row.undecided_ms for row in rows if row.question in risky), default=0
        )
        / duration,
        "block": found.count(Suggestion.BLOCK),
        "review": found.count(Suggestion.REVIEW),
    }


def _namespaces(report: Report) -> list[tuple[Words, list[Tag]]]:
    tags = report.signed.judgement.tags
    return [
        (group[0].label, group[:MOST_TAGS])
        for group in (
            list(found) for _, found in groupby(tags, key=lambda tag: tag.question)
        )
    ]


def _links(report: Report) -> dict[str, str]:
    """Say where on the page a frame is shown."""
    places = anchors(report)
    shown = {key.frame.id: f"#key-{key.frame.id}" for key in key_frames(report)}
    return shown | {
        finding.evidence.frame: f"#{places[finding.id]}"
        for finding in report.signed.judgement.findings
    }


def _replies(report: Report, finding: Finding) -> list[tuple[Words, float, bool]]:
    """Return the likeliest replies with probability and whether each is risky."""
    question = next(
        question
        for question in report.signed.policy.policy.questions
        if question.key == finding.question
    )
    likeliest = sorted(finding.why.probabilities.items(), key=lambda pair: -pair[1])
    return [
        (
            CANNOT_TELL if reply == "cannot_tell" else question.shown(reply),
            chance,
            reply in finding.why.when,
        )
        for reply, chance in likeliest[:MOST_REPLIES]
    ]


def _cells(row: Coverage) -> list[tuple[str, int]]:
    """Return the columns of a coverage row with their times in ms."""
    times = {
        "examined": row.examined_ms,
        "inherited": row.inherited_ms,
        "undecided": row.undecided_ms,
        "dropped": sum(row.dropped_ms.values()),
        "failed": row.failed_ms,
        "unanswered": row.unanswered_ms,
    }
    return [(column, times[column]) for column in COLUMNS]


def _looks(report: Report) -> list[str]:
    """Return the looks that the timeline uses, for its legend."""
    used = {segment.look for lane in lanes(report) for segment in lane.segments}
    return [look for look in LEGEND if look in used]
