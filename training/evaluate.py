"""The figures of idolens-tiny, measured on scenes nobody trained on.

    python -m training.evaluate --model src/idolens/vlm/models/idolens-tiny \
        --scenes 2000 --out bench/results/idolens-tiny.json

asks through the embedded engine (the shipped ONNX graphs) and writes the JSON and the
tables of the model card.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from idolens.media.picture import Picture
from idolens.vlm.answer import Answer, Status
from idolens.vlm.embedded import EmbeddedEngine
from idolens.vlm.prompt import render
from idolens.vlm.question import Choice, Question, YesNo
from training.card import write_card
from training.figures import Asked, figures
from training.pictures import SIZE_WEIGHTS, SIZES
from training.questions import (
    WIDE_QUESTION_MARK,
    Ask,
    choice,
    score,
    special,
    unrelated,
    yes_no,
)
from training.scenes import ATTRIBUTES, CANNOT_TELL, draw, sample
from training.specials import SPECIALS

FIRST_SEED = 20_000_000
SCALE = 512 / 308
"""Scenes are drawn at this many times the size the model sees, as engines get them."""
RISKS = {
    "exposure": ("exposure", "暴露着装", "是否存在暴露着装" + WIDE_QUESTION_MARK),
    "clipping": ("exposure", "穿模", "是否存在穿模" + WIDE_QUESTION_MARK),
    "logo": ("brand", "未授权LOGO", "是否有未授权LOGO" + WIDE_QUESTION_MARK),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """One held-out picture with what is asked about it.

    Attributes:
        no_fit: black, noise, photographs' statistics and the like.
    """

    picture: Picture
    asks: list[Ask]
    no_fit: bool


def scenes(count: int, first: int) -> Iterator[Scene]:
    """Draw the held-out scenes and put their questions."""
    for seed in range(first, first + count):
        chance = random.Random(seed)
        width, height = chance.choices(SIZES, SIZE_WEIGHTS)[0]
        scene = sample(seed)
        drawing = draw(scene, round(width * SCALE), round(height * SCALE))
        asks = [_keyed(ask, key) for key, ask in _asks(drawing.truth, chance)]
        no_fit = scene.kind not in {"idol", "empty"}
        yield Scene(Picture(drawing.image), asks, no_fit)


def _asks(
    truth: dict[str, str | None], chance: random.Random
) -> Iterator[tuple[str, Ask]]:
    known = [key for key in ATTRIBUTES if truth[key] is not None]
    for key in known:
        one = choice(truth, chance, key)
        yield f"choice/{key}", one
        yield f"yes_no/{key}", yes_no(truth, chance, key)
        if isinstance(one.question, Choice) and "其他" not in one.question.options:
            yield f"order/{key}", _reordered(one, chance)
    for index, which in enumerate(SPECIALS):
        if truth[which.attribute] is not None:
            yield f"summary/{index}", special(truth, chance, which)
    for name, (key, word, text) in RISKS.items():
        if truth[key] is None:
            continue
        unclear = truth[key] == CANNOT_TELL
        reply = CANNOT_TELL if unclear else "是" if truth[key] == word else "否"
        yield f"risk/{name}", Ask(YesNo(key="", instruction=text), reply, name)
        turned = text.replace("是否存在", "是否不存在").replace("是否有", "是否没有")
        swapped = {"是": "否", "否": "是"}.get(reply, reply)
        yield f"turned/{name}", Ask(YesNo(key="", instruction=turned), swapped, name)
    if truth["expression"] is not None:
        yield "score/mood", score(truth, chance)
    yield "unrelated/any", unrelated(truth, chance)


def _keyed(ask: Ask, key: str) -> Ask:
    return replace(ask, question=replace(ask.question, key=key))


def _reordered(ask: Ask, chance: random.Random) -> Ask:
    question = ask.question
    if not isinstance(question, Choice):
        return ask
    options = list(question.options)
    right = ord(ask.reply) - ord("A")
    word = options[right] if right < len(options) else None
    chance.shuffle(options)
    place = len(options) if word is None else options.index(word)
    return Ask(
        replace(question, options=tuple(options)), chr(ord("A") + place), ask.about
    )


def meaning(question: Question, reply: str) -> str:
    """The reply as the engine would say it."""
    return render(question).labels[reply]


def said(answer: Answer) -> str:
    """The engine's decision as a label's meaning."""
    if answer.status is not Status.OK:
        return "cannot_tell"
    if answer.options:
        own = {k: v for k, v in answer.options.items() if k != "cannot_tell"}
        return max(own, key=lambda key: own[key])
    return str(answer.value)


def ask_all(engine: EmbeddedEngine, drawn: Iterator[Scene]) -> list[Asked]:
    """Every closed question of every scene, all of a picture's at once."""
    found: list[Asked] = []
    for number, scene in enumerate(drawn):
        closed = [ask for ask in scene.asks if ask.closed]
        (answers,) = engine.answer([scene.picture], [ask.question for ask in closed])
        for ask, answer in zip(closed, answers, strict=True):
            found.append(
                Asked(
                    scene=number,
                    key=ask.question.key,
                    right=meaning(ask.question, ask.reply),
                    said=said(answer),
                    options=answer.options,
                    no_fit=scene.no_fit,
                    kind=ask.question.kind,
                )
            )
    return found


def alone_equals_among(engine: EmbeddedEngine, drawn: Iterator[Scene]) -> float:
    """Share of questions answered the same alone as among 19 others."""
    same = asked = 0
    for scene in drawn:
        closed = [ask.question for ask in scene.asks if ask.closed][:20]
        (among,) = engine.answer([scene.picture], closed)
        for question, answer in list(zip(closed, among, strict=True))[::5]:
            ((alone,),) = engine.answer([scene.picture], [question])
            same += said(alone) == said(answer)
            asked += 1
    return same / asked


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=2000)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--no-card", action="store_true")
    arguments = parser.parse_args()
    engine = EmbeddedEngine(arguments.model, threads=arguments.threads)
    began = time.perf_counter()
    found = ask_all(engine, scenes(arguments.scenes, arguments.first_seed))
    seconds = time.perf_counter() - began
    result = {
        "model": engine.model.name,
        "revision": engine.model.revision,
        "scenes": arguments.scenes,
        "first_seed": arguments.first_seed,
        "questions": len(found),
        "seconds": round(seconds, 1),
        **figures(found),
        "alone_equals_among_19": alone_equals_among(
            engine, scenes(40, arguments.first_seed)
        ),
    }
    engine.close()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    arguments.out.write_text(text, encoding="utf-8")
    if not arguments.no_card:
        write_card(arguments.model, result)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
