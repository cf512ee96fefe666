"""A reply's place at the desk is given back, however the reply ends."""

import time
from collections.abc import Iterator

import anyio
import pytest

from idolens.errors import EngineBusyError, QuestionError
from idolens.vlm.admission import Admission, Rules
from idolens.vlm.conversation import Spoken
from idolens.web.desk import Desk
from idolens.web.openai.talk import Talk, TalkResponse, whole

SCOPE = {"type": "http", "asgi": {"spec_version": "2.4"}}


class Steps:
    """Steps without end that know whether they were closed."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.given = 0
        self.closed = False

    def __iter__(self) -> Iterator[Spoken]:
        return self

    def __next__(self) -> Spoken:
        time.sleep(self.pause_s)
        self.given += 1
        return Spoken("a")

    def close(self) -> None:
        self.closed = True


def _desk() -> Desk:
    rules = Rules(start=1, ceiling=1, kept=0, waiting=0, wait_s=0.2, slow_s=2.0)
    return Desk(Admission(rules))


def _talk(desk: Desk, steps, most_s: float = 5.0) -> Talk:
    return Talk(desk, lambda _step: steps, most_s=most_s, gather_s=0.0)


async def _is_free(desk: Desk) -> bool:
    try:
        return await desk.run(lambda: True)
    except EngineBusyError:
        return False


async def _events(talk: Talk):
    async for steps in talk.steps():
        yield "".join(step.text for step in steps)


async def _present() -> bool:
    return False


async def _never(*_message) -> None:
    await anyio.sleep_forever()


def test_a_reader_who_takes_nothing_is_left():
    """A connection that is open and never read does not keep the place."""

    async def go() -> None:
        desk, steps = _desk(), Steps()
        talk = await _talk(desk, steps).open()
        assert not await _is_free(desk)
        response = TalkResponse(talk, _events(talk), most_s=0.05, grace_s=0.05)

        with anyio.fail_after(5):
            await response(SCOPE, _never, _never)

        assert steps.closed
        assert await _is_free(desk)

    anyio.run(go)


def test_a_reply_that_is_never_sent_gives_its_place_back():
    """Cancelled before its first byte, it is closed like any other."""

    async def go() -> None:
        desk, steps = _desk(), Steps()
        talk = await _talk(desk, steps).open()
        response = TalkResponse(talk, _events(talk), most_s=5.0)

        with anyio.CancelScope() as scope:
            scope.cancel()
            await response(SCOPE, _never, _never)

        assert steps.closed
        assert await _is_free(desk)

    anyio.run(go)


def test_what_cannot_begin_takes_no_place():
    """A refusal at the first step, or before, leaves the desk as it was."""

    def refuse(_step):
        raise QuestionError("No.", "不。")

    def refuse_late(step):
        yield refuse(step)

    async def go() -> None:
        desk = _desk()
        for begin in (refuse, refuse_late):
            talk = Talk(desk, begin, most_s=5.0, gather_s=0.0)
            with pytest.raises(QuestionError):
                await talk.open()
            assert await _is_free(desk)

    anyio.run(go)


def test_a_whole_reply_nobody_waits_for_is_not_finished():
    """Once the caller has gone, the model stops."""
    answers = iter([False, False, True])

    async def gone() -> bool:
        return next(answers)

    async def go() -> None:
        desk, steps = _desk(), Steps()
        talk = await _talk(desk, steps).open()

        await whole(talk, gone)

        assert steps.given == 3
        assert steps.closed
        assert await _is_free(desk)

    anyio.run(go)


def test_time_runs_out_between_two_steps():
    """The reply ends with what was said by then, marked as cut."""

    async def go() -> None:
        desk = _desk()
        talk = await _talk(desk, Steps(0.02), most_s=0.6).open()

        *said, last = await whole(talk, _present)

        assert last.finish == "length"
        assert last.completion_tokens == len(said) > 1
        assert await _is_free(desk)

    anyio.run(go)


def test_steps_are_gathered_for_a_while_only():
    """Many quick steps come together; a slow one is not waited for twice."""

    async def go() -> list[int]:
        talk = Talk(_desk(), lambda _step: Steps(0.001), most_s=0.5, gather_s=0.1)
        await talk.open()
        sizes = [len(steps) async for steps in talk.steps()]
        await talk.close()
        return sizes

    first, *rest, last = anyio.run(go)

    assert first == last == 1
    assert max(rest) > 1
