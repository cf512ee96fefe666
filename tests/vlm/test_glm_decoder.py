"""The spelled-out layers give what transformers' own give."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from idolens.vlm.glm.decoder import Decoder  # noqa: E402
from idolens.vlm.glm.kv import Shape, Workspace  # noqa: E402
from tests.vlm import tiny_glm  # noqa: E402

NEAR = 1e-5


@pytest.fixture(scope="module")
def text():
    """The words' half of random weights, as transformers has it."""
    return tiny_glm.model().eval().model.language_model


def _space(text, rows, columns):
    how = text.config
    size = how.hidden_size // how.num_attention_heads
    shape = Shape(
        how.num_hidden_layers,
        how.num_key_value_heads,
        size,
        torch.float32,
        torch.device("cpu"),
    )
    return Workspace(shape, rows, columns)


@settings(deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("shared", [True, False])
def test_the_columns_wanted_are_those_of_transformers(text, shared, data):
    """Read in two goes, the second behind the first, with any columns wanted."""
    rows = data.draw(st.integers(1, 3), "rows")
    first = data.draw(st.integers(1, 12), "first")
    more = data.draw(st.integers(1, 12), "more")
    at = data.draw(st.lists(st.integers(0, more - 1), min_size=1, max_size=4), "at")
    seed = data.draw(st.integers(0, 99), "seed")
    length = first + more
    mixed = torch.Generator().manual_seed(seed)
    shown = torch.randn(rows, length, text.config.hidden_size, generator=mixed)
    positions = torch.randint(0, 50, (3, rows, length), generator=mixed).sort(-1).values
    decoder, space = Decoder(text, shared=shared), _space(text, rows, length)

    with torch.inference_mode():
        expected = text(inputs_embeds=shown, position_ids=positions, use_cache=False)
        space.extend(first)
        begun = decoder.read(
            shown[:, :first],
            positions[..., :first],
            None,
            space,
            torch.tensor([first - 1]),
        )
        space.extend(more)
        mask = torch.ones(more, length, dtype=torch.bool).tril(first)
        wanted = decoder.read(
            shown[:, first:], positions[..., first:], mask, space, torch.tensor(at)
        )

    whole = expected.last_hidden_state
    assert (begun[:, 0] - whole[:, first - 1]).abs().max() < NEAR
    assert (wanted - whole[:, first:][:, at]).abs().max() < NEAR


def test_without_a_wish_all_columns_come(text):
    """Then nothing is left out."""
    shown = torch.randn(2, 7, text.config.hidden_size)
    positions = torch.arange(7).expand(3, 2, 7)
    space = _space(text, 2, 7)
    space.extend(7)

    with torch.inference_mode():
        read = Decoder(text, shared=True).read(shown, positions, None, space)
        expected = text(inputs_embeds=shown, position_ids=positions, use_cache=False)

    assert (read - expected.last_hidden_state).abs().max() < NEAR
