"""What the judge makes of answers, case by case; the laws are in test_laws.py."""

from dataclasses import replace

import pytest

from idolens.media.frame import DropReason, FrameState
from idolens.review.judge import Judgement, judge
from idolens.review.moments import MomentState, probability_of, replies
from idolens.review.policy_file import check_policy
from idolens.vlm.answer import Answer, Region, Status
from idolens.vocabulary import FrameId, Milliseconds, RiskLevel, Sha256, Suggestion
from tests.review.sessions import (
    SMALL,
    STEP,
    answer,
    digest,
    exposure,
    frame,
    small,
)

PASS, REVIEW, BLOCK = Suggestion.PASS, Suggestion.REVIEW, Suggestion.BLOCK
DROPPED, FAILED, KEPT = FrameState.DROPPED, FrameState.FAILED, FrameState.KEPT


def judged(chances: list[float | None], *changes: tuple[str, str]) -> Judgement:
    """Judge one kept frame for each chance of exposure."""
    frames = [frame(number) for number in range(len(chances))]
    return judge(frames, exposure(chances), small(*changes))


def codes(judgement: Judgement) -> set[str]:
    return {reason.code for reason in judgement.reasons}


def ranges(judgement: Judgement) -> list[tuple[int, int]]:
    return [
        (found.start_ms // STEP, found.end_ms // STEP) for found in judgement.findings
    ]


def test_nothing_risky_passes() -> None:
    """A session that was looked at and shows no risk passes without a reason."""
    judgement = judged([0.1, 0.2, 0.0])

    assert judgement.suggestion is PASS
    assert judgement.reasons == ()
    assert judgement.findings == ()
    assert judgement.totals[0].peak == 0.2
    assert judgement.totals[0].findings == 0


def test_like_answers_in_a_row_are_one_finding() -> None:
    """Consecutive risky looks become one range with peak and evidence."""
    judgement = judged([0.1, 0.6, 0.8, 0.7, 0.1, 0.55])

    first, second = judgement.findings
    assert ranges(judgement) == [(1, 4), (5, 6)]
    assert (first.peak, first.looks, first.seen_ms) == (0.8, 3, 3 * STEP)
    assert first.evidence.frame == "f000002"
    assert first.suggestion is REVIEW
    assert first.level is RiskLevel.HIGH
    assert second.id == "exposure/yes/f000005"
    assert judgement.suggestion is REVIEW
    assert judgement.reasons[0].measured == 2


def test_the_block_threshold_blocks() -> None:
    """A look at the block threshold makes its finding, and the session, a block."""
    judgement = judged([0.1, 0.6, 0.9, 0.1, 0.6])

    assert [found.suggestion for found in judgement.findings] == [BLOCK, REVIEW]
    assert judgement.suggestion is BLOCK
    assert judgement.totals[0].suggestion is BLOCK


def test_without_a_block_threshold_nothing_blocks() -> None:
    """A risk without block_at only ever asks for a look."""
    judgement = judged([1.0], ("        block_at: 0.9\n", ""))

    assert judgement.suggestion is REVIEW


def test_brief_sightings_are_no_findings() -> None:
    """Fewer looks in a row than min_consecutive are counted, not found."""
    judgement = judged([0.6, 0.1, 0.6, 0.7, 0.1], ("level: high", "min_consecutive: 2"))

    assert ranges(judgement) == [(2, 4)]
    assert judgement.totals[0].brief_looks == 1


def test_blocking_too_takes_enough_looks_in_a_row() -> None:
    """One look over block_at inside a longer finding does not block it."""
    twice = ("level: high", "min_consecutive: 2")

    assert judged([0.6, 0.95, 0.6], twice).suggestion is REVIEW
    assert judged([0.6, 0.95, 0.95], twice).suggestion is BLOCK


def test_still_pictures_are_judged_one_by_one() -> None:
    """Two risky posters in a row are two findings, however many looks are asked for."""
    frames = [frame(number, step=1000, label=f"{number}.png") for number in range(3)]
    policy = small(("level: high", "min_consecutive: 3"))
    judgement = judge(frames, exposure([0.6, 0.95, 0.1]), policy)

    found = [(f.evidence.label, f.looks, f.suggestion) for f in judgement.findings]
    assert found == [("0.png", 1, REVIEW), ("1.png", 1, BLOCK)]


def test_inherited_moments_extend_a_finding() -> None:
    """A frozen picture keeps its finding going, with the evidence it came from."""
    frames = [
        frame(0),
        frame(1, FrameState.INHERITED, drop=DropReason.FROZEN, inherits=0),
        frame(2, FrameState.INHERITED, drop=DropReason.FROZEN, inherits=0),
        frame(3),
    ]
    answers = exposure([0.8, 0.0, 0.0, 0.1])
    judgement = judge(frames, answers, small())

    (found,) = judgement.findings
    assert ranges(judgement) == [(0, 3)]
    assert found.evidence.frame == "f000000"
    assert found.looks == 3
    assert found.why.sights[1].state is MomentState.INHERITED
    assert {sight.picture for sight in found.why.sights} == {digest(0)}
    row = judgement.coverage[1]
    assert (row.examined_ms, row.inherited_ms) == (2 * STEP, 2 * STEP)


GAP = [frame(0), frame(1, DROPPED, drop=DropReason.BLACK), frame(2), frame(3)]


def test_a_gap_ends_a_finding() -> None:
    """Nothing is claimed of time that nobody looked at: a gap makes two findings."""
    judgement = judge(GAP, exposure([0.8, None, 0.8, 0.1]), small())

    assert ranges(judgement) == [(0, 1), (2, 3)]


def test_a_short_gap_is_bridged_where_the_policy_says_so() -> None:
    """With bridge_s a finding runs across unknown time, not counted as seen."""
    policy = small(
        ("namespace: scene", "tag_at: 0.5"),
        ("    risks", "    bridge_s: 60\n    risks"),
    )
    judgement = judge(GAP, exposure([0.8, None, 0.8, 0.1]), policy)

    (found,) = judgement.findings
    assert (found.start_ms, found.end_ms, found.seen_ms) == (0, 3 * STEP, 2 * STEP)
    assert found.why.sights[1].probability is None


def test_a_longer_gap_is_not_bridged() -> None:
    """bridge_s is an upper limit."""
    policy = small(("    risks", "    bridge_s: 59.9\n    risks"))

    assert len(judge(GAP, exposure([0.8, None, 0.8, 0.1]), policy).findings) == 2


def test_a_clear_answer_is_never_bridged() -> None:
    """A look that says no ends a finding, however long a bridge is allowed."""
    judgement = judged([0.8, 0.1, 0.8], ("    risks", "    bridge_s: 600\n    risks"))

    assert len(judgement.findings) == 2


def test_why_shows_the_neighbours() -> None:
    """A finding shows the two looks before and after it, with their probabilities."""
    why = judged([0.1, 0.2, 0.3, 0.8, 0.05, 0.0, 0.1]).findings[0].why

    assert [sight.probability for sight in why.before] == [0.2, 0.3]
    assert [sight.probability for sight in why.sights] == [0.8]
    assert [sight.probability for sight in why.after] == [0.05, 0.0]
    assert why.probabilities == {"yes": 0.8, "no": 0.2}
    assert why.reply.zh == "是"
    assert (why.model, why.prompt_version) == ("idolens-tiny", "zh-1")


def test_cannot_tell_is_no_finding_and_no_pass() -> None:
    """Undecided time has its own column and, past its limit, asks for a person."""
    judgement = judged([None, None, 0.1, 0.1])

    row = judgement.coverage[1]
    assert judgement.findings == ()
    assert (row.undecided_ms, row.examined_ms, row.moot_ms) == (2 * STEP, 2 * STEP, 0)
    assert codes(judgement) == {"undecided_share"}
    assert judgement.suggestion is REVIEW


def test_a_little_undecided_time_is_tolerated() -> None:
    """Below both limits undecided time is shown and has no consequence."""
    judgement = judged([None] + [0.1] * 9)

    assert judgement.suggestion is PASS
    assert judgement.coverage[1].undecided_ms == STEP


def test_a_long_undecided_stretch_asks_for_a_person() -> None:
    """One long stretch matters even where its share of the session is small."""
    short = ("    moot_when", "    undecided_stretch_s: 119\n    moot_when")
    judgement = judged([0.1] * 30 + [None, None] + [0.1, None], short)

    (reason,) = judgement.reasons
    assert (reason.code, reason.measured, reason.limit) == (
        "undecided_stretch",
        120,
        119,
    )


def test_undecided_tags_have_no_consequence() -> None:
    """That the model cannot name a scene asks for nobody."""
    answers = exposure([0.1, 0.1])
    for given in answers.values():
        given[2] = answer("scene", None)
    judgement = judge([frame(0), frame(1)], answers, small())

    assert judgement.suggestion is PASS
    assert judgement.coverage[2].undecided_ms == 2 * STEP


def test_an_empty_stage_is_moot() -> None:
    """Where nobody is in the picture, undecided exposure is harmless and shown so."""
    answers = exposure([None, None, None])
    for given in answers.values():
        given[1] = answer("person", "no")
    judgement = judge([frame(n) for n in range(3)], answers, small())

    assert judgement.suggestion is PASS
    assert judgement.coverage[1].moot_ms == 3 * STEP
    assert judgement.coverage[1].undecided_ms == 3 * STEP


def test_undecided_with_a_probable_risk_is_a_finding() -> None:
    """A cannot-tell answer still counts where its risky reply passes the threshold."""
    answers = {
        FrameId("f000000"): [
            answer("person", "yes"),
            answer(
                "exposure",
                None,
                options={"yes": 0.45, "cannot_tell": 0.55},
                label_mass=0.9,
            ),
            answer("scene", "室内舞台"),
        ]
    }
    lower = (("review_at: 0.5", "review_at: 0.4"),)

    found = judge([frame(0)], answers, small(*lower)).findings
    assert [finding.peak for finding in found] == [0.405]
    assert found[0].why.reply.zh == "无法判断"
    assert judge([frame(0)], answers, small()).findings == ()


def test_a_low_label_mass_weakens_an_undecided_risk() -> None:
    """Where the model wanted to say something else, the labels' shares count less."""
    answers = {
        FrameId("f000000"): [
            answer("exposure", None, options={"yes": 0.9, "no": 0.1}, label_mass=0.1)
        ]
    }

    assert judge([frame(0)], answers, small()).findings == ()


@pytest.mark.parametrize("status", [Status.INVALID, Status.ERROR])
def test_an_error_is_not_a_pass(status: Status) -> None:
    """Unusable answers count as unanswered time and ask for a person."""
    answers = exposure([0.1, 0.1])
    answers[FrameId("f000001")][0] = answer("exposure", "no", status=status)
    judgement = judge([frame(0), frame(1)], answers, small())

    (reason,) = judgement.reasons
    assert judgement.coverage[1].unanswered_ms == STEP
    assert (reason.code, reason.question, reason.measured) == (
        "unexamined",
        "exposure",
        0.5,
    )


def test_a_repeat_after_an_error_replaces_it() -> None:
    """The newest usable answer counts; a later error does not undo it."""
    answers = exposure([0.1])
    answers[FrameId("f000000")] += [
        answer("exposure", "yes", 0.8),
        answer("exposure", "yes", status=Status.ERROR),
    ]

    assert len(judge([frame(0)], answers, small()).findings) == 1


def test_failed_time_asks_for_a_person() -> None:
    """Too much unexamined time makes a review, whatever was found."""
    frames = [frame(0), frame(1, FAILED), frame(2), frame(3)]
    judgement = judge(frames, exposure([0.1] * 4), small())

    (reason,) = judgement.reasons
    assert (reason.code, reason.question, reason.measured) == ("unexamined", None, 0.25)
    assert judgement.suggestion is REVIEW
    assert judgement.coverage[0].failed_ms == STEP


@pytest.mark.parametrize(
    ("drop", "suggestion"), [(DropReason.BLACK, PASS), (DropReason.BLURRED, REVIEW)]
)
def test_black_time_is_harmless_and_blurred_time_is_not(
    drop: DropReason, suggestion: Suggestion
) -> None:
    """Dropped time counts as unexamined unless the gate saw that nothing is there."""
    frames = [frame(0), frame(1, DROPPED, drop=drop), frame(2)]
    judgement = judge(frames, exposure([0.1] * 3), small())

    assert judgement.suggestion is suggestion
    assert judgement.coverage[0].dropped_ms == {drop: STEP}


def test_a_drop_without_a_reason_is_still_counted() -> None:
    """Every dropped millisecond is in the table."""
    judgement = judge([frame(0), frame(1, DROPPED)], exposure([0.1]), small())

    assert sum(judgement.coverage[0].dropped_ms.values()) == STEP


@pytest.mark.parametrize(
    "frames", [[], [frame(0, DROPPED, drop=DropReason.BLACK)], [frame(0, FAILED)]]
)
def test_nothing_seen_never_passes(frames: list) -> None:
    """A session of which nothing was seen goes to a person."""
    judgement = judge(frames, {}, small())

    assert judgement.suggestion is REVIEW
    assert codes(judgement) == {"nothing_seen"}
    assert judgement.coverage[0].share == 0.0


def test_time_without_a_frame_counts_as_failed() -> None:
    """Holes between frames and a missing end are failed time."""
    judgement = judge(
        [frame(0), frame(2)],
        exposure([0.1] * 3),
        small(),
        duration=Milliseconds(4 * STEP),
    )

    assert judgement.duration_ms == 4 * STEP
    assert judgement.coverage[0].failed_ms == 2 * STEP
    assert judgement.coverage[0].share == 0.5


def test_an_inherited_frame_without_a_source_is_unanswered() -> None:
    """A reference into nothing is no answer."""
    orphan = frame(1, FrameState.INHERITED, drop=DropReason.DUPLICATE, inherits=7)
    lost = frame(2, FrameState.INHERITED, drop=DropReason.DUPLICATE)
    judgement = judge([frame(0), orphan, lost], exposure([0.1]), small())

    assert judgement.coverage[0].unanswered_ms == 2 * STEP


def test_an_engine_without_probabilities_is_taken_at_its_word() -> None:
    """A bare yes is a finding of probability 1; a bare no is none."""
    answers: dict[FrameId, list[Answer]] = {}
    for number, value in enumerate(("yes", "no")):
        bare = answer("exposure", value, options={}, label_mass=None)
        object.__setattr__(bare, "probability", None)
        answers[FrameId(f"f{number:06d}")] = [bare]
    (found,) = judge([frame(0), frame(1)], answers, small()).findings

    assert (found.peak, found.looks) == (1.0, 1)
    assert found.why.label_mass is None


def test_an_engine_with_one_probability_is_believed() -> None:
    """Where only the reply's own probability is known, it is the one that counts."""
    sure = answer("exposure", "yes", 0.7, options={})

    assert probability_of(sure, "yes") == 0.7
    assert probability_of(sure, "no") == 0.0
    assert probability_of(answer("a", "yes", options={"yes": 1.0}), "no") == 0.0


def test_tracks_show_every_change() -> None:
    """A track merges like moments and keeps gaps apart from answers."""
    frames = [frame(0), frame(1), frame(2, DROPPED, drop=DropReason.BLACK), frame(3)]
    answers = exposure([0.1, 0.1, 0.1, 0.1])
    answers[FrameId("f000003")][2] = answer("scene", "户外公园")
    track = judge(frames, answers, small()).tracks[2]

    assert [
        (stretch.start_ms // STEP, stretch.end_ms // STEP, stretch.state.value)
        for stretch in track.stretches
    ] == [(0, 2, "examined"), (2, 3, "dropped"), (3, 4, "examined")]
    assert track.stretches[0].replies[0].en == "indoor stage"
    assert track.stretches[1].drop is DropReason.BLACK


def test_tags_add_up_over_inherited_time() -> None:
    """A tag's time includes inherited stretches; its best frames are looked-at ones."""
    frames = [
        frame(0),
        frame(1),
        frame(2, FrameState.INHERITED, drop=DropReason.FROZEN, inherits=1),
    ]
    answers = exposure([0.1, 0.1, 0.1])
    answers[FrameId("f000000")][2] = answer("scene", "户外公园", 0.6)
    longest, other = judge(frames, answers, small()).tags

    assert (longest.value, longest.total_ms, longest.looks) == ("室内舞台", 2 * STEP, 2)
    assert [example.frame for example in longest.best] == ["f000001"]
    assert (other.words.en, other.first_ms, other.peak) == ("park", 0, 0.6)


MORE = """
name: more
title: More
questions:
  - {key: seen, kind: tags, namespace: seen, instruction: 列出。, label: Seen,
     risks: [{when: 香烟, sub_label: 吸烟, review_at: 0.3}]}
  - {key: solo, kind: yes_no, namespace: solo, instruction: 单人吗, label: Solo}
  - {key: light, kind: score, namespace: light, instruction: 亮吗, label: Light,
     options: [暗, 中, 亮], risks: [{when: [1, 2], sub_label: 偏暗, review_at: 0.6}]}
"""


def more(*given: Answer) -> Judgement:
    policy = check_policy(MORE)
    return judge([frame(0)], {FrameId("f000000"): list(given)}, policy)


def test_tags_are_counted_one_by_one() -> None:
    """Each word of a tags answer is a tag if probable enough, and may be a risk."""
    seen = answer("seen", ("汉服", "香烟"), 0.6, options={"汉服": 0.8, "香烟": 0.35})
    judgement = more(
        seen, answer("solo", "yes"), answer("light", 2.4, options={"2": 0.7})
    )

    named = {(tag.namespace, tag.value) for tag in judgement.tags}
    assert named == {("seen", "汉服"), ("solo", "yes"), ("light", "2")}
    assert [found.sub_label.zh for found in judgement.findings] == ["吸烟", "偏暗"]
    assert judgement.findings[1].peak == 0.7
    assert judgement.findings[0].why.reply.zh == "汉服、香烟"


def test_a_no_is_no_tag() -> None:
    """A yes-no question tags only what is there."""
    judgement = more(answer("solo", "no"))

    assert judgement.tags == ()


def test_tags_without_probabilities_have_none() -> None:
    """Where the engine gives no probability, the tag says so."""
    bare = answer("seen", ("汉服",), options={}, label_mass=None)
    object.__setattr__(bare, "probability", None)

    assert more(bare).tags[0].peak is None


def test_risky_replies_add_up() -> None:
    """Several risky replies share one threshold on the sum of their probabilities."""
    light = answer("light", 1.5, options={"1": 0.35, "2": 0.3, "3": 0.35})
    (found,) = more(light).findings

    assert found.peak == 0.65
    assert found.why.when == ("1", "2")


def test_replies_of_every_kind() -> None:
    """Scores reply with their nearest level, tags with each word, silence with none."""
    assert replies(answer("a", 2.6, options={})) == ("3",)
    assert replies(answer("a", ("x", "y"), options={})) == ("x", "y")
    assert replies(answer("a", "yes")) == ("yes",)
    assert replies(answer("a", None)) == ()
    assert replies(None) == ()


POINTING = (
    SMALL
    + """  - key: where
    kind: text
    instruction: {zh: "标志在哪里?", en: "Where is the mark?"}
    label: {zh: 标志位置, en: Place of the mark}
"""
)
HERE = Region(x1=10, y1=20, x2=110, y2=60)


def _pointing(*, reused_from: str | None = None) -> Judgement:
    exposed = answer("exposure", "yes", 0.95)
    where = replace(answer("where", "[[1, 2, 3, 4]]"), regions=(HERE,))
    if reused_from:
        where = replace(where, reused_from=Sha256(reused_from))
    answers = {FrameId("f000001"): [exposed, where]}
    answers[FrameId("f000000")] = [answer("exposure", "no", 0.95), where]
    return judge([frame(0), frame(1)], answers, check_policy(POINTING))


def test_a_finding_shows_where_answers_about_its_picture_point() -> None:
    """Those of other questions too, each by its name; other pictures' are not its."""
    (found,) = _pointing().findings

    (region,) = found.regions
    assert (region.question, region.label.en) == ("where", "Place of the mark")
    assert (region.x1, region.y1, region.x2, region.y2) == (10, 20, 110, 60)


def test_a_region_of_another_picture_is_left_out() -> None:
    """An answer that was taken over points into the picture it was given of."""
    (found,) = _pointing(reused_from="ab" * 32).findings

    assert found.regions == ()


def test_a_region_is_no_finding() -> None:
    """Pointing alone makes nothing worse than it is."""
    answers = {FrameId("f000000"): [replace(answer("where", "x"), regions=(HERE,))]}

    assert judge([frame(0)], answers, check_policy(POINTING)).findings == ()
