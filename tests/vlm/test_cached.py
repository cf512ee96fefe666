"""The answer cache gives what the engine would give, and asks it once."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idolens.errors import ArchiveError, EngineBusyError, QuestionError
from idolens.settings import CacheSettings, Settings
from idolens.vlm.answer import Answer, Status
from idolens.vlm.answer_disk import VERSION, AnswerDisk, Stored
from idolens.vlm.answer_store import (
    AnswerStore,
    forget_answers,
    open_disk,
    open_store,
)
from idolens.vlm.cached import CachedEngine, cache_of, cached
from idolens.vlm.contrast import ContrastEngine
from idolens.vlm.conversation import Sampling, Spoken, Turn, can_speak
from idolens.vlm.engine import Model
from idolens.vlm.question import Choice, Tags, Text, YesNo
from idolens.vlm.reading import Reading
from idolens.vocabulary import Probability, QuestionKey
from tests.fakes import FakeEngine
from tests.vlm.asking import picture, questions, timeless

QUESTIONS = questions()


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def store(*, memory=2**20, ttl_s=600.0, disk=None, clock=time.time) -> AnswerStore:
    return AnswerStore(ttl_s=ttl_s, memory_bytes=memory, disk=disk, clock=clock)


def by_content(shown, question) -> str | float | tuple[str, ...] | None:
    """What a model would say: it never sees the question's key."""
    seed = Random(f"{shown.sha256}{question.instruction}")  # noqa: S311
    if isinstance(question, YesNo):
        return seed.choice(["yes", "no", None])
    if isinstance(question, Choice):
        return seed.choice(question.options)
    if isinstance(question, Tags):
        return ("微笑", seed.choice(["汉服", "猫耳"]))
    if isinstance(question, Text):
        return f"画面 {seed.randrange(100)}"
    return seed.randint(1, len(question.levels))


def an_answer(**changes) -> Answer:
    answer = Answer(
        key=QuestionKey("exposure"),
        status=Status.OK,
        value="no",
        probability=Probability(0.8),
        options={"yes": Probability(0.2), "no": Probability(0.8)},
        label_mass=Probability(0.97),
        raw="否",
        engine="fake",
        model="fake-model",
        model_revision="fake-1",
        prompt_version="zh-1",
        latency_ms=3.25,
    )
    return replace(answer, **changes)


def test_the_second_time_is_free():
    """The same again: equal answers, and the engine is not asked."""
    engine = FakeEngine()
    cache = CachedEngine(engine, store())
    shown = [picture(0), picture(1)]

    first = cache.answer(shown, QUESTIONS)
    again = cache.answer(shown, QUESTIONS)

    assert [[timeless(a) for a in row] for row in again] == [
        [timeless(a) for a in row] for row in first
    ]
    assert engine.questions_asked == 2 * len(QUESTIONS)
    assert cache.counts.hits == cache.counts.misses == 2 * len(QUESTIONS)


@hypothesis_settings(deadline=None, max_examples=40)
@given(st.data())
def test_whatever_is_known_already(data):
    """Any mix of known and new gives what the engine alone gives."""
    bare = FakeEngine(reply=by_content)
    cache = CachedEngine(FakeEngine(reply=by_content), store())
    shown = [picture(seed, 32, 32) for seed in range(4)]
    for _ in range(3):
        some = data.draw(st.lists(st.sampled_from(shown), max_size=5))
        asked = data.draw(
            st.lists(st.sampled_from(QUESTIONS), min_size=1, unique_by=lambda q: q.key)
        )

        got = cache.answer(some, asked)

        assert [[timeless(a) for a in row] for row in got] == [
            [timeless(a) for a in row] for row in bare.answer(some, asked)
        ]


def test_only_what_is_new_is_asked():
    """A further picture and a further question cost only themselves."""
    engine = FakeEngine()
    cache = CachedEngine(engine, store())
    cache.answer([picture(0)], QUESTIONS[:3])
    engine.questions_asked = 0

    cache.answer([picture(0), picture(1)], QUESTIONS[:4])

    assert engine.questions_asked == 1 + 4


def test_the_key_is_only_a_name():
    """The same question under another key is the same question."""
    engine = FakeEngine(reply=by_content)
    cache = CachedEngine(engine, store())
    other = replace(QUESTIONS[0], key=QuestionKey("other"))

    ((first,),) = cache.answer([picture(0)], [QUESTIONS[0]])
    ((second,),) = cache.answer([picture(0)], [other])
    both = cache.answer([picture(1)], [QUESTIONS[0], other])[0]

    assert second.key == "other"
    assert timeless(replace(second, key=first.key)) == timeless(first)
    assert [answer.key for answer in both] == [QUESTIONS[0].key, "other"]
    assert engine.questions_asked == 2


@pytest.mark.parametrize(
    "change",
    [
        {"instruction": "是否有水印?"},
        {"language": "en"},
    ],
)
def test_another_question_is_another_answer(change):
    """Wording and language count."""
    engine = FakeEngine()
    cache = CachedEngine(engine, store())
    cache.answer([picture(0)], [QUESTIONS[0]])
    cache.answer([picture(0)], [replace(QUESTIONS[0], **change)])

    assert engine.questions_asked == 2


def test_what_is_at_hand_is_recalled_without_asking():
    """All or nothing, under the caller's own key, and counted as found."""
    engine = FakeEngine(reply=by_content)
    kept = CachedEngine(engine, store())
    one, two = QUESTIONS[:2]
    renamed = replace(one, key=QuestionKey("mine"))

    before = kept.recall(picture(0), [one])
    (asked,) = kept.answer([picture(0)], [one])[0]
    found = kept.recall(picture(0), [renamed])

    assert before is None
    assert found is not None
    assert [timeless(a) for a in found] == [timeless(replace(asked, key="mine"))]
    assert kept.recall(picture(0), [one, two]) is None
    assert (kept.counts.hits, kept.counts.misses) == (1, 1)
    assert engine.questions_asked == 1


def test_another_model_is_another_answer():
    """Engines may share a store: name, model and revision keep them apart."""
    shared = store()
    models = [Model(name="m", revision="1"), Model(name="m", revision="2")]
    engines = [FakeEngine(model=model) for model in models]
    engines.append(FakeEngine(name="other", model=models[0]))
    for engine in engines:
        (row,) = CachedEngine(engine, shared).answer([picture(0)], QUESTIONS[:1])
        assert row[0].model_revision == engine.model.revision
        assert row[0].engine == engine.name

    assert all(engine.questions_asked == 1 for engine in engines)


def test_options_count_in_their_order():
    """Options in another order have other letters: another question."""
    engine = FakeEngine()
    cache = CachedEngine(engine, store())
    place = QUESTIONS[3]
    assert isinstance(place, Choice)
    cache.answer([picture(0)], [place])
    cache.answer([picture(0)], [replace(place, options=place.options[::-1])])

    assert engine.questions_asked == 2


def test_fifty_at_once_cost_one_inference():
    """Single flight: all get the answer, one picture is looked at, once."""
    engine = FakeEngine(delay_s=0.2)
    cache = CachedEngine(engine, store())
    ready = threading.Barrier(50)

    def ask(_: int) -> list[Answer]:
        ready.wait()
        return cache.answer([picture(0)], QUESTIONS)[0]

    with ThreadPoolExecutor(50) as threads:
        rows = list(threads.map(ask, range(50)))

    assert engine.asked == [picture(0).sha256]
    assert engine.questions_asked == len(QUESTIONS)
    assert len({tuple(timeless(a).raw for a in row) for row in rows}) == 1
    counts = cache.counts
    assert counts.misses == len(QUESTIONS)
    assert counts.hits + counts.joined == 49 * len(QUESTIONS)


def test_crossing_callers_do_not_wait_for_ever():
    """Callers with overlapping lists, in opposite orders, all come home."""
    engine = FakeEngine(delay_s=0.01)
    cache = CachedEngine(engine, store())
    shown = [picture(seed, 32, 32) for seed in range(8)]

    def ask(number: int) -> int:
        chance = Random(number)  # noqa: S311
        some = chance.sample(shown, 5)
        asked = chance.sample(QUESTIONS, 4)
        return len(cache.answer(some, asked))

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(ask, range(64))) == [5] * 64
    assert engine.questions_asked <= len(shown) * len(QUESTIONS)


def test_nobody_inherits_another_caller_s_bad_question():
    """Who waits for a call that is refused for another question asks anew."""
    begun, go_on = threading.Event(), threading.Event()

    def reply(shown, question):
        if question.key == "bad":
            begun.set()
            go_on.wait(5)
            raise QuestionError("too long", "太长")
        return by_content(shown, question)

    cache = CachedEngine(FakeEngine(reply=reply), store())
    bad = replace(QUESTIONS[1], key=QuestionKey("bad"))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.answer, [picture(0)], [bad, QUESTIONS[0]])
        assert begun.wait(5)
        second = threads.submit(cache.answer, [picture(0)], [QUESTIONS[0]])
        time.sleep(0.05)
        go_on.set()

        with pytest.raises(QuestionError):
            first.result(5)
        assert second.result(5)[0][0].key == QUESTIONS[0].key


def test_a_failure_is_not_kept():
    """A busy engine's error passes through; the next try asks again."""
    calls: list[str] = []

    def reply(shown, question):
        calls.append(question.key)
        if len(calls) == 1:
            raise EngineBusyError("busy", "忙")
        return by_content(shown, question)

    cache = CachedEngine(FakeEngine(reply=reply), store())
    with pytest.raises(EngineBusyError):
        cache.answer([picture(0)], QUESTIONS[:1])

    assert cache.answer([picture(0)], QUESTIONS[:1])[0][0].status is not Status.ERROR


def test_what_cannot_be_used_is_not_kept():
    """An invalid answer is asked for again; cannot-tell is an answer."""
    for status, asked in ((Status.INVALID, 2), (Status.CANNOT_TELL, 1)):
        engine = FakeEngine(reply=lambda _p, _q, s=status: Reading(status=s))
        cache = CachedEngine(engine, store())
        cache.answer([picture(0)], QUESTIONS[:1])
        cache.answer([picture(0)], QUESTIONS[:1])

        assert engine.questions_asked == asked


def test_refused_before_anybody_is_asked():
    """Doubled keys are refused though both answers are known."""
    cache = CachedEngine(FakeEngine(), store())
    cache.answer([picture(0)], QUESTIONS[:1])
    with pytest.raises(QuestionError):
        cache.answer([picture(0)], [QUESTIONS[0], QUESTIONS[0]])


def test_an_answer_ends_with_its_time():
    """After the TTL the engine is asked again."""
    clock = Clock()
    engine = FakeEngine()
    cache = CachedEngine(engine, store(ttl_s=10, clock=clock))
    cache.answer([picture(0)], QUESTIONS[:1])
    clock.now += 9.9
    cache.answer([picture(0)], QUESTIONS[:1])
    assert engine.questions_asked == 1
    clock.now += 0.2
    cache.answer([picture(0)], QUESTIONS[:1])
    assert engine.questions_asked == 2


def test_memory_has_a_budget():
    """The longest unused go first, and are counted."""
    small = store(memory=10_000)
    keys = [bytes([number]) * 32 for number in range(8)]
    for key in keys:
        small.put(key, an_answer())
        small.get(keys[0])

    kept = [key for key in keys if small.get(key)]
    assert small.evictions == 8 - len(kept)
    assert 0 < len(kept) < 8
    assert keys[0] in kept
    assert keys[-1] in kept


def test_what_is_no_text_is_not_kept():
    """Half a character (JSON can bring one in) is answered, and not kept."""
    kept = store()
    kept.put(b"k" * 32, an_answer(value=("\ud83d",)))
    assert kept.get(b"k" * 32) is None


def test_a_caller_cannot_change_what_is_kept():
    """Each gets options of its own."""
    kept = store()
    kept.put(b"k" * 32, an_answer())
    first = kept.get(b"k" * 32)
    assert first
    first.options["yes"] = Probability(1.0)

    again = kept.get(b"k" * 32)
    assert again
    assert again.options == an_answer().options


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(),
        an_answer(status=Status.CANNOT_TELL, value=None, probability=None),
        an_answer(value=("微笑", "汉服"), label_mass=None, raw="微笑、汉服"),
        an_answer(value=2.25, options={"1": Probability(1 / 3)}),
        an_answer(value="一\u2028段\x00话", raw="😀"),
    ],
    ids=["yes-no", "cannot tell", "tags", "score", "text"],
)
def test_the_disk_gives_back_what_it_got(tmp_path, answer):
    """After a restart every kind of answer is the same, to the last digit."""
    key = b"a" * 32
    first = store(disk=open_disk(tmp_path, 2**20))
    first.put(key, answer)
    first.close()
    second = store(disk=open_disk(tmp_path, 2**20))

    assert second.get(key) == answer
    assert second.recent(key) == answer
    second.close()


def test_a_restart_asks_nothing(tmp_path):
    """The settings' own store survives; its folder is the owner's alone."""
    settings = Settings(home=tmp_path)
    engine = FakeEngine()
    for _ in range(2):
        with open_store(settings) as kept:
            assert kept
            CachedEngine(engine, kept).answer([picture(0)], QUESTIONS)

    assert engine.questions_asked == len(QUESTIONS)
    assert (tmp_path / "cache" / VERSION).stat().st_mode & 0o077 == 0


def test_switched_off(tmp_path):
    """A TTL of 0 keeps nothing and makes no folder."""
    settings = Settings(home=tmp_path, cache=CacheSettings(ttl_s=0))
    with open_store(settings) as kept:
        assert kept is None
    assert list(tmp_path.iterdir()) == []


def test_two_in_one_process_share_no_file(tmp_path):
    """The second keeps its answers in memory; both work."""
    settings = Settings(home=tmp_path)
    with open_store(settings) as one, open_store(settings) as two:
        for kept in (one, two):
            assert kept
            kept.put(b"k" * 32, an_answer())
            assert kept.get(b"k" * 32) == an_answer()


def test_a_damaged_file_is_begun_anew(tmp_path):
    """Rubbish where the file should be costs the answers, nothing else."""
    (tmp_path / VERSION).mkdir()
    (tmp_path / VERSION / "data.mdb").write_bytes(b"rubbish" * 5000)
    for _ in range(2):
        kept = store(disk=open_disk(tmp_path, 2**20))
        kept.put(b"k" * 32, an_answer())
        assert kept.get(b"k" * 32) == an_answer()
        kept.close()


def test_damage_inside_is_never_an_answer(tmp_path):
    """Pages overwritten behind our back: misses and new answers, no crash."""
    kept = store(disk=open_disk(tmp_path, 2**22))
    keys = [number.to_bytes(32, "big") for number in range(500)]
    for key in keys:
        kept.put(key, an_answer())
    kept.close()
    file = tmp_path / VERSION / "data.mdb"
    data = bytearray(file.read_bytes())
    chance = Random(1)  # noqa: S311
    for at in range(3 * 4096, len(data), 4096):
        data[at : at + 64] = chance.randbytes(64)
    file.write_bytes(data)

    again = store(disk=open_disk(tmp_path, 2**22))
    assert all(again.get(key) in (None, an_answer()) for key in keys)
    again.put(keys[0], an_answer())
    again.close()
    last = store(disk=open_disk(tmp_path, 2**22))
    last.put(keys[0], an_answer())
    assert last.get(keys[0]) == an_answer()
    last.close()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04\x95",
        b"[]",
        b'{"key": "k"}',
        json.dumps({"key": "k", "status": "ok", "value": {"a": 1}}).encode(),
    ],
)
def test_what_is_no_answer_is_not_there(tmp_path, data):
    """Entries that somebody else wrote are read as input: refused."""
    disk = AnswerDisk(tmp_path, 2**20)
    disk.put(Stored(b"k" * 32, int(time.time() * 1000) + 60_000, data))
    disk.close()
    kept = store(disk=AnswerDisk(tmp_path, 2**20))
    assert kept.get(b"k" * 32) is None
    kept.close()


def test_no_answer_holds_longer_than_the_ttl(tmp_path):
    """An entry from the far future (the clock was wrong) does not count."""
    clock = Clock()
    disk = AnswerDisk(tmp_path, 2**20, clock=clock)
    kept = store(disk=disk, clock=clock, ttl_s=60)
    kept.put(b"k" * 32, an_answer())
    kept.close()
    clock.now -= 3600
    kept = store(disk=AnswerDisk(tmp_path, 2**20, clock=clock), clock=clock, ttl_s=60)
    assert kept.get(b"k" * 32) is None
    kept.close()


def test_the_disk_has_a_budget(tmp_path):
    """Ten times more than fits: the newest are there, the file stays in bounds."""
    disk = AnswerDisk(tmp_path, 2**20)
    soon = int(time.time() * 1000) + 60_000
    for number in range(10_000):
        disk.put(Stored(number.to_bytes(32, "big"), soon + number, b"x" * 900))
    disk.close()
    again = AnswerDisk(tmp_path, 2**20)

    assert again.get((9_999).to_bytes(32, "big"))
    assert again.get((0).to_bytes(32, "big")) is None
    assert disk.evictions > 8_000
    assert (tmp_path / VERSION / "data.mdb").stat().st_size <= 2**20
    again.close()


def test_what_is_over_leaves_the_disk(tmp_path):
    """Ended entries go with the next writing, and are no eviction."""
    clock = Clock()
    disk = AnswerDisk(tmp_path, 2**20, clock=clock)
    now = int(clock.now * 1000)
    for number in range(100):
        disk.put(Stored(number.to_bytes(32, "big"), now + 10, b"x"))
    disk.close()
    clock.now += 1
    disk = AnswerDisk(tmp_path, 2**20, clock=clock)
    disk.put(Stored(b"n" * 32, now + 60_000, b"x"))
    disk.put(Stored(b"n" * 32, now + 70_000, b"y"))
    disk.close()
    disk = AnswerDisk(tmp_path, 2**20, clock=clock)
    kept = disk.get(b"n" * 32)

    assert kept
    assert kept.data == b"y"
    assert disk.entries == 1
    assert disk.evictions == 0
    disk.close()


def test_what_is_over_leaves_no_bytes(tmp_path):
    """A start after everything has ended begins an empty file."""
    clock = Clock()
    disk = AnswerDisk(tmp_path, 2**20, clock=clock)
    disk.put(Stored(b"k" * 32, int(clock.now * 1000) + 10, b"secret words"))
    disk.close()
    file = tmp_path / VERSION / "data.mdb"
    assert b"secret words" in file.read_bytes()
    AnswerDisk(tmp_path, 2**20, clock=clock).close()
    assert b"secret words" in file.read_bytes()
    clock.now += 1
    AnswerDisk(tmp_path, 2**20, clock=clock).close()

    assert b"secret words" not in file.read_bytes()


WORDS = "绝密舞台名-7f3a9c"


def _traces(folder) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if WORDS.encode() in path.read_bytes()]


def test_what_is_forgotten_leaves_no_bytes(tmp_path):
    """Neither what was kept, what was kept over, nor what waits to be written."""
    kept = store(disk=open_disk(tmp_path, 2**22))
    for number in range(500):
        kept.put(number.to_bytes(32, "big"), an_answer(raw=f"{WORDS}{number}"))
    kept.settle()
    for number in range(250):
        kept.put(number.to_bytes(32, "big"), an_answer(raw="another"))
    kept.settle()
    assert _traces(tmp_path) == ["data.mdb"]
    kept.put(b"w" * 32, an_answer(raw=WORDS))
    before = kept.evictions

    kept.clear()

    assert _traces(tmp_path) == []
    assert kept.get(b"w" * 32) is None
    assert kept.get((0).to_bytes(32, "big")) is None
    assert kept.evictions == before
    kept.put(b"n" * 32, an_answer(raw="new"))
    kept.close()
    again = store(disk=open_disk(tmp_path, 2**22))
    assert again.get(b"n" * 32).raw == "new"
    again.close()
    assert _traces(tmp_path) == []


def test_forgetting_while_others_look_up(tmp_path):
    """Nobody gets another answer than the one that was put, or an error."""
    kept = store(memory=1, disk=open_disk(tmp_path, 2**22))
    done = threading.Event()

    def look_up(number: int) -> set[str]:
        found = set()
        key = number.to_bytes(32, "big")
        while not done.is_set():
            kept.put(key, an_answer(raw=f"{number}"))
            answer = kept.get(key)
            found.add(answer.raw if answer else "")
        return found

    with ThreadPoolExecutor(3) as threads:
        seen = [threads.submit(look_up, number) for number in range(3)]
        for _ in range(20):
            kept.clear()
        done.set()

    for number, one in enumerate(seen):
        assert one.result() <= {"", f"{number}"}
    kept.close()


def test_a_file_that_cannot_be_deleted_is_told(tmp_path):
    """To say that it is forgotten would be a lie."""
    disk = open_disk(tmp_path, 2**20)
    kept = store(disk=disk)
    disk._begin_anew = _refuse

    with pytest.raises(ArchiveError, match="could not be deleted"):
        kept.clear()
    kept.close()


def _refuse() -> None:
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("now", [CacheSettings(ttl_s=0), CacheSettings(disk_mib=0)])
def test_a_file_of_other_settings_is_forgotten_too(tmp_path, now):
    """Switching the cache off does not keep what was in it."""
    with open_store(Settings(home=tmp_path)) as kept:
        kept.put(b"k" * 32, an_answer(raw=WORDS))
    assert _traces(tmp_path) == ["data.mdb"]

    settings = Settings(home=tmp_path, cache=now)
    with open_store(settings) as kept:
        forget_answers(kept, settings)

    assert _traces(tmp_path) == []


def test_a_hundred_thousand_are_looked_up_in_no_time(tmp_path):
    """Below a millisecond each, in memory and on the disk."""
    kept = store(memory=2**29, disk=AnswerDisk(tmp_path, 2**28))
    keys = [number.to_bytes(32, "big") for number in range(100_000)]
    for at in range(0, len(keys), 10_000):
        for key in keys[at : at + 10_000]:
            kept.put(key, an_answer())
        kept.settle()
    some = Random(0).sample(keys, 2_000)  # noqa: S311
    in_memory = _seconds_each(kept, some)
    kept.close()
    cold = store(memory=2**20, disk=AnswerDisk(tmp_path, 2**28))
    on_disk = _seconds_each(cold, some)
    cold.close()

    assert in_memory < 0.001
    assert on_disk < 0.001


def _seconds_each(kept: AnswerStore, keys: list[bytes]) -> float:
    begin = time.perf_counter()
    found = [kept.get(key) for key in keys]
    seconds = (time.perf_counter() - begin) / len(keys)
    assert None not in found
    return seconds


def test_an_engine_that_speaks_still_speaks():
    """The cache neither hides speech nor invents it."""

    class Talking(FakeEngine):
        def speak(self, turns, sampling):
            yield Spoken(turns[-1].text, 0.0)

    talking = cached(Talking(), store())
    assert can_speak(talking)
    (said,) = talking.speak([Turn(role="user", text="hi")], Sampling())
    assert said.text == "hi"
    assert not can_speak(cached(FakeEngine(), store()))


def test_the_cache_is_found_under_what_is_around_it():
    """Whoever counts hits need not know in which order engines are wrapped."""
    cache = cached(FakeEngine(), store())

    assert cache_of(cache) is cache
    assert cache_of(ContrastEngine(cache, 0.5)) is cache
    assert cache_of(FakeEngine()) is None


def test_closing_closes_the_engine():
    """The store is somebody else's."""
    engine, kept = FakeEngine(), store()
    cached(engine, kept).close()

    assert engine.closed
    kept.put(b"k" * 32, an_answer())
    assert kept.get(b"k" * 32)
