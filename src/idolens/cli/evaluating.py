"""``idolens eval``: how good is an engine on a studio's own pictures?"""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.cli.bilingual import examples
from idolens.cli.labelled import LabelledSet, SetFolder, percent
from idolens.cli.options import EngineName, PolicyName, with_engine
from idolens.cli.rules import policy_in_force
from idolens.cli.terminal import Terminal
from idolens.review.evaluation import Case, Evaluation
from idolens.review.evaluation import evaluate as figures_of
from idolens.review.labels import cases
from idolens.studio import open_studio

EXAMPLES = examples(
    "idolens eval labelled/",
    "idolens eval labelled/ --policy poster-zh --engine embedded --json",
)


def evaluate(
    context: typer.Context,
    labelled: SetFolder,
    policy: PolicyName = None,
    engine: EngineName = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")
    ] = False,
) -> None:
    """Measure the engine on pictures that you labelled. · 用你标注的图片评测引擎。"""
    terminal = context.ensure_object(Terminal)
    rules = policy_in_force(terminal.settings, policy or terminal.settings.policy)
    pictures = LabelledSet(labelled, rules)
    found: list[Case] = []
    with open_studio(with_engine(terminal.settings, engine)) as studio:
        if rules.calibration is not None:
            rules.calibration.check_engine(studio.engine, rules.asked())
        for item in pictures.items(terminal, "提问", "Asking"):
            found += cases(item.label, studio.ask(item.data, item.asked), rules)
    figures = figures_of(found)
    if as_json:
        terminal.json(figures.model_dump(mode="json"))
    else:
        _show(terminal, figures)


def _show(terminal: Terminal, figures: Evaluation) -> None:
    risk, error = figures.risk, percent(figures.calibration_error)
    terminal.out.print(
        terminal.word(
            f"{figures.count} 个回答 · 准确率 {figures.accuracy:.1%} · 宏平均 "
            f"{figures.macro_accuracy:.1%} · 校准误差 {error}"
            f"\n风险项 {risk.items} 个，发现 {risk.found} 个(覆盖率 "
            f"{percent(risk.recall)}),误报 {risk.false_alarms} 个",
            f"{figures.count} answers · accuracy {figures.accuracy:.1%} · macro "
            f"{figures.macro_accuracy:.1%} · calibration error {error}\n"
            f"{risk.items} risk items, "
            f"{risk.found} found (coverage {percent(risk.recall)}), "
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
            percent(row.calibration_error),
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
