"""What the bench of overload tells of the replies that it got."""

import pytest

from bench.offering import Offered, Reply, joined
from bench.overload_serve import PacedEngine
from bench.turns import closed_questions, new_picture
from idolens.vlm.answer import Status


def reply(status: int, seconds: float, *, retry: bool = False) -> Reply:
    return Reply(status, seconds, 0.0, retry=retry, reduced=False)


def test_goodput_counts_answers_that_were_in_time():
    """Too late is none at all; a refusal that says when to come back is no failure."""
    replies = [reply(200, 0.1 * tenth) for tenth in range(1, 31)]
    replies += [reply(503, 0.01, retry=True)] * 20 + [reply(500, 0.1), reply(0, 9.0)]

    told = Offered(replies, 10.0, useful_s=2.0).figures("x")

    assert told["x_offered_per_s"] == pytest.approx(5.2)
    assert told["x_goodput_per_s"] == pytest.approx(2.0)
    assert told["x_answer_p50_ms"] == pytest.approx(1550)
    assert told["x_refusal_p99_ms"] == pytest.approx(10)
    assert told["x_failed_share"] == pytest.approx(2 / 52)


def test_runs_in_turns_are_told_as_one():
    """Their seconds add up as their replies do."""
    run = Offered([reply(200, 0.5)] * 4, 2.0, useful_s=2.0)

    told = joined([run, run, run]).figures("x")

    assert told["x_goodput_per_s"] == pytest.approx(2.0)


def test_the_paced_engine_answers_like_one():
    """Its answers are usable; what it costs is the bench's business."""
    (row,) = PacedEngine().answer([new_picture(1)], closed_questions(2))

    assert [answer.status for answer in row] == [Status.OK] * 2
