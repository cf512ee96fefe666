"""One idolens asks another, over real HTTP: the answers are those of the engine."""

import pytest

from idolens.settings import ChatSettings, DecisionsSettings
from idolens.vlm.answer import Status
from idolens.vlm.chat import ChatEngine
from idolens.vlm.conversation import Sampling, Turn, can_speak
from idolens.vlm.decisions import DecisionsEngine
from idolens.vlm.question import Tags, Text
from tests.vlm.asking import picture, questions
from tests.vlm.servers.engines import QUICK
from tests.web.service import FakeEyes, running

PICTURES = [picture(0), picture(1, 512, 288)]
CLOSED = [one for one in questions() if not isinstance(one, Tags | Text)]


@pytest.fixture(scope="module")
def url(random_engine, tmp_path_factory):
    logs = tmp_path_factory.mktemp("logs")
    with running(FakeEyes(random_engine), logs) as client:
        yield f"{client.base_url}".rstrip("/") + "/v1"


@pytest.fixture(scope="module")
def decisions(url):
    engine = DecisionsEngine(
        DecisionsSettings(endpoints=(url,), **QUICK), least_mass=0.0
    )
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def chat(url):
    engine = ChatEngine(ChatSettings(endpoints=(url,), **QUICK), least_mass=0.0)
    yield engine
    engine.close()


def test_decisions_are_the_other_engines_own(decisions, random_engine):
    """Value, status, every probability and the label mass come through unchanged."""
    expected = random_engine.answer(PICTURES, CLOSED)

    for told, own in zip(decisions.answer(PICTURES, CLOSED), expected, strict=True):
        for one, other in zip(told, own, strict=True):
            assert (one.key, one.status, one.value) == (
                other.key,
                other.status,
                pytest.approx(other.value)
                if isinstance(other.value, float)
                else other.value,
            )
            assert one.options == pytest.approx(other.options, abs=1e-9)
            assert one.label_mass == pytest.approx(other.label_mass, abs=1e-9)
    assert any(own.status is Status.OK for row in expected for own in row)


def test_the_model_keeps_its_name(decisions, chat, random_engine):
    """Whose weights they are is known across the wire."""
    for engine in (decisions, chat):
        assert engine.model.name == random_engine.model.name
        assert engine.model.demonstration is random_engine.model.demonstration


def test_chat_reads_free_text(chat, random_engine):
    """A Text question through chat gives the words that the engine gives."""
    asked = [one for one in questions() if isinstance(one, Text)]

    (told,) = chat.answer(PICTURES[:1], asked)
    (own,) = random_engine.answer(PICTURES[:1], asked)

    assert [one.status for one in told] == [one.status for one in own]
    for one, other in zip(told, own, strict=True):
        if other.status is Status.OK:
            assert str(one.raw).startswith(str(other.raw)[:8])


def test_chat_speaks_through(chat, random_engine):
    """A conversation held through another idolens is word for word the same."""
    assert can_speak(chat)
    turns = [
        Turn(role="system", text="室内舞台"),
        Turn(role="user", text="图中人物?", pictures=(PICTURES[0],)),
    ]
    sampling = Sampling(max_tokens=10, temperature=1.0, seed=4)

    told = "".join(step.text for step in chat.speak(turns, sampling))
    own = "".join(step.text for step in random_engine.speak(turns, sampling))

    assert told == own
