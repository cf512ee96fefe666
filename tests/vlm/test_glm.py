"""The glm engine against transformers, which computes every prompt whole."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idolens.errors import EngineError
from idolens.vlm.answer import Status
from idolens.vlm.embedded import EmbeddedEngine
from idolens.vlm.model_files import shipped_folder
from idolens.vlm.pixels import Patcher
from idolens.vlm.prompt import render
from idolens.vlm.question import Choice, Question, Tags, Text, YesNo
from idolens.vocabulary import QuestionKey
from tests.vlm.asking import alike, picture, questions

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from idolens.vlm.glm.engine import GlmEngine  # noqa: E402
from idolens.vlm.glm.kv import Prefix  # noqa: E402
from idolens.vlm.glm.network import Network  # noqa: E402
from idolens.vlm.glm.options import Options  # noqa: E402
from idolens.vlm.glm.packs import first_line, packs  # noqa: E402
from idolens.vlm.glm.reader import Reading  # noqa: E402
from idolens.vlm.prefixes import Key, Prefixes  # noqa: E402
from tests.vlm import tiny_glm  # noqa: E402
from tests.vlm.recompute import (  # noqa: E402
    inputs_of,
    label_logs,
    logits_of,
    pil_processor,
)

NEAR = 1e-4
"""What sharing may change in a logit or a probability, in float32."""

shared = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
words = st.text("室内舞台公园人物汉服红蓝?,ab 1", min_size=1, max_size=90).filter(
    lambda text: text.strip()
)
SIZES = [(288, 512), (512, 288), (100, 100)]


@pytest.fixture(scope="module")
def whole():
    """Logits of (picture seed, size, question), computed whole, each once."""
    plain = tiny_glm.model()
    plain.set_attn_implementation("sdpa")

    @cache
    def compute(seed: int, size: tuple[int, int], question: Question):
        shown = picture(seed, *size)
        inputs = inputs_of(plain, _processor(), shown, question)
        # The same to 1e-5 (see test_patches); random weights blow that up.
        inputs["pixel_values"] = _eyes().patches(shown)
        return logits_of(plain, inputs)

    return compute


def _yes_no(text: str, number: int) -> YesNo:
    return YesNo(key=QuestionKey(f"q{number}"), instruction=text)


class TestAgainstTransformers:
    @settings(max_examples=25, deadline=None)
    @given(st.tuples(st.integers(20, 300), st.integers(20, 300)), st.integers(0, 9))
    def test_patches(self, size, seed):
        """Every size is resized and cut as Glm46VImageProcessor does it."""
        shown = picture(seed, 8 * (size[0] // 8), 8 * (size[1] // 8))
        processor = _processor()
        expected = processor(images=shown.pixels, return_tensors="pt")

        patches = _eyes().patches(shown)

        torch.testing.assert_close(patches, expected["pixel_values"], atol=1e-5, rtol=0)

    @shared
    @given(
        texts=st.lists(words, min_size=1, max_size=7, unique_by=str.strip),
        seeds=st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True),
        size=st.sampled_from(SIZES),
        together=st.booleans(),
    )
    def test_logits(self, random_glm, whole, texts, seeds, size, together):
        """Every number, length and order of questions has the whole prompt's logits.

        Behind pictures read before, or read together with them.
        """
        random_glm._prefixes.clear()
        asked = [
            random_glm._desk.take(_yes_no(text, at)) for at, text in enumerate(texts)
        ]
        shown = [picture(seed, *size) for seed in seeds]
        role = asked[0].prefix
        grid = random_glm._eyes.grid(shown[0])
        view = random_glm._seeing.look(shown, grid, [role])[role]
        unread = view.unread() if together else None
        network = random_glm._network
        reading = Reading(network, unread or view.prefixes(), 9)

        line = first_line([one.ids for one in asked], reading.after)
        logits = network.logits(reading.hidden(line))

        for row, seed in enumerate(seeds):
            for column, one in enumerate(asked):
                torch.testing.assert_close(
                    logits[row, column],
                    whole(seed, size, one.question),
                    atol=NEAR,
                    rtol=0,
                )

    @shared
    @given(
        calls=st.lists(
            st.tuples(
                st.integers(0, 2),
                st.sampled_from(SIZES),
                st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_interleaved_pictures(self, hurried, whole, calls):
        """Whatever was asked before about whichever picture, answers stay the same.

        The store holds two pictures, so some come back from it and some anew; a
        picture's size decides where its questions stand, so a mix-up would show.
        """
        asked = _closed()

        for seed, size, numbers in calls:
            chosen = [asked[number] for number in numbers]
            (answers,) = hurried.answer([picture(seed, *size)], chosen)
            for question, answer in zip(chosen, answers, strict=True):
                _check(answer, question, whole(seed, size, question))

    def test_concurrent_callers(self, hurried, whole):
        """Threads that ask about different pictures get what they would get alone."""
        jobs = [(seed, size) for seed in range(3) for size in SIZES]

        def ask(job):
            seed, size = job
            return hurried.answer([picture(seed, *size)], _closed())[0]

        with ThreadPoolExecutor(5) as threads:
            answers = list(threads.map(ask, jobs))

        for (seed, size), row in zip(jobs, answers, strict=True):
            for question, answer in zip(_closed(), row, strict=True):
                _check(answer, question, whole(seed, size, question))

    def test_generated_text(self, random_glm):
        """Greedy replies, packed or not, are those of `generate`."""
        plain = tiny_glm.model()
        asked = [
            Text(key=QuestionKey("a"), instruction="有什么?", max_tokens=10),
            Text(key=QuestionKey("b"), instruction="舞台上有什么人物?", max_tokens=12),
            Text(key=QuestionKey("c"), instruction="裙子?", max_tokens=3),
        ]
        known = tiny_glm.tokenizer()
        stop = [known.token_to_id(mark) for mark in ("<|endoftext|>", "<|user|>")]

        answers = random_glm.answer([picture(5), picture(6)], asked)

        for seed, row in zip((5, 6), answers, strict=True):
            for question, answer in zip(asked, row, strict=True):
                inputs = inputs_of(plain, _processor(), picture(seed), question)
                with torch.no_grad():
                    ids = plain.generate(
                        **inputs,
                        do_sample=False,
                        max_new_tokens=question.max_tokens,
                        eos_token_id=stop,
                    )[0, inputs["input_ids"].shape[1] :]
                said = known.decode(ids.tolist())
                assert said.startswith(answer.raw)
                assert answer.raw


def _check(answer, question, logits):
    labels = render(question).labels
    logs = label_logs(logits, labels)
    softened = 1.5 if question.kind == "yes_no" else 1.0
    shares = torch.softmax(logs / softened, 0).tolist()
    mass = float(logs.exp().sum())
    assert answer.options == pytest.approx(
        dict(zip(labels.values(), shares, strict=True)), abs=NEAR
    )
    assert answer.label_mass == pytest.approx(mass, abs=NEAR)


def _closed() -> list[Question]:
    return [one for one in questions() if not isinstance(one, Tags | Text)]


@cache
def _processor():
    return pil_processor(tiny_glm.PREPROCESSOR)


@cache
def _eyes():
    class Here:
        """The little of a network that cutting patches needs."""

        tensor = staticmethod(torch.tensor)

    from idolens.vlm.glm.pictures import Eyes  # noqa: PLC0415

    eyes = Eyes.__new__(Eyes)
    eyes._patcher, eyes._network = Patcher.from_config(tiny_glm.PREPROCESSOR), Here()
    return eyes


@pytest.fixture(scope="module")
def hurried(random_checkpoint):
    """An engine that keeps about two pictures and reads few tokens at a time."""
    engine = GlmEngine(
        random_checkpoint, Options(columns=64, pictures=2), least_mass=0.0
    )
    engine._prefixes._budget = 2 * 60 * 2 * 2 * 2 * 16 * 4
    yield engine
    engine.close()


class TestAgainstEmbedded:
    """The same checkpoint gives the same answers on either engine."""

    def test_random_weights(self, random_glm, random_engine):
        """Float32 on both sides: nothing differs but the last digits."""
        _agree(random_glm, random_engine, 1e-4)

    def test_the_shipped_model(self, shipped_glm):
        """The exported graphs and the checkpoint they come from agree."""
        embedded = EmbeddedEngine(shipped_folder(), threads=1)

        _agree(shipped_glm, embedded, 5e-3)
        embedded.close()


def _agree(engine, embedded, tolerance: float) -> None:
    shown = [picture(0), picture(1, 512, 288), picture(2, 100, 100)]
    asked = _closed()
    for mine, theirs in zip(
        engine.answer(shown, asked), embedded.answer(shown, asked), strict=True
    ):
        for one, other in zip(mine, theirs, strict=True):
            assert one.options == pytest.approx(other.options, abs=tolerance)
            assert one.label_mass == pytest.approx(other.label_mass, abs=tolerance)


class TestKept:
    """What was read of recent pictures."""

    def test_the_next_question_reads_no_picture(self, random_checkpoint):
        """A second question about a picture finds it; another role does not."""
        engine = GlmEngine(random_checkpoint, least_mass=0.0)
        zh, en = _yes_no("有人吗?", 1), _closed()[1]

        engine.answer([picture(0)], [zh])
        engine.answer([picture(0)], [_yes_no("是舞台吗?", 2)])
        engine.answer([picture(0), picture(1)], [en])

        assert engine.uses.hits == 1
        assert engine.uses.misses == 3
        engine.close()

    def test_what_is_forgotten_is_read_anew(self, random_checkpoint):
        """Nothing of a picture stays in memory."""
        engine = GlmEngine(random_checkpoint, least_mass=0.0)
        engine.answer([picture(0)], [_yes_no("有人吗?", 1)])

        engine.forget()
        kept = engine._prefixes.bytes
        engine.answer([picture(0)], [_yes_no("有人吗?", 1)])

        assert kept == 0
        assert engine.uses.misses == 2
        engine.close()

    @given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 5))
    def test_the_budget_is_kept(self, numbers, fit):
        """However it is used, the store never takes more than it may."""
        one = Prefix(torch.zeros(1, 2, 1, 3, 4), 3)
        store = Prefixes(fit * one.bytes)

        for number in numbers:
            key = Key(picture(number, 16, 16).sha256, (1, 1), "role")
            if store.get(key) is None:
                store.put(key, one)

            assert store.bytes == len(store) * one.bytes <= fit * one.bytes
        assert store.uses.hits + store.uses.misses == len(numbers)

    def test_the_oldest_goes_first(self):
        """What was used last stays."""
        one = Prefix(torch.zeros(1, 2, 1, 3, 4), 3)
        store = Prefixes(2 * one.bytes)
        keys = [Key(picture(n, 16, 16).sha256, (1, 1), "role") for n in range(3)]

        store.put(keys[0], one)
        store.put(keys[1], one)
        store.get(keys[0])
        store.put(keys[2], one)

        assert store.get(keys[1]) is None
        assert store.get(keys[0]) is one
        assert store.uses.evictions == 1


class Cramped(Network):
    """A network on a card where only so much fits."""

    cells = 10**9

    def read_line(self, embeddings, positions, mask, space, at):
        self._reserve(embeddings.shape[0] * embeddings.shape[1])
        return super().read_line(embeddings, positions, mask, space, at)

    def look(self, patches, grids):
        self._reserve(len(patches))
        return super().look(patches, grids)

    def _reserve(self, cells: int) -> None:
        if cells > self.cells:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate …")


class TestShortage:
    """Memory runs out: less at a time, never a crash, never a lost question."""

    @pytest.fixture
    def engine(self, random_checkpoint):
        engine = GlmEngine(random_checkpoint, least_mass=0.0, network=Cramped)
        yield engine
        engine.close()

    def test_what_fits_is_found_and_remembered(self, engine, random_glm):
        """Answers are those of an engine with room; the second call fails no more."""
        engine._network.cells = 100
        shown = [picture(number) for number in range(4)]
        expected = random_glm.answer(shown, questions()[:7])

        answers = engine.answer(shown, questions()[:7])

        for mine, theirs in zip(answers, expected, strict=True):
            for one, other in zip(mine, theirs, strict=True):
                if one.key != "long":
                    assert alike(one, other, NEAR)
        assert engine.shortages > 0
        assert engine._room.pictures < 4

    def test_later_calls_do_not_fail_again(self, engine):
        """The limit is remembered."""
        engine._network.cells = 150
        asked = [_yes_no("有人吗" * length, length) for length in range(1, 12)]

        for seed in range(3):
            engine.answer([picture(seed)], asked)
        shortages = engine.shortages
        engine.answer([picture(9)], asked)

        assert engine.shortages == shortages > 0

    def test_a_question_that_never_fits_is_an_error(self, engine):
        """The others are answered, and the one says why it is not."""
        engine._network.cells = 110
        asked = [_yes_no("有人吗?", 1), _yes_no("汉服" * 200, 2), _yes_no("人?", 3)]

        first, long, last = engine.answer([picture(0, 100, 100)], asked)[0]

        assert first.status is not Status.ERROR
        assert last.status is not Status.ERROR
        assert long.status is Status.ERROR
        assert "memory" in long.detail

    def test_a_picture_that_never_fits_is_an_error(self, engine):
        """Every question about it is answered with an error, none is lost."""
        engine._network.cells = 3

        (answers,) = engine.answer([picture(0)], _closed())

        assert [answer.key for answer in answers] == [one.key for one in _closed()]
        assert {answer.status for answer in answers} == {Status.ERROR}

    def test_other_errors_are_not_swallowed(self, random_checkpoint):
        """What is no shortage stops the call."""

        class Broken(Cramped):
            def _reserve(self, cells):
                if cells > self.cells:
                    raise RuntimeError("misaligned address")

        engine = GlmEngine(random_checkpoint, network=Broken)
        engine._network.cells = 10

        with pytest.raises(RuntimeError, match="misaligned"):
            engine.answer([picture(0)], _closed())


class TestPacks:
    @given(
        st.lists(st.tuples(st.integers(1, 90), st.booleans()), max_size=20),
        st.integers(64, 200),
    )
    def test_every_question_is_in_one_pack(self, shapes, columns):
        """Packs lose none, mix no kinds, and keep within their columns."""
        asked = [
            _Sized((0,) * length, 9 if is_open else 0) for length, is_open in shapes
        ]

        groups = list(packs(asked, columns, lead=(7,)))

        assert sorted(at for group in groups for at in group) == list(range(len(asked)))
        for group in groups:
            assert len({bool(asked[at].limit) for at in group}) == 1
            taken = sum(len(asked[at].ids) + (not asked[at].limit) for at in group)
            assert taken <= columns or len(group) == 1


class _Sized:
    def __init__(self, ids, limit):
        self.ids, self.limit = ids, limit


def test_a_model_that_begins_with_a_box_is_read_within_it(random_checkpoint, tmp_path):
    """GLM-4.6V may want <|begin_of_box|> before 是; the label is read behind it."""
    folder = Path(shutil.copytree(random_checkpoint, tmp_path / "boxing"))
    known = tiny_glm.tokenizer()
    box = known.token_to_id("q")
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    text = text.replace('"q"', '"<|begin_of_box|>"')
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    plain = tiny_glm.model()
    labels = [known.token_to_id(label) for label in tiny_glm.LABELS]
    with torch.no_grad():
        plain.lm_head.weight *= 2.0
        plain.lm_head.weight[labels] *= -0.5
    generation = (folder / "generation_config.json").read_bytes()
    plain.save_pretrained(folder)
    (folder / "generation_config.json").write_bytes(generation)
    engine = GlmEngine(folder, least_mass=0.0)
    asked = _yes_no("有人吗?", 1)

    (answer,) = engine.answer([picture()], [asked])[0]

    inputs = inputs_of(plain, _processor(), picture(), asked)
    for name, behind in (("input_ids", box), ("mm_token_type_ids", 0)):
        last = torch.tensor([[behind]], dtype=inputs[name].dtype)
        inputs[name] = torch.cat((inputs[name], last), 1)
    logs = label_logs(logits_of(plain, inputs), render(asked).labels)
    assert engine._answering._lead == (box,)
    assert answer.label_mass == pytest.approx(float(logs.exp().sum()), abs=NEAR)
    engine.close()


def test_a_closed_engine_says_so(random_checkpoint):
    """After close there is a clear error, not a crash."""
    engine = GlmEngine(random_checkpoint)
    engine.close()

    with pytest.raises(EngineError, match="closed"):
        engine.answer([picture()], [questions()[0]])


def test_fewer_pixels_are_fewer_tokens(random_checkpoint):
    """The setting `pixels` lowers what a picture costs, and still gives an answer."""
    engine = GlmEngine(random_checkpoint, Options(pixels=5000), least_mass=0.0)
    asked = Choice(key=QuestionKey("c"), instruction="人物?", options=("a", "b"))
    shown = picture()

    (answer,) = engine.answer([shown], [asked])[0]

    assert engine._eyes.count(engine._eyes.grid(shown)) <= 8
    assert answer.status in (Status.OK, Status.CANNOT_TELL)
    engine.close()
