"""``idolens eval``: how good is an engine on a studio's own pictures?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.cli.bilingual import examples
from idolens.cli.options import EngineName, PolicyName, with_engine
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError
from idolens.review import load_policy
from idolens.review.evaluation import Case, Evaluation
from idolens.review.evaluation import evaluate as figures_of
from idolens.review.labels import cases, read_labels
from idolens.studio import open_studio

EXAMPLES = examples(
    "idolens eval labelled/",
    "idolens eval labelled/ --policy poster-zh --engine embedded --json",
)


def evaluate(
    context: typer.Context,
    labelled: Annotated[
        Path,
        typer.Argument(
            metavar="SET",
            help="Folder of pictures, with a labels.jsonl that says what is true; "
            "see docs/guides/measure-your-own-pictures.md. "
            "· 图片文件夹，其中的 labels.jsonl 写明正确答案，"
            "见 docs/guides/measure-your-own-pictures.md。",
        ),
    ],
    policy: PolicyName = None,
    engine: EngineName = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")
    ] = False,
) -> None:
    """Measure the engine on pictures that you labelled. · 用你标注的图片评测引擎。"""
    terminal = context.ensure_object(Terminal)
    rules = load_policy(policy or terminal.settings.policy)
    labels = read_labels(_text(labelled / "labels.jsonl"), rules)
    found: list[Case] = []
    with open_studio(with_engine(terminal.settings, engine)) as studio:
        for label in labels:
            asked = [
                entry.question()
                for entry in rules.questions
                if entry.key in label.truths
            ]
            picture = _read(_inside(labelled, label.picture))
            found += cases(label, studio.ask(picture, asked), rules)
    figures = figures_of(found)
    if as_json:
        terminal.json(figures.model_dump(mode="json"))
    else:
        _show(terminal, figures)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise BadInputError(
            f"labels.jsonl names {name}, which is outside its folder; move it inside.",
            f"labels.jsonl 中的 {name} 在该文件夹之外；请移入文件夹内。",
        )
    return path


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{path.name} is not UTF-8 text; save it as UTF-8.",
            f"{path.name} 不是 UTF-8 文本；请以 UTF-8 保存。",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInputError(
            f"{path.name} cannot be read ({reason}); a set is a folder of pictures "
            "with a labels.jsonl.",
            f"无法读取 {path.name}({reason});评测集应为含 labels.jsonl 的图片文件夹。",
        ) from error


def _show(terminal: Terminal, figures: Evaluation) -> None:
    risk, error = figures.risk, _percent(figures.calibration_error)
    terminal.out.print(
        terminal.word(
            f"{figures.count} 个回答 · 准确率 {figures.accuracy:.1%} · 宏平均 "
            f"{figures.macro_accuracy:.1%} · 校准误差 {error}"
            f"\n风险项 {risk.items} 个，发现 {risk.found} 个(覆盖率 "
            f"{_percent(risk.recall)}),误报 {risk.false_alarms} 个",
            f"{figures.count} answers · accuracy {figures.accuracy:.1%} · macro "
            f"{figures.macro_accuracy:.1%} · calibration error {error}\n"
            f"{risk.items} risk items, "
            f"{risk.found} found (coverage {_percent(risk.recall)}), "
            f"{risk.false_alarms} false alarms",
        )
    )
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("问题", "Question"),
        ("数量", "Count"),
        ("准确率", "Accuracy"),
        ("校准误差", "ECE"),
        ("最常见的错误", "Most frequent mistake"),
    ):
        table.add_column(terminal.word(zh, en))
    for key, row in figures.questions.items():
        table.add_row(
            key,
            str(row.count),
            f"{row.accuracy:.1%}",
            _percent(row.calibration_error),
            Text(_worst(row.confusion)),
        )
    terminal.out.print(table)


def _worst(confusion: dict[str, dict[str, int]]) -> str:
    wrong = [
        (count, truth, given)
        for truth, row in confusion.items()
        for given, count in row.items()
        if truth != given
    ]
    if not wrong:
        return ""
    count, truth, given = max(wrong)
    return f"{truth} → {given} ({count}x)"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
