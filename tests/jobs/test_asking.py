"""An engine that is busy is asked again, for a while; a broken one is not."""

import threading
import time

import numpy as np
import pytest

from idolens.errors import EngineError
from idolens.jobs.asking import Asker, StoppedError
from idolens.media.picture import Picture
from idolens.vlm.answer import Status
from tests.jobs.shows import BROKEN, BUSY, MoodyEngine, PassingError, policy

PICTURES = [Picture(np.zeros((4, 4, 3), np.uint8))]


def asker(engine, attempts=3, stop=None):
    return Asker(
        engine, policy().asked(), attempts=attempts, stop=stop or threading.Event()
    )


def test_an_error_that_passes_is_waited_out():
    """Two refusals and an answer make an answer."""
    engine = MoodyEngine({0, 1}, BUSY)

    assert asker(engine).ask(PICTURES)[0][0].status is not Status.ERROR
    assert engine.calls == 3


def test_after_the_last_attempt_each_question_says_error():
    """The answers name the engine, the model, the prompt and the error's code."""
    engine = MoodyEngine(range(9), BUSY)
    ((first, second),) = asker(engine).ask(PICTURES)

    assert engine.calls == 3
    assert (first.key, second.key) == ("exposure", "scene")
    assert first.status is Status.ERROR
    assert first.value is None
    assert first.detail == BUSY.code
    assert first.model_revision == engine.model.revision
    assert first.prompt_version


def test_a_broken_engine_is_not_asked_again():
    """A permanent error ends the job at once."""
    engine = MoodyEngine({0}, BROKEN)
    with pytest.raises(EngineError):
        asker(engine).ask(PICTURES)

    assert engine.calls == 1


def test_the_wait_doubles():
    """A server that restarts is given time, not load."""
    engine = MoodyEngine(range(9), BUSY)
    began = time.monotonic()
    asker(engine, attempts=5).ask(PICTURES)

    assert time.monotonic() - began >= 0.01 + 0.02 + 0.04 + 0.08


def test_stopping_ends_the_wait_at_once():
    """A cancelled job does not sit out its engine's pause."""
    stop = threading.Event()
    error = PassingError("busy", "忙")
    error.delay_s = 20.0
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    with pytest.raises(StoppedError):
        asker(MoodyEngine(range(9), error), stop=stop).ask(PICTURES)

    assert time.monotonic() - began < 5
