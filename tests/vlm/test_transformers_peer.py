"""A real `transformers serve` with idolens-tiny, asked over HTTP.

It is another maker's server with our weights: what it says must be what the embedded
engine says of the same picture, wherever that engine is sure. (Without torchvision
transformers opens no processor for this model, so the benchmark's launcher helps.)
"""

import math
from types import SimpleNamespace

import pytest

from idolens.settings import ChatSettings, DecisionsSettings, Settings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.catalog import open_engine
from idolens.vlm.chat import ChatEngine
from idolens.vlm.chat.readings import NO_PROBABILITY
from idolens.vlm.conversation import Sampling, Turn
from idolens.vlm.decisions import DecisionsEngine
from idolens.vlm.model_files import shipped_folder
from idolens.vlm.question import Tags, Text
from tests.vlm.asking import picture, questions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PICTURES = [picture(0), picture(1, 512, 288)]
SURE = 0.1
"""A lead over the second-best label that rounding does not turn round."""


@pytest.fixture(scope="module")
def peer():
    pytest.importorskip("transformers")
    serving = pytest.importorskip("bench.serving")
    folder = shipped_folder().absolute()
    with serving.serving(serving.transformers_serve(folder), "/health") as served:
        yield SimpleNamespace(
            endpoints=(f"http://127.0.0.1:{served.port}",),
            model=str(folder),
            deadline_s=600.0,
            request_s=300.0,
        )


@pytest.fixture(scope="module")
def embedded():
    engine = open_engine(Settings(threads=1))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def chat(peer):
    engine = ChatEngine(ChatSettings(**vars(peer)))
    yield engine
    engine.close()


def test_it_is_recognised_and_read_by_its_words(chat):
    """It takes logprobs and says nothing of them; so only the word is read."""
    assert (chat.served.profile.name, chat.served.way) == ("transformers", "word")


def test_its_words_are_the_embedded_engines(chat, embedded):
    """Value and status agree wherever one label leads clearly; no probability."""
    told = chat.answer(PICTURES, questions())
    own = embedded.answer(PICTURES, questions())

    compared = 0
    for row, expected in zip(told, own, strict=True):
        for question, one, other in zip(questions(), row, expected, strict=True):
            assert one.probability is None
            if isinstance(question, Tags | Text) or not _sure(other):
                continue
            compared += 1
            assert one.raw == other.raw
            assert one.detail == NO_PROBABILITY
    assert compared > len(PICTURES)


def test_its_speech_is_the_embedded_engines(chat, embedded):
    """Greedy words, streamed, are the same; the end is told."""
    turns = [Turn(role="user", text="画面里有什么?", pictures=(PICTURES[0],))]
    sampling = Sampling(max_tokens=8)

    *steps, last = chat.speak(turns, sampling)
    own = "".join(step.text for step in embedded.speak(turns, sampling))

    assert "".join(step.text for step in steps).strip() == own.strip()
    assert last.finish in ("stop", "length")
    assert last.prompt_tokens > 0


def test_it_answers_typed_questions(peer):
    """/v1/systemone with the picture as an asset: probabilities that add up."""
    engine = DecisionsEngine(DecisionsSettings(**vars(peer)))
    asked = [one for one in questions() if not isinstance(one, Tags | Text)]
    try:
        rows = engine.answer(PICTURES, asked)
        again = engine.answer(PICTURES[:1], asked[:1])
    finally:
        engine.close()

    assert engine.served.shape.name == "systemone-assets"
    for row in rows:
        for answer in row:
            assert answer.status in (Status.OK, Status.CANNOT_TELL)
            assert math.fsum(answer.options.values()) == pytest.approx(1.0)
            assert answer.label_mass is None
    assert again[0][0].options == pytest.approx(rows[0][0].options, abs=1e-4)


def _sure(answer: Answer) -> bool:
    ranked = sorted(answer.options.values(), reverse=True)
    mass = answer.label_mass or 0.0
    return len(ranked) > 1 and (ranked[0] - ranked[1]) * mass > SURE and mass > 0.9
