"""What an engine does is heard; that somebody listens changes no answer."""

from collections import Counter

import numpy as np
import pytest

from idolens.media.meter import UNMETERED, Unmetered
from idolens.media.picture import Picture
from idolens.settings import Settings
from idolens.vlm import ENGINES, open_engine
from idolens.vlm.answer_store import AnswerStore
from idolens.vlm.cached import cached
from idolens.vlm.contrast import contrasting
from idolens.vlm.conversation import Sampling, Turn, can_speak
from idolens.vlm.engine import tokens_read
from idolens.vlm.engine_state import heard_by, state_of
from idolens.vlm.metered import metered
from idolens.vlm.question import Choice, Text, YesNo
from tests.fakes import FakeEngine, SpeakingFakeEngine

QUESTIONS = [
    YesNo(key="a", instruction="画面中有人物吗？"),
    Choice(key="b", instruction="是什么颜色？", options=("蓝", "红")),
    Text(key="c", instruction="画面里有什么？", max_tokens=3),
]


class Heard(Unmetered):
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.stages = Counter()
        self.seconds = 0.0
        self.tokens = 0
        self.spoken = 0
        self.kinds = Counter()

    def took(self, stage, seconds):
        self.stages[stage] += 1
        self.seconds += seconds

    def read(self, tokens):
        self.tokens += tokens

    def said(self, tokens):
        self.spoken += tokens

    def answered(self, kind, status):
        self.kinds[kind] += 1


def a_picture(shade: int = 80) -> Picture:
    return Picture(np.full((64, 96, 3), shade, np.uint8))


def test_questions_are_counted_by_kind():
    """Two pictures, three questions: two of each kind."""
    heard = Heard()
    engine = metered(FakeEngine(), heard)
    rows = engine.answer([a_picture(), a_picture(90)], QUESTIONS)

    assert rows == FakeEngine().answer([a_picture(), a_picture(90)], QUESTIONS)
    assert heard.kinds == {"yes_no": 2, "choice": 2, "text": 2}
    assert (engine.name, engine.model) == ("fake", FakeEngine().model)


def test_who_does_not_measure_gets_the_engine_as_it_is():
    """Nothing is put around it, and what could speak still can."""
    engine = FakeEngine()

    assert metered(engine, UNMETERED) is engine
    assert can_speak(metered(engine, Heard())) == can_speak(engine)


def test_a_conversation_is_counted_when_it_is_over():
    """Tokens read and said come with the last step; who leaves stops the engine."""
    heard, inner = Heard(), SpeakingFakeEngine()
    engine = metered(inner, heard)
    steps = list(engine.speak([Turn(role="user", text="你好")], Sampling(max_tokens=9)))
    left = engine.speak([Turn(role="user", text="你好")], Sampling(max_tokens=9))
    next(left)
    left.close()

    assert steps[-1].finish
    assert heard.spoken == steps[-1].completion_tokens > 0
    assert heard.tokens == steps[-1].prompt_tokens > 0


def test_an_engines_state_is_that_of_all_its_layers():
    """Under cache, contrast and meter the counts are still found."""
    store = AnswerStore(ttl_s=60, memory_bytes=10**6)
    inner = cached(FakeEngine(), store)
    engine = metered(contrasting(inner, 0.5), Heard())
    for _ in range(2):
        engine.answer([a_picture()], QUESTIONS[:1])

    assert state_of(engine).cache.hits == 1
    assert state_of(engine).cache.misses == 2  # the picture's, and a blank one's
    assert state_of(FakeEngine()).cache is None
    assert state_of(FakeEngine()).servers == ()


@pytest.fixture(scope="module")
def embedded():
    settings = Settings(threads=1)
    if ENGINES["embedded"].obstacle(settings) is not None:
        pytest.skip("the embedded model is not here")
    engine = open_engine(settings)
    yield engine
    engine.close()


def test_the_embedded_engine_tells_its_stages(embedded):
    """One look, one reading a role, the answers; the tokens are those it counts."""
    heard = Heard()
    heard_by(embedded, heard)
    embedded.answer([a_picture()], QUESTIONS)

    assert heard.stages["vision"] == 1
    assert heard.stages["prefill"] >= 1
    assert heard.stages["answer"] >= 2
    assert set(heard.stages) == {"vision", "prefill", "answer"}
    expected = tokens_read(embedded, a_picture(), QUESTIONS)
    roles = heard.stages["prefill"]
    assert abs(heard.tokens - expected) <= roles
    before = heard.tokens
    embedded.answer([a_picture()], QUESTIONS)
    assert heard.stages["vision"] == 1, "the picture had been read before"
    assert heard.tokens - before < before
    heard_by(embedded, UNMETERED)


def test_tokens_are_counted_under_every_layer(embedded):
    """Whatever stands before an engine, how much it reads is the engine's to say."""
    store = AnswerStore(ttl_s=60, memory_bytes=10**6)
    layered = metered(contrasting(cached(embedded, store), 0.5), Heard())
    plain = tokens_read(embedded, a_picture(), QUESTIONS)
    heard_by(embedded, UNMETERED)

    assert tokens_read(layered, a_picture(), QUESTIONS) == plain > 0
    assert tokens_read(FakeEngine(), a_picture(), QUESTIONS) == 0


def test_glm_tells_apart_only_what_it_can(random_glm):
    """One run that reads the picture and answers is a stage of its own."""
    heard = Heard()
    heard_by(random_glm, heard)
    random_glm.answer([a_picture(33)], QUESTIONS[:2])
    together = dict(heard.stages)
    random_glm.answer([a_picture(33)], QUESTIONS[:1])
    later = heard.stages - Counter(together)
    random_glm.answer([a_picture(34)], QUESTIONS[2:])
    heard_by(random_glm, UNMETERED)

    assert together == {"vision": 1, "prefill_answer": 1}
    assert later == {"answer": 1}
    assert heard.stages["prefill"] == 1
    assert heard.tokens > 0
    assert heard.seconds > 0


def test_another_machine_is_one_stage(on_chat):
    """What a server does within a request is its own affair; that it is up is not."""
    engine, heard = on_chat("vllm"), Heard()
    watched = metered(engine, heard)
    watched.answer([a_picture()], QUESTIONS[:2])

    assert heard.stages == {"remote": 2}
    assert heard.tokens == 0
    (server,) = state_of(watched).servers
    assert (server.state, server.in_flight) == ("closed", 0)
