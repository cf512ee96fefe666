"""What only the glm engine does while it speaks."""

import pytest

from idolens.errors import EngineBusyError, QuestionError
from idolens.vlm.conversation import Sampling, Turn
from tests.vlm.asking import picture

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from idolens.vlm.glm import talking  # noqa: E402
from idolens.vlm.glm.engine import GlmEngine  # noqa: E402
from idolens.vlm.glm.network import Network  # noqa: E402

SHORT = Sampling(max_tokens=6)


def _turns(*said: str) -> list[Turn]:
    first, *rest = said
    turns = [Turn(role="user", text=first, pictures=(picture(1),))]
    for number, text in enumerate(rest):
        turns.append(Turn(role="user" if number % 2 else "assistant", text=text))
    return turns


def _text(engine, turns) -> str:
    return "".join(step.text for step in engine.speak(turns, SHORT))


def test_a_conversation_goes_on_without_looking_again(random_checkpoint):
    """The picture of the first turn is kept for the next ones, and for questions."""
    engine = GlmEngine(random_checkpoint)

    first = _text(engine, _turns("有什么?"))
    _text(engine, _turns("有什么?", first or "灯", "红?"))

    assert engine.uses.hits == 1
    assert engine.uses.misses == 1
    engine.close()


def test_a_conversation_longer_than_the_model_is_refused(random_glm):
    """The bound is the model's own, where that is the smaller one."""
    assert random_glm._network.longest < talking.LONGEST

    with pytest.raises(QuestionError, match="1024"):
        random_glm.speak(_turns("暗" * 1000), Sampling(max_tokens=100))


class Full(Network):
    """A network on a card that is full while ``full`` says so."""

    full = False

    def read(self, embeddings, positions, mask, space, at):
        if self.full:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().read(embeddings, positions, mask, space, at)


def test_no_memory_is_a_temporary_error(random_checkpoint):
    """A conversation that does not fit says to try again, and leaves room for it."""
    engine = GlmEngine(random_checkpoint, network=Full)
    expected = _text(engine, _turns("有什么?"))

    engine._network.full = True
    with pytest.raises(EngineBusyError):
        _text(engine, _turns("有什么?"))
    engine._network.full = False

    assert len(engine._prefixes) == 0
    assert _text(engine, _turns("有什么?")) == expected
    engine.close()
