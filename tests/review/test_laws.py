"""What holds of every judgement, whatever the frames, answers and policy."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from idolens.media.frame import DropReason, Frame, FrameState
from idolens.review.judge import judge
from idolens.review.moments import SEEN
from idolens.review.policy import Policy
from idolens.review.report import Report, make_report
from idolens.vlm.answer import Answer, Status
from idolens.vocabulary import FrameId, Milliseconds, Suggestion
from tests.review.sessions import answer, frame, run_facts, session, small

law = settings(deadline=None, max_examples=60)
"""A busy machine is no counterexample."""

Session = tuple[list[Frame], dict[FrameId, list[Answer]]]
ORDER = list(Suggestion)
chances = st.floats(0, 1).map(lambda chance: round(chance, 4))


@st.composite
def moments(draw: Callable) -> Session:
    """Frames of every state and length, with answers of every status, or none."""
    frames: list[Frame] = []
    answers: dict[FrameId, list[Answer]] = {}
    clock, kept = 0, []
    for number in range(draw(st.integers(0, 14))):
        state = draw(st.sampled_from([FrameState.KEPT, FrameState.KEPT, *FrameState]))
        if state is FrameState.INHERITED and not kept:
            state = FrameState.KEPT
        drop = draw(st.sampled_from(DropReason)) if state != FrameState.KEPT else None
        inherits = (
            draw(st.sampled_from(kept)) if state is FrameState.INHERITED else None
        )
        made = frame(number, state, drop=drop, inherits=inherits)
        clock += draw(st.sampled_from([0, 0, 0, 700]))
        end = clock + draw(st.integers(0, 90_000))
        frames.append(
            Frame(
                id=made.id,
                at=Milliseconds(clock),
                start=Milliseconds(clock),
                end=Milliseconds(end),
                state=state,
                drop=drop,
                inherits=made.inherits,
                picture=made.picture,
            )
        )
        clock = end
        if state is FrameState.KEPT:
            kept.append(number)
            answers[made.id] = draw(about_one_frame())
    return frames, answers


@st.composite
def about_one_frame(draw: Callable) -> list[Answer]:
    given_: list[Answer] = []
    for key in ("person", "exposure"):
        chance = draw(chances)
        kind = draw(st.sampled_from(["ok", "ok", "ok", "unclear", "error", "none"]))
        options = {"yes": chance, "no": 1 - chance}
        if kind == "unclear":
            given_.append(answer(key, None, options=options, label_mass=draw(chances)))
        elif kind != "none":
            value = "yes" if chance >= 0.5 else "no"
            status = Status.ERROR if kind == "error" else None
            given_.append(answer(key, value, status=status, options=options))
    if draw(st.booleans()):
        given_.append(answer("scene", "室内舞台", draw(chances)))
    return given_


@st.composite
def policies(draw: Callable) -> Policy:
    review = draw(st.sampled_from([0.2, 0.5, 0.8]))
    block = draw(st.sampled_from([0.8, 0.9, 1.0]))
    return small(
        ("review_at: 0.5", f"review_at: {review}"),
        ("block_at: 0.9", f"block_at: {block}"),
        ("level: high", f"min_consecutive: {draw(st.integers(1, 3))}"),
        (
            "    risks",
            f"    bridge_s: {draw(st.sampled_from([0, 30, 120]))}\n    risks",
        ),
        (
            "max_unexamined: 0.2",
            f"max_unexamined: {draw(st.sampled_from([0, 0.3, 1]))}",
        ),
    )


def report_of(made: Session, policy: Policy, seconds: float = 1.0) -> Report:
    frames, answers = made
    judgement = judge(frames, answers, policy)
    return make_report(
        session(frames), frames, answers, policy, judgement, run_facts(seconds)
    )


@law
@given(moments(), policies())
def test_coverage_adds_up_to_the_session(made: Session, policy: Policy) -> None:
    """Every row's columns add up to the session's duration, to the millisecond."""
    frames, answers = made
    judgement = judge(frames, answers, policy)

    duration = max((frame.end for frame in frames), default=0)
    for row in judgement.coverage:
        dropped = sum(row.dropped_ms.values())
        assert row.seen_ms + dropped + row.failed_ms + row.unanswered_ms == duration
        assert row.moot_ms <= row.undecided_ms
        assert row.unexamined_ms <= duration - row.seen_ms
        assert 0 <= row.share <= 1


@law
@given(moments(), policies())
def test_tracks_cover_the_session_once(made: Session, policy: Policy) -> None:
    """A track has no hole and no overlap, and agrees with its coverage."""
    judgement = judge(*made, policy)

    for track, row in zip(judgement.tracks, judgement.coverage, strict=True):
        clock = 0
        for stretch in track.stretches:
            assert stretch.start_ms == clock
            clock = stretch.end_ms
        assert clock == judgement.duration_ms
        seen = [stretch for stretch in track.stretches if stretch.state in SEEN]
        assert sum(s.end_ms - s.start_ms for s in seen) == row.seen_ms


@law
@given(moments(), policies())
def test_findings_rest_on_looks(made: Session, policy: Policy) -> None:
    """A finding lies in the session, its peak reaches the threshold."""
    judgement = judge(*made, policy)
    risk = policy.questions[1].risks[0]

    for found in judgement.findings:
        assert 0 <= found.start_ms <= found.end_ms <= judgement.duration_ms
        assert found.peak >= round(risk.review_at, 6)
        assert found.looks >= risk.min_consecutive
        assert found.seen_ms <= found.end_ms - found.start_ms
        assert found.evidence.state in SEEN
        assert found.evidence in found.why.sights
        assert found.peak == max(sight.probability or 0 for sight in found.why.sights)
        if policy.questions[1].bridge_s == 0:
            assert found.seen_ms == found.end_ms - found.start_ms
    total = judgement.totals[0]
    assert total.looks == sum(found.looks for found in judgement.findings)


@law
@given(moments(), policies(), st.randoms(use_true_random=False))
def test_order_does_not_matter(made: Session, policy: Policy, chance) -> None:
    """Frames and answers may come in any order: the report is the same to the byte."""
    frames, answers = made
    shuffled = list(frames)
    chance.shuffle(shuffled)
    keys = list(answers)
    chance.shuffle(keys)
    mixed = {key: answers[key] for key in keys}

    again = report_of((shuffled, mixed), policy)
    assert again.to_json() == report_of(made, policy).to_json()


@law
@given(moments(), policies())
def test_a_rebuilt_report_is_the_same(made: Session, policy: Policy) -> None:
    """Same inputs, same bytes; another run changes only what is not signed."""
    first, second = report_of(made, policy), report_of(made, policy, seconds=99.0)

    assert first.to_json() == report_of(made, policy).to_json()
    assert first.signature == second.signature
    assert first.to_json() != second.to_json()
    assert Report.from_json(first.to_json()) == first
    assert first.intact


@law
@given(moments(), policies(), st.sampled_from([0.8, 0.85, 0.95, 1.0]))
def test_raising_block_at_never_makes_it_worse(
    made: Session, policy: Policy, higher: float
) -> None:
    """A higher block threshold never turns a review into a block."""
    risk = policy.questions[1].risks[0]
    lenient = policy_with(policy, block_at=max(higher, risk.block_at or 0))

    before, after = judge(*made, policy), judge(*made, lenient)
    assert ORDER.index(after.suggestion) <= ORDER.index(before.suggestion)
    assert len(after.findings) == len(before.findings)


@law
@given(moments(), policies(), st.integers(1, 4))
def test_raising_min_consecutive_never_makes_it_worse(
    made: Session, policy: Policy, more: int
) -> None:
    """Asking for more looks in a row never makes the suggestion worse."""
    least = policy.questions[1].risks[0].min_consecutive
    lenient = policy_with(policy, min_consecutive=max(more, least))

    before, after = judge(*made, policy), judge(*made, lenient)
    assert ORDER.index(after.suggestion) <= ORDER.index(before.suggestion)


@law
@given(moments(), policies())
def test_raising_review_at_never_makes_it_worse(made: Session, policy: Policy) -> None:
    """A higher review threshold never makes the suggestion worse."""
    risk = policy.questions[1].risks[0]
    lenient = policy_with(policy, review_at=risk.block_at)

    before, after = judge(*made, policy), judge(*made, lenient)
    assert ORDER.index(after.suggestion) <= ORDER.index(before.suggestion)


@law
@given(moments(), policies())
def test_nothing_unseen_passes(made: Session, policy: Policy) -> None:
    """A pass means: something was seen, nothing was found, every limit was kept."""
    judgement = judge(*made, policy)
    if judgement.suggestion is not Suggestion.PASS:
        return

    assert not judgement.findings
    assert any(row.seen_ms for row in judgement.coverage)
    for row in judgement.coverage:
        if row.unanswered_ms:
            share = row.unexamined_ms / judgement.duration_ms
            assert share <= policy.max_unexamined


def policy_with(policy: Policy, **changes: float | None) -> Policy:
    """Return ``policy`` with the risk of its second question changed."""
    questions = list(policy.questions)
    risk = questions[1].risks[0].model_copy(update=changes)
    questions[1] = questions[1].model_copy(update={"risks": (risk,)})
    return policy.model_copy(update={"questions": tuple(questions)})
