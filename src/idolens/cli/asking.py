"""``idolens ask``: one question about one picture."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text as Styled

from idolens.cli.bilingual import examples
from idolens.cli.options import EngineName, with_engine
from idolens.cli.terminal import Terminal
from idolens.errors import MediaError, QuestionError
from idolens.studio import open_studio
from idolens.vlm import Choice, Question, Score, Tags, YesNo, check, lint
from idolens.vlm.answer import Answer
from idolens.vlm.phrasing import language_of, question_for, spoken
from idolens.vocabulary import QuestionKey

KEY = QuestionKey("question")
EXAMPLES = examples(
    'idolens ask poster.png "画面中是否有未授权LOGO?"',
    'idolens ask poster.png "这是什么场景?" --choices 室内舞台,户外公园,演播室',
    'idolens ask poster.png "Which clothes and accessories?" --tags --json',
)


def ask(
    context: typer.Context,
    picture: Annotated[
        Path, typer.Argument(help="A picture file. · 图片文件。", metavar="PICTURE")
    ],
    question: Annotated[
        str,
        typer.Argument(
            help="What to ask, in quotes; a yes-or-no question is known as one. "
            "· 要问的问题，请加引号；“是否……？”会自动按是/否回答。",
            metavar="QUESTION",
        ),
    ],
    choices: Annotated[
        str | None,
        typer.Option(
            help="Answer with one of these. · 从这些选项中选一个。",
            metavar="A,B,…",
        ),
    ] = None,
    levels: Annotated[
        str | None,
        typer.Option(
            help="Place it on this scale, lowest first. · 按这些等级评定，由低到高。",
            metavar="LOW,…,HIGH",
        ),
    ] = None,
    yes_no: Annotated[
        bool, typer.Option("--yes-no", help="Answer yes or no. · 只回答是或否。")
    ] = False,
    tags: Annotated[
        bool, typer.Option("--tags", help="Answer with tags. · 用标签回答。")
    ] = False,
    engine: EngineName = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")
    ] = False,
) -> None:
    """Ask one question about one picture. · 对一张图片提一个问题。"""
    terminal = context.ensure_object(Terminal)
    asked = _question(question, choices, levels, yes_no=yes_no, tags=tags)
    check([asked])
    data = _read(picture)
    with open_studio(with_engine(terminal.settings, engine)) as studio:
        answer = studio.ask(data, [asked], name=picture.name)[0]
        demonstration = studio.engine.model.demonstration
    if as_json:
        terminal.json({"answer": spoken(asked, answer), **asdict(answer)})
        return
    for advice in lint(question, asked.language):
        terminal.say(
            f"提示：{advice.why.zh}\n  → {advice.instead.zh}",
            f"Hint: {advice.why.en}\n  → {advice.instead.en}",
        )
    _show(terminal, asked, answer)
    if demonstration:
        terminal.say(
            "(演示模型的回答，它只认识绘制的场景。)",
            "(Answered by the demonstration model, which knows drawn scenes only.)",
        )


def _question(
    text: str, choices: str | None, levels: str | None, *, yes_no: bool, tags: bool
) -> Question:
    if sum((choices is not None, levels is not None, yes_no, tags)) > 1:
        raise QuestionError(
            "Choose one of --choices, --levels, --yes-no and --tags.",
            "--choices、--levels、--yes-no 和 --tags 只能选一个。",
        )
    language = language_of(text)
    if choices is not None:
        options = _split(choices)
        return Choice(key=KEY, instruction=text, options=options, language=language)
    if levels is not None:
        return Score(
            key=KEY, instruction=text, levels=_split(levels), language=language
        )
    if yes_no:
        return YesNo(key=KEY, instruction=text, language=language)
    if tags:
        return Tags(key=KEY, instruction=text, language=language)
    return question_for(text, KEY)


def _split(words: str) -> tuple[str, ...]:
    parts = re.split("[,，、]", words)
    return tuple(part.strip() for part in parts if part.strip())


def _read(picture: Path) -> bytes:
    try:
        return picture.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MediaError(
            f"{picture.name} cannot be opened ({reason}); give one picture file.",
            f"无法打开 {picture.name}({reason});请给出一个图片文件。",
        ) from error


def _show(terminal: Terminal, question: Question, answer: Answer) -> None:
    terminal.out.print(spoken(question, answer), markup=False, style="bold")
    if answer.options:
        table = Table(box=None, pad_edge=False, show_header=False)
        ranked = sorted(answer.options.items(), key=lambda item: -item[1])
        for option, probability in ranked[:6]:
            bar = "█" * round(probability * 20)
            table.add_row(Styled(_shown(terminal, option)), f"{probability:.1%}", bar)
        terminal.out.print(table)
    if answer.label_mass is not None:
        terminal.say(
            f"这些选项共占全部概率的 {answer.label_mass:.1%} · "
            f"{answer.latency_ms:.0f} 毫秒",
            f"{answer.label_mass:.1%} of all probability fell on these options · "
            f"{answer.latency_ms:.0f} ms",
        )


def _shown(terminal: Terminal, option: str) -> str:
    words = {
        "yes": ("是", "yes"),
        "no": ("否", "no"),
        "cannot_tell": ("无法判断", "cannot tell"),
    }
    return terminal.word(*words[option]) if option in words else option
