"""The one door before the engine: who may go in, who waits, who is sent away.

Threads and event loops come to the same door. Its own lock is held for microseconds;
nobody waits within it.
"""

import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from idolens.errors import TemporaryError
from idolens.vlm.admission.ladder import Ladder, Step
from idolens.vlm.admission.limit import Limit, Outcome
from idolens.vlm.admission.line import Line, Refusal, Stage, Turn
from idolens.vlm.admission.priority import Priority, room
from idolens.vlm.admission.rules import AdmissionState, Rules
from idolens.vlm.admission.shortage import ran_out

_RECENT_S: Final = 2.0
"""How long a wait or a refusal is held against the present."""
_SAMPLES: Final = 15
_LEAST_SAMPLES: Final = 5
"""Fewer turns do not tell how long the next will take; the first loads the model."""
_HOPE: Final = 0.8
"""Share of the longest wait that may be expected; what comes is sometimes longer."""
_LONGEST_RETRY_S: Final = 60.0
_TOGETHER: Final = 10
"""Questions that may take as long as one; a request of many is given more time."""


class Admission:
    """Gives turns with the engine; safe in many threads.

    Args:
        rules: how many, and how long.
        shortages: how often the engine's memory ran out up to now.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        shortages: Callable[[], int] = int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rules = rules
        self._shortages = shortages
        self._clock = clock
        self._lock = threading.Lock()
        self._line = Line()
        self._running: Counter[Priority] = Counter()
        self._start = min(rules.start, rules.ceiling)
        self._limit = Limit(value=float(self._start), ceiling=rules.ceiling)
        self._ladder = Ladder()
        self._seconds: deque[float] = deque(maxlen=_SAMPLES)
        self._wait = (0.0, -_RECENT_S)
        self._lost_at = -_RECENT_S
        self._told_short = 0
        self._short = False

    @property
    def state(self) -> AdmissionState:
        """How it stands now; from any thread."""
        with self._lock:
            now = self._clock()
            self._observe(now)
            return AdmissionState(
                waiting=len(self._line),
                running=self._running.total(),
                limit=self._limit.slots,
                ceiling=self.rules.ceiling,
                oldest_s=self._oldest_s(now),
                step=self._ladder.step,
                lowered=self._limit.slots < self._start,
                short=self._short and self._limit.slots < self._start,
            )

    def step_for(self, priority: Priority) -> Step:
        """Return what is left out for a request of this class; of alerts nothing is."""
        with self._lock:
            self._observe(self._clock())
            return Step.WHOLE if priority is Priority.ALERT else self._ladder.step

    def join(
        self, priority: Priority, wake: Callable[[], None], *, patient: bool = False
    ) -> Turn:
        """Ask for a turn; it has begun, waits, or was refused when this returns.

        Args:
            priority: how urgent.
            wake: called when a turn that waits has begun or was refused.
            patient: it waits for as long as it takes; the caller has no deadline.
        """
        with self._lock:
            now = self._clock()
            self._observe(now)
            turn = Turn(priority=priority, since=now, wake=wake, patient=patient)
            if not self._kept_from(priority) and self._may_begin(priority):
                self._begin(turn, now)
            elif (refusal := self._refusal(turn)) is not None:
                self._refuse(turn, refusal, now)
            else:
                self._line.join(turn)
            return turn

    def leave(self, turn: Turn, refusal: Refusal) -> bool:
        """Wait no longer; False where it is too late, and the turn has begun."""
        with self._lock:
            if turn.stage is not Stage.WAITING:
                return turn.stage is not Stage.BEGUN
            self._line.leave(turn)
            self._refuse(turn, refusal, self._clock())
            return True

    def done(
        self,
        turn: Turn,
        *,
        seconds: float | None = None,
        questions: int = 1,
        failed: BaseException | None = None,
    ) -> None:
        """Give a turn that has begun back.

        Args:
            turn: which one; a second time does nothing.
            seconds: how long the engine took, where that is not the whole turn.
            questions: how many were asked; many may take longer.
            failed: what was raised.
        """
        shortages = self._shortages()
        with self._lock:
            if turn.stage is not Stage.BEGUN:
                return
            now = self._clock()
            turn.stage = Stage.OVER
            full = self._running.total() >= self._limit.slots
            self._running[turn.priority] -= 1
            took = now - turn.began_at if seconds is None else seconds
            short = shortages > self._told_short or ran_out(failed)
            self._told_short = shortages
            outcome = self._outcome(turn, took, questions, failed, short=short)
            if outcome is not None:
                self._learn(turn, outcome, now, full=full)
            self._let_in(now)
            if not self._running.total():
                self._ladder = self._ladder.after(0.0, now)

    @contextmanager
    def turn(self, priority: Priority) -> Generator[None]:
        """Wait for a turn in this thread, for as long as it takes, and keep it."""
        begun = threading.Event()
        turn = self.join(priority, begun.set, patient=True)
        failed: BaseException | None = None
        try:
            if turn.stage is Stage.WAITING:
                begun.wait()
            yield
        except BaseException as error:
            failed = error
            raise
        finally:
            if not self.leave(turn, Refusal.LEFT):
                self.done(turn, failed=failed)

    def _kept_from(self, priority: Priority) -> bool:
        """Tell whether somebody waits who goes first."""
        first = self._line.first()
        if first is None:
            return False
        if first.priority == priority is Priority.CHAT:
            return False
        return first.priority >= priority

    def _may_begin(self, priority: Priority) -> bool:
        slots, below = self._limit.slots, 0
        for one in Priority:
            below += self._running[one]
            if one >= priority and below >= room(one, slots, self.rules.kept):
                return False
        return True

    def _begin(self, turn: Turn, now: float) -> None:
        turn.stage = Stage.BEGUN
        turn.began_at = now
        self._running[turn.priority] += 1
        if turn.priority is not Priority.BATCH:
            self._wait = (now - turn.since, now)

    def _let_in(self, now: float) -> None:
        while (first := self._line.first()) and self._may_begin(first.priority):
            self._line.leave(first)
            self._begin(first, now)
            first.wake()

    def _refusal(self, turn: Turn) -> Refusal | None:
        """Return why ``turn`` cannot wait; somebody less urgent may have to go."""
        if turn.patient:
            return None
        if self._ladder.step is Step.CACHED and turn.priority is not Priority.ALERT:
            return Refusal.BROWNOUT
        expected = self._expected_s(self._line.ahead(turn.priority) + 1)
        if expected is not None and expected > self.rules.wait_s * _HOPE:
            return Refusal.HOPELESS
        if self._line.bounded < self.rules.waiting:
            return None
        last = self._line.last()
        newest_first = turn.priority is Priority.CHAT
        if last is None or not (
            last.priority < turn.priority
            or (last.priority == turn.priority and newest_first)
        ):
            return Refusal.FULL
        self._line.leave(last)
        self._refuse(last, Refusal.PUSHED_OUT, self._clock())
        last.wake()
        return None

    def _refuse(self, turn: Turn, refusal: Refusal, now: float) -> None:
        turn.stage = Stage.REFUSED
        turn.refusal = refusal
        expected = self._expected_s(self._line.bounded + 1) or 0.0
        turn.retry_s = min(_LONGEST_RETRY_S, max(1.0, expected))
        if refusal in {Refusal.HOPELESS, Refusal.LATE} and turn.priority:
            self._lost_at = now

    def _expected_s(self, place: int) -> float | None:
        """Return how long the one at this place in the line will wait, if known."""
        if len(self._seconds) < _LEAST_SAMPLES:
            return None
        return statistics.median(self._seconds) * place / self._limit.slots

    def _outcome(
        self,
        turn: Turn,
        took: float,
        questions: int,
        failed: BaseException | None,
        *,
        short: bool,
    ) -> Outcome | None:
        """Return what a turn says of the load; None where it says nothing."""
        if short:
            return Outcome.SHORT
        if isinstance(failed, TemporaryError):
            return Outcome.SLOW
        # A recording's turn is as long as its pictures are many.
        if failed is not None or turn.priority is Priority.BATCH:
            return None
        slow = took > self.rules.slow_s * max(1.0, questions / _TOGETHER)
        return Outcome.SLOW if slow else Outcome.FAST

    def _learn(self, turn: Turn, outcome: Outcome, now: float, *, full: bool) -> None:
        before = self._limit
        self._limit = before.after(outcome, began_at=turn.began_at, now=now, full=full)
        if outcome is Outcome.SHORT:
            self._short = True
        elif self._limit.slots >= self._start:
            self._short = False
        if turn.priority is not Priority.BATCH:
            self._seconds.append(now - turn.began_at)

    def _observe(self, now: float) -> None:
        self._ladder = self._ladder.after(self._pressure(now), now)

    def _pressure(self, now: float) -> float:
        """Return how long people wait, as a share of the longest wait."""
        if now - self._lost_at < _RECENT_S:
            return 1.0
        waited, at = self._wait
        recent = waited if now - at < _RECENT_S else 0.0
        return max(recent, self._oldest_s(now)) / self.rules.wait_s

    def _oldest_s(self, now: float) -> float:
        since = [turn.since for turn in self._line if turn.priority]
        return now - min(since) if since else 0.0
