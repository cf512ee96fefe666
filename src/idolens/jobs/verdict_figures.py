"""What people said of the sessions of a policy, by the version that judged them."""

from collections.abc import Sequence
from dataclasses import dataclass

from idolens.archive import Archive
from idolens.archive.review_queue import ReviewItem, ReviewLot
from idolens.archive.verdicts import Verdict
from idolens.review.review_figures import (
    Judged,
    ReviewFigures,
    Word,
    review_figures,
)


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """The figures of one version of a policy."""

    version: str
    figures: ReviewFigures


def figures_of(archive: Archive, policy: str) -> list[VersionFigures]:
    """Return the figures of a policy's versions, the one used last first.

    What is not in the review queue yet does not count: put it in before.
    """
    by_version: dict[str, list[ReviewLot]] = {}
    lots = sorted(
        archive.review.lots(policy), key=lambda lot: lot.ready_at_ms, reverse=True
    )
    for lot in lots:
        version = archive.session(lot.session_id).policy_version
        by_version.setdefault(version, []).append(lot)
    return [
        VersionFigures(version, _figures(archive, some))
        for version, some in by_version.items()
    ]


def _figures(archive: Archive, lots: Sequence[ReviewLot]) -> ReviewFigures:
    said = archive.verdicts.all(lot.session_id for lot in lots)
    judged: list[Judged] = []
    for lot in lots:
        by_target: dict[str, list[Verdict]] = {}
        for verdict in said[lot.session_id]:
            words = by_target.setdefault(verdict.target.key, [])
            if verdict.decision == "withdrawn":
                words.clear()
            else:
                words.append(verdict)
        judged += [
            _judged(item, lot, by_target.get(item.target, ()))
            for item in archive.review.items(lot.session_id)
        ]
    return review_figures(
        judged, sessions=len(lots), passed=sum(lot.passed for lot in lots)
    )


def _judged(item: ReviewItem, lot: ReviewLot, words: Sequence[Verdict]) -> Judged:
    missed = words[-1].target.question if words else ""
    return Judged(
        kind=item.kind,
        question=item.question or missed,
        looks=item.looks,
        ready_at_ms=lot.ready_at_ms,
        words=[
            Word(
                by=word.by,
                decision=word.decision,
                at_ms=word.at_ms,
                took_ms=word.took_ms,
            )
            for word in words
        ],
    )
