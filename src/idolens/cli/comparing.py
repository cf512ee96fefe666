"""``idolens compare``: two engines on the same labelled pictures."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from idolens.cli.bilingual import examples
from idolens.cli.labelled import LabelledSet, SetFolder, percent
from idolens.cli.options import PolicyName
from idolens.cli.rules import policy_in_force
from idolens.cli.terminal import Terminal
from idolens.review import Policy
from idolens.review.comparison import Asked, Comparison, Side, compare
from idolens.review.evaluation import Case
from idolens.review.labels import cases
from idolens.settings import Settings, load_settings
from idolens.studio import open_studio

EXAMPLES = examples(
    "idolens compare embedded glm labelled/",
    "idolens compare vllm.yaml sglang.yaml labelled/ --per-hour-a 2.5 --per-hour-b 2.5",
)
MOST_SHOWN = 20
"""How many differing answers a terminal shows; JSON has them all."""
_FILES = (".yaml", ".yml")


def compare_engines(
    context: typer.Context,
    engine_a: Annotated[
        str,
        typer.Argument(
            help="An engine's name, or a YAML file of settings for one. "
            "· 引擎名称，或该引擎的设置文件（YAML）。",
            metavar="ENGINE_A",
        ),
    ],
    engine_b: Annotated[
        str,
        typer.Argument(
            help="The other engine, likewise. · 另一个引擎，同上。", metavar="ENGINE_B"
        ),
    ],
    labelled: SetFolder,
    policy: PolicyName = None,
    per_hour_a: Annotated[
        float | None,
        typer.Option(
            help="What an hour of the first engine's machine costs. "
            "· 第一个引擎所用机器每小时的费用。",
            min=0,
        ),
    ] = None,
    per_hour_b: Annotated[
        float | None,
        typer.Option(
            help="What an hour of the second engine's machine costs. "
            "· 第二个引擎所用机器每小时的费用。",
            min=0,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")
    ] = False,
) -> None:
    """Compare two engines on pictures that you labelled. · 用标注图片比较两个引擎。"""
    terminal = context.ensure_object(Terminal)
    named = policy_in_force(terminal.settings, policy or terminal.settings.policy)
    # A calibration is for one engine: they are compared by their own probabilities.
    rules = named.model_copy(update={"calibration": None})
    pictures = LabelledSet(labelled, rules)
    found = compare(
        _ask(terminal, engine_a, pictures, rules, per_hour_a),
        _ask(terminal, engine_b, pictures, rules, per_hour_b),
    )
    if as_json:
        terminal.json(found.model_dump(mode="json"))
    else:
        _show(terminal, found)


def _ask(
    terminal: Terminal,
    name: str,
    pictures: LabelledSet,
    rules: Policy,
    per_hour: float | None,
) -> Asked:
    """Ask one engine about all pictures, one at a time, with no cache."""
    found = list[Case]()
    times: list[float] = []
    with open_studio(_settings(terminal.settings, name)) as studio:
        engine = studio.engine
        for item in pictures.items(terminal, name, name):
            picture = studio.look(item.data)
            if not times:
                engine.answer([picture], item.asked)  # not timed: it may warm up
            begin = time.perf_counter()
            (answers,) = engine.answer([picture], item.asked)
            times.append((time.perf_counter() - begin) * 1000)
            found += cases(item.label, answers, rules)
        model = f"{engine.model.name} ({engine.model.revision})"
    return Asked(name, model, found, times, per_hour)


def _settings(settings: Settings, name: str) -> Settings:
    path = Path(name)
    if path.suffix in _FILES and path.is_file():
        settings = load_settings(path)
    else:
        settings = settings.model_copy(update={"engine": name})
    cache = settings.cache.model_copy(update={"ttl_s": 0.0})
    return settings.model_copy(update={"cache": cache})


def _show(terminal: Terminal, found: Comparison) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for side in (found.a, found.b):
        table.add_column(Text(f"{side.name}\n{side.model}"))
    for zh, en, one, other in _rows(found.a, found.b):
        table.add_row(terminal.word(zh, en), one, other)
    terminal.out.print(table)
    kappa = "–" if found.kappa is None else f"{found.kappa:.2f}"
    terminal.out.print(
        terminal.word(
            f"{found.count} 个回答 · 一致 {found.agreement:.1%}（kappa {kappa}）· "
            f"仅前者正确 {found.only_a_right} · 仅后者正确 {found.only_b_right} · "
            f"若两者一样好，出现此差距的概率 {found.chance:.1%}",
            f"{found.count} answers · agreement {found.agreement:.1%} "
            f"(kappa {kappa}) · only the first right {found.only_a_right} · "
            f"only the second {found.only_b_right} · such a difference between equals: "
            f"{found.chance:.1%}",
        ),
        markup=False,
    )
    questions = Table(box=None, pad_edge=False)
    heads = (("问题", "Question"), ("数量", "Count"), ("一致", "Agreement"))
    for zh, en in heads:
        questions.add_column(terminal.word(zh, en))
    for side in (found.a, found.b):
        questions.add_column(Text(side.name))
    for key, row in found.questions.items():
        questions.add_row(
            key,
            str(row.count),
            percent(row.agreement),
            percent(row.accuracy_a),
            percent(row.accuracy_b),
        )
    terminal.out.print(questions)
    for one in found.differences[:MOST_SHOWN]:
        terminal.out.print(
            f"{one['picture']} · {one['question']}: {one['truth']} ≠ "
            f"{one['a']} | {one['b']}",
            markup=False,
        )


def _rows(a: Side, b: Side) -> list[tuple[str, str, str, str]]:
    def row(zh: str, en: str, words: tuple[str, str]) -> tuple[str, str, str, str]:
        return zh, en, *words

    def cost(side: Side) -> str:
        return "–" if side.cost_per_1000 is None else f"{side.cost_per_1000:.3g}"

    return [
        row("准确率", "accuracy", (percent(a.accuracy), percent(b.accuracy))),
        row("宏平均", "macro", (percent(a.macro_accuracy), percent(b.macro_accuracy))),
        row(
            "校准误差",
            "calibration error",
            (percent(a.calibration_error), percent(b.calibration_error)),
        ),
        row(
            "风险项覆盖率",
            "coverage of risk items",
            (percent(a.risk.recall), percent(b.risk.recall)),
        ),
        row(
            "误报",
            "false alarms",
            (str(a.risk.false_alarms), str(b.risk.false_alarms)),
        ),
        row("不可用的回答", "unusable answers", (str(a.unusable), str(b.unusable))),
        row(
            "每张图片（毫秒，中位数 / 95%）",
            "a picture, ms (median / 95 %)",
            (
                f"{a.picture_ms:.1f} / {a.slow_picture_ms:.1f}",
                f"{b.picture_ms:.1f} / {b.slow_picture_ms:.1f}",
            ),
        ),
        row(
            "每秒回答数",
            "answers a second",
            (f"{a.answers_per_second:.1f}", f"{b.answers_per_second:.1f}"),
        ),
        row("每千张图片费用", "cost of 1,000 pictures", (cost(a), cost(b))),
    ]
