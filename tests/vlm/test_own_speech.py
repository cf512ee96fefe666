"""Our own engines' replies are those of transformers with the same weights."""

import importlib
import math
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from jinja2 import Template

from idolens.errors import QuestionError
from idolens.vlm.conversation import Sampling, Turn
from idolens.vlm.embedded import talk
from idolens.vlm.prompt import render
from idolens.vlm.question import Text
from idolens.vocabulary import QuestionKey
from tests.vlm.asking import picture

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.vlm import tiny_glm  # noqa: E402

TURNS = [
    Turn(role="system", text="室内舞台"),
    Turn(role="user", text="图中人物?", pictures=(picture(1), picture(2, 100, 300))),
    Turn(role="assistant", text="汉服"),
    Turn(role="user", text="暗亮?", pictures=(picture(3, 512, 288),)),
    Turn(role="user", text="红蓝?"),
]


@pytest.fixture(scope="module")
def plain():
    return tiny_glm.model()


@pytest.fixture(scope="module", params=["random_engine", "random_glm"])
def speaker(request):
    return request.getfixturevalue(request.param)


def _inputs(plain, turns):
    """What transformers reads of the same conversation."""
    module = importlib.import_module(
        "transformers.models.glm46v.image_processing_pil_glm46v"
    )
    content = dict(tiny_glm.PREPROCESSOR)
    content.pop("image_processor_type")
    shown = [one.pixels for turn in turns for one in turn.pictures]
    pixels = module.Glm46VImageProcessorPil(**content)(
        images=shown, return_tensors="pt"
    )
    text = Template(tiny_glm.TEMPLATE).render(
        messages=[
            {
                "role": turn.role,
                "content": [
                    *({"type": "image"} for _ in turn.pictures),
                    {"type": "text", "text": turn.text},
                ],
            }
            for turn in turns
        ],
        enable_thinking=False,
        add_generation_prompt=True,
    )
    before, *rest = text.split("<|image|>")
    for grid, after in zip(pixels["image_grid_thw"], rest, strict=True):
        before += "<|image|>" * (int(grid.prod()) // 4) + after
    ids = torch.tensor([tiny_glm.tokenizer().encode(before).ids])
    return {
        "input_ids": ids,
        "mm_token_type_ids": (ids == plain.config.image_token_id).int(),
        "pixel_values": pixels["pixel_values"],
        "image_grid_thw": pixels["image_grid_thw"],
    }


@pytest.mark.parametrize("more", ["", "暗亮红蓝汉服" * 70], ids=["once", "in parts"])
def test_several_turns_with_several_pictures(plain, speaker, more):
    """Words, probabilities and alternatives agree, read at once or in parts."""
    turns = [*TURNS, Turn(role="user", text=f"微笑{more}?")]
    inputs = _inputs(plain, turns)
    length = inputs["input_ids"].shape[1]
    with torch.no_grad():
        made = plain.generate(
            **inputs,
            do_sample=False,
            max_new_tokens=10,
            eos_token_id=[0, 4],
            output_logits=True,
            return_dict_in_generate=True,
        )
    ids = made.sequences[0, length:].tolist()

    *steps, last = speaker.speak(turns, Sampling(max_tokens=10, top_logprobs=5))

    assert last.prompt_tokens == length
    assert 0 < len(steps) <= len(ids)
    for step, id_, logits in zip(steps, ids, made.logits, strict=False):
        shares = torch.softmax(logits[0], 0)
        best = torch.topk(shares, 5).values.tolist()
        told = [math.exp(log) for _, log in step.alternatives]
        assert told == pytest.approx(best, abs=1e-4)
        assert math.exp(step.log_probability) == pytest.approx(
            float(shares[id_]), abs=1e-4
        )


def test_a_reply_is_the_answer_to_the_same_question(speaker):
    """Chat and a Text question put the same words to the model, and get the same."""
    question = Text(key=QuestionKey("t"), instruction="有什么?", max_tokens=8)
    prompt, shown = render(question), picture(5)
    turns = [
        Turn(role="system", text=prompt.role),
        Turn(role="user", text=prompt.text, pictures=(shown,)),
    ]

    (answer,) = speaker.answer([shown], [question])[0]
    steps = list(speaker.speak(turns, Sampling(max_tokens=8)))

    assert answer.raw
    assert "".join(step.text for step in steps).startswith(answer.raw)


def test_thoughts_over_the_budget_are_left_for_a_second_pass(speaker):
    """The reply is that with thinking off, and both passes are counted."""
    plain = list(speaker.speak(TURNS, Sampling(max_tokens=6)))

    steps = list(
        speaker.speak(TURNS, Sampling(thinking=True, thinking_tokens=5, max_tokens=6))
    )

    assert [step.thought for step in steps[:5]] == [True] * 5
    said, last = steps[5:-1], steps[-1]
    assert [step.text for step in said] == [step.text for step in plain[:-1]]
    assert [step.log_probability for step in said] == pytest.approx(
        [step.log_probability for step in plain[:-1]], abs=1e-5
    )
    assert last.finish == plain[-1].finish
    assert last.completion_tokens == 5 + plain[-1].completion_tokens
    assert last.prompt_tokens > 2 * plain[-1].prompt_tokens - 20


def test_a_listener_who_leaves_stops_the_model(speaker):
    """Not one token more is computed, and the engine is free at once."""
    steps = speaker.speak(TURNS, Sampling(max_tokens=100))
    next(steps)
    steps.close()

    assert list(steps) == []
    assert not speaker._turn._held


def test_a_short_reply_does_not_wait_for_a_long_one(speaker):
    """Two conversations share the engine token by token, in turns."""
    turns = [Turn(role="user", text="暗亮?")]
    order: list[str] = []
    begun = threading.Event()

    def talk(name: str, tokens: int) -> None:
        sampling = Sampling(max_tokens=tokens, temperature=2.0, seed=3)
        for _ in speaker.speak(turns, sampling):
            order.append(name)
            begun.set()

    with ThreadPoolExecutor(2) as threads:
        long = threads.submit(talk, "long", 300)
        begun.wait()
        threads.submit(talk, "short", 3).result()
        long.result()

    assert order[-1] == "long" or order.count("long") < 100


def test_a_conversation_too_long_is_refused(random_engine):
    """The bound is in tokens, pictures and reply among them."""
    turns = [Turn(role="user", text="暗" * (talk.LONGEST - 20))]

    with pytest.raises(QuestionError, match="4096"):
        random_engine.speak(turns, Sampling(max_tokens=30))
