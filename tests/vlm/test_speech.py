"""How the words of a reply are chosen and told, without any model."""

import json
import string
import time
from dataclasses import dataclass, replace

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders
from tokenizers.models import Unigram

from idolens.errors import QuestionError
from idolens.vlm.conversation import Sampling
from idolens.vlm.lexicon import Lexicon
from idolens.vlm.speech import Speech, choose, say

MARKS = ("<|endoftext|>", "<|user|>", "<think>", "</think>", "<|begin_of_box|>")
WORDS = [*string.ascii_letters, *string.digits, *' \n,.:{}[]"-', "蓝", "微笑", "END"]


def _tokenizer() -> Tokenizer:
    vocabulary = [(mark, -100.0) for mark in MARKS] + [(word, -1.0) for word in WORDS]
    vocabulary += [(f"<0x{number:02X}>", -20.0) for number in range(256)]
    made = Tokenizer(Unigram(vocabulary, unk_id=0, byte_fallback=True))
    made.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    made.add_special_tokens(list(MARKS))
    return made


TOKENIZER = _tokenizer()
LEXICON = Lexicon(TOKENIZER, frozenset({0, 1}))
COUNT = TOKENIZER.get_vocab_size()
SCHEMA = {
    "type": "object",
    "properties": {
        "hair": {"enum": ["blue", "red"]},
        "people": {"type": "integer", "minimum": 0, "maximum": 9},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
    },
    "required": ["hair", "people", "tags"],
    "additionalProperties": False,
}


def _ids(text: str) -> list[int]:
    return TOKENIZER.encode(text, add_special_tokens=False).ids


def _said(ids, *, thinking=False, **sampling):
    """Let a model that wants to say ``ids`` speak; return every step."""
    speech = Speech(LEXICON, Sampling(**sampling), prompt_tokens=7, thinking=thinking)
    steps = []
    for id_ in ids:
        logits = np.zeros(COUNT, np.float32)
        logits[id_] = 20
        steps += speech.hear(speech.choose(logits))
        if speech.over:
            break
    return [*steps, speech.last()]


def _text(steps) -> str:
    return "".join(step.text for step in steps if not step.thought)


def test_a_reply_is_its_tokens_in_order():
    """Each token is one step; the last says why it ended and how long it was."""
    steps = _said([*_ids("blue hair"), 1])

    assert _text(steps) == "blue hair"
    assert [step.text for step in steps[:-1]] == list("blue hair")
    assert steps[-1].finish == "stop"
    assert (steps[-1].prompt_tokens, steps[-1].completion_tokens) == (7, 9)
    assert all(-1e-3 < step.log_probability <= 0 for step in steps)


def test_half_a_character_waits_for_the_other_half():
    """A character of three tokens comes whole, with the last of them."""
    steps = _said([*_ids("a貓b"), 1])

    assert [step.text for step in steps] == ["a", "", "", "貓", "b", ""]


def test_marks_are_not_said():
    """Box marks of the model leave no trace in the text."""
    steps = _said([4, *_ids("blue"), 1])

    assert _text(steps) == "blue"


def test_a_reply_ends_at_its_longest():
    """max_tokens cuts, and says that it did."""
    steps = _said(_ids("abcdefgh"), max_tokens=3)

    assert _text(steps) == "abc"
    assert steps[-1].finish == "length"


@given(
    words=st.text("abEND", max_size=12),
    stops=st.lists(st.text("abEND", min_size=1, max_size=3), max_size=3),
)
def test_nothing_from_a_stop_text_on_is_said(words, stops):
    """The reply is what stands before the first stop text, however it is cut."""
    before = min((words.find(stop) for stop in stops if stop in words), default=-1)
    expected = words if before < 0 else words[:before]

    steps = _said([*_ids(words), 1], stop=tuple(stops))

    if steps[-1].finish == "stop":  # a loop would end it too; that is another test
        assert _text(steps) == expected


def test_a_step_is_held_back_only_while_it_may_begin_a_stop_text():
    """What turns out not to be the stop text is told after all, a step a token."""
    steps = _said([*_ids("aEbENDc"), 1], stop=("Eb!", "END"))

    assert [step.text for step in steps[:-1]] == ["a", "E", "b"]
    assert steps[-1].finish == "stop"


def test_a_loop_is_cut():
    """A model that repeats itself is stopped, and the reply is marked as cut."""
    steps = _said(_ids("blue blue blue blue blue "), max_tokens=200)

    assert steps[-1].finish == "length"
    assert len(steps) < 26


def test_thoughts_are_marked_and_counted():
    """What is thought is told apart from the reply, and does not shorten it."""
    steps = _said([*_ids("hmm"), 3, *_ids("\nblue"), 1], thinking=True, max_tokens=10)

    assert "".join(step.text for step in steps if step.thought) == "hmm"
    assert _text(steps) == "blue"
    assert steps[-1].completion_tokens == 9


@dataclass(frozen=True)
class _Heard:
    """What a model wants to say next, and what it has read."""

    wants: tuple[int, ...]
    logits: np.ndarray


def _heard(wants) -> _Heard:
    logits = np.zeros(COUNT, np.float32)
    logits[wants[0]] = 20
    return _Heard(tuple(wants), logits)


def _thinking(thought: str, **sampling):
    """Let a model think, then say "blue"; return the steps and what was read."""
    read: list[bool] = []
    speech = Speech(
        LEXICON,
        Sampling(thinking=True, **sampling),
        prompt_tokens=7,
        plain_tokens=9,
        thinking=True,
    )

    def listen(thinking: bool) -> _Heard:  # noqa: FBT001  (as `say` calls it)
        read.append(thinking)
        reply = (*_ids("blue"), 1)
        return _heard((*_ids(thought), 3, *reply) if thinking else reply)

    return list(say(speech, listen, lambda heard, _: _heard(heard.wants[1:]))), read


def test_thinking_within_the_budget_is_one_pass():
    """The reply follows the thought, and the conversation is read once."""
    steps, read = _thinking("hm", thinking_tokens=3)

    assert _text(steps) == "blue"
    assert read == [True]
    assert (steps[-1].prompt_tokens, steps[-1].completion_tokens) == (7, 3 + 4)


def test_thinking_over_the_budget_is_a_second_pass_without():
    """The conversation is read anew with thinking off; both passes are counted."""
    steps, read = _thinking("hmm, well, so", thinking_tokens=4)

    assert "".join(step.text for step in steps if step.thought) == "hmm,"
    assert _text(steps) == "blue"
    assert read == [True, False]
    assert (steps[-1].prompt_tokens, steps[-1].completion_tokens) == (7 + 9, 4 + 4)
    assert steps[-1].finish == "stop"


def test_a_thought_in_circles_is_left_before_its_budget():
    """Whoever thinks the same again and again comes to no end."""
    steps, read = _thinking("well, " * 50, thinking_tokens=300)

    assert _text(steps) == "blue"
    assert read == [True, False]
    assert sum(step.thought for step in steps) < 30


def test_a_second_pass_keeps_schema_and_length():
    """What holds for a reply holds for that of the second pass."""
    steps, _ = _thinking("hmm, well", thinking_tokens=2, schema={"enum": ["red"]})
    short, _ = _thinking("hmm, well", thinking_tokens=2, max_tokens=3)

    assert json.loads(_text(steps)) == "red"
    assert _text(short) == "blu"
    assert (short[-1].finish, short[-1].completion_tokens) == ("length", 2 + 3)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), temperature=st.sampled_from([0.0, 0.7, 2.0]))
def test_a_schema_is_kept_whatever_the_model_wants(seed, temperature):
    """A reply that ended by itself validates; any other was cut at its length."""
    chance = np.random.default_rng(seed)
    speech = Speech(
        LEXICON,
        Sampling(schema=SCHEMA, temperature=temperature, seed=seed, max_tokens=80),
        prompt_tokens=1,
    )
    steps = []
    while not speech.over:
        logits = chance.normal(0, 3, COUNT).astype(np.float32)
        steps += speech.hear(speech.choose(logits))

    if speech.last().finish == "stop":
        jsonschema.validate(json.loads(_text(steps)), SCHEMA)
    else:
        assert speech.last().completion_tokens == 80


def test_a_thought_need_not_keep_the_schema():
    """The schema begins to hold with the reply."""
    schema = {"enum": ["blue"]}

    steps = _said([*_ids("hm"), 3, *_ids("red, or so?")], thinking=True, schema=schema)

    assert json.loads(_text(steps)) == "blue"


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "zorg-secret"}, "type"),
        ({"type": "string", "format": "zorg-secret"}, "format"),
        ({"not": {"const": "zorg-secret"}}, "not"),
        ({"type": "array", "uniqueItems": True}, "uniqueItems"),
        ({"$ref": "https://example.org/zorg-secret"}, "references"),
        ({"enum": ["x" * 70_000]}, "65536"),
    ],
)
def test_a_schema_that_cannot_be_kept_is_refused(schema, named):
    """Nothing in a schema is ignored, and the refusal repeats none of its words."""
    with pytest.raises(QuestionError, match=named) as caught:
        Speech(LEXICON, Sampling(schema=schema), prompt_tokens=1)

    assert "zorg-secret" not in str(caught.value)


def _nested(depth: int) -> dict:
    schema: dict = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "array", "items": schema}
    return schema


def _chained(count: int) -> dict:
    schema: dict = {"type": "string"}
    for number in range(count):
        schema = {"pattern": f".*{number}.*", "anyOf": [schema], "type": "string"}
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"pattern": f".*{number}.*"} for number in range(60)]},
        _chained(40),
        _nested(300),
        _nested(900),
    ],
)
def test_a_hostile_schema_costs_no_time(schema):
    """What would take minutes to prepare is refused in a moment."""
    started = time.monotonic()

    with pytest.raises(QuestionError, match="simpler"):
        LEXICON.grammar(schema)

    assert time.monotonic() - started < 1


def test_a_schema_too_intricate_midway_is_an_error():
    """A parser that gives up halfway is never taken for the end of a reply."""
    alternatives = [
        {"type": "object", "properties": {f"a{at}": {"enum": [at]} for at in range(n)}}
        for n in range(60)
    ]
    schema = {"anyOf": alternatives}

    with pytest.raises(QuestionError):
        _said(_ids('{"a0":0,"a1":1,"a2":2}'), schema=schema)


def test_joined_patterns_within_reason_are_kept():
    """A handful may be joined, as schemas of real programs do."""
    joined = {"allOf": [{"type": "string", "pattern": f"{word}"} for word in "abc"]}

    assert LEXICON.grammar(joined).allowed().any()
    many = {
        "properties": {
            f"p{at}": {"type": "string", "format": "date"} for at in range(20)
        }
    }
    assert LEXICON.grammar({"type": "object", **many}).allowed().any()


class TestChoosing:
    """One token out of many."""

    LOGITS = np.array([1.0, 3.0, 2.0, -1.0], np.float32)

    def _choose(self, sampling, seed=0, allowed=None):
        return choose(self.LOGITS, sampling, np.random.default_rng(seed), allowed)

    def test_greedy_takes_the_likeliest(self):
        """Temperature 0 has no chance in it."""
        assert {self._choose(Sampling(), seed).token for seed in range(9)} == {1}

    def test_probabilities_are_the_models_own(self):
        """Temperature and permission change the choice, not what is told of it."""
        allowed = np.array([True, False, True, True])

        chosen = self._choose(
            Sampling(temperature=2.0, top_logprobs=3), allowed=allowed
        )

        shares = np.exp(self.LOGITS) / np.exp(self.LOGITS).sum()
        assert np.exp(chosen.log_probability) == pytest.approx(shares[chosen.token])
        assert [token for token, _ in chosen.alternatives] == [1, 2, 0]
        assert np.exp(chosen.alternatives[0][1]) == pytest.approx(shares[1])

    def test_only_what_is_allowed_is_chosen(self):
        """Neither the likeliest nor the dice get past a schema."""
        allowed = np.array([True, False, False, True])

        greedy = self._choose(Sampling(), allowed=allowed).token
        drawn = {
            self._choose(Sampling(temperature=2.0), seed, allowed).token
            for seed in range(60)
        }

        assert greedy == 0
        assert drawn == {0, 3}

    @given(st.floats(0.05, 1.0), st.integers(0, 99))
    def test_top_p_keeps_the_smallest_set_that_reaches_it(self, top_p, seed):
        """No token outside of the nucleus is ever drawn."""
        shares = np.exp(self.LOGITS) / np.exp(self.LOGITS).sum()
        order = np.argsort(-shares)
        before = np.cumsum(shares[order]) - shares[order]
        nucleus = {int(token) for token in order[before < top_p]}

        chosen = self._choose(Sampling(temperature=1.0, top_p=top_p), seed)

        assert chosen.token in nucleus

    def test_draws_follow_the_temperature(self):
        """Thousands of draws come out as the softmax says."""
        chance = np.random.default_rng(3)
        sampling = Sampling(temperature=1.5)
        drawn = [choose(self.LOGITS, sampling, chance).token for _ in range(6000)]
        weights = np.exp(self.LOGITS / 1.5)

        counted = np.bincount(drawn, minlength=4) / 6000
        np.testing.assert_allclose(counted, weights / weights.sum(), atol=0.03)

    def test_the_same_seed_draws_the_same(self):
        """A seed is a promise."""
        sampling = Sampling(temperature=2.0, seed=5)

        assert self._choose(sampling, 5) == self._choose(replace(sampling), 5)
