"""How a checkpoint may be run: other numbers, rounded weights, compiled."""

from importlib.util import find_spec

import pytest

from idolens.errors import EngineError
from idolens.vlm.question import Tags, Text
from tests.vlm.asking import picture, questions

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from idolens.vlm.glm.engine import GlmEngine  # noqa: E402
from idolens.vlm.glm.loading import check_version  # noqa: E402
from idolens.vlm.glm.machine import choose_machine  # noqa: E402
from idolens.vlm.glm.options import Options  # noqa: E402

CLOSED = [one for one in questions() if not isinstance(one, Tags | Text)]


def _far(one: GlmEngine, other: GlmEngine) -> float:
    """The largest difference of a probability among the labels."""
    pairs = zip(
        one.answer([picture(1)], CLOSED)[0],
        other.answer([picture(1)], CLOSED)[0],
        strict=True,
    )
    return max(
        abs(share - theirs.options[name])
        for mine, theirs in pairs
        for name, share in mine.options.items()
    )


def test_half_precision_is_near(shipped_glm):
    """In bfloat16 a trained model says nearly the same."""
    engine = GlmEngine(shipped_glm.folder, Options(dtype="bfloat16"))

    assert _far(engine, shipped_glm) < 0.1
    engine.close()


@pytest.mark.slow
@pytest.mark.timeout(1500)  # compiling is all of it
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, of torch
def test_compiled_is_the_same(random_glm):
    """A compiled decoder reads lines of bucketed lengths, with the same answers."""
    engine = GlmEngine(random_glm.folder, Options(compile=True), least_mass=0.0)

    assert _far(engine, random_glm) < 1e-4
    engine.close()


@pytest.mark.skipif(not find_spec("torchao"), reason="torchao is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torchao's own, of torch
def test_rounded_weights_are_near(shipped_glm):
    """In int8 a trained model says nearly the same."""
    engine = GlmEngine(shipped_glm.folder, Options(quantize="int8"))

    assert _far(engine, shipped_glm) < 0.1
    engine.close()


def test_numbers_and_device_are_chosen_by_what_is_there():
    """Half precision on a card, float32 on a processor, unless told otherwise."""
    machine = choose_machine(Options())
    assert (
        machine.fast == torch.cuda.is_available() or torch.backends.mps.is_available()
    )
    assert choose_machine(Options(device="cpu")).dtype is torch.float32
    assert choose_machine(Options(device="cpu", dtype="float16")).dtype is torch.float16


@pytest.mark.parametrize("version", ["4.57.6", "5.3.0.dev0", "5.19.9"])
def test_an_old_transformers_is_refused(version):
    """It would load a bare tokenizer and answer without having seen the picture."""
    with pytest.raises(EngineError, match="too old"):
        check_version(version)

    check_version("5.23.0")
