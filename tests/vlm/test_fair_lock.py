"""A lock that is handed on in the order of coming."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from idolens.vlm.fair_lock import FairLock


def _until(lock: FairLock, count: int) -> None:
    """Wait until ``count`` wait for the lock."""
    while lock.waiting < count:
        threading.Event().wait(0.001)


def test_who_came_first_is_first():
    """Whoever lets go and comes again stands behind those who waited."""
    lock, order = FairLock(), []

    def take(name: str) -> None:
        with lock:
            order.append(name)

    with ThreadPoolExecutor(4) as threads:
        lock.__enter__()
        for number, name in enumerate("abc"):
            threads.submit(take, name)
            _until(lock, number + 1)
        lock.__exit__(None, None, None)
        take("me again")

    assert order == ["a", "b", "c", "me again"]


def test_two_who_always_want_it_take_turns():
    """Neither gets it twice while the other waits."""
    lock, order = FairLock(), []
    together = threading.Barrier(2)

    def talk(name: str) -> None:
        together.wait()
        for _ in range(200):
            with lock:
                others = lock.waiting
                order.append((name, others))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(talk, "ab"))

    for (name, waiting), (after, _) in pairwise(order):
        assert name != after or not waiting


def test_it_keeps_out_all_but_one():
    """A count that is not guarded otherwise is right at the end."""
    lock, inside, most = FairLock(), [], []

    def work(_: int) -> None:
        for _ in range(50):
            with lock:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))

    assert len(most) == 400
    assert max(most) == 1


def test_an_error_inside_hands_it_on():
    """What goes wrong for one is no obstacle to the next."""
    lock = FairLock()

    with pytest.raises(ValueError, match="inside"), lock:
        raise ValueError("inside")
    with lock:
        assert lock.waiting == 0


def test_who_goes_away_loses_the_place_only():
    """Ctrl-C while waiting neither keeps the lock nor gives away another's."""
    lock = FairLock()
    left = threading.Lock()
    left.acquire()

    with lock:
        lock._waiting.append(left)
        lock._leave(left)
        assert lock.waiting == 0
    lock.__enter__()
    lock._leave(left)  # it had been handed over already: the next may go
    with lock:
        assert lock.waiting == 0
