"""``idolens calibrate``: let probabilities mean what they say."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from idolens.cli.bilingual import examples
from idolens.cli.labelled import LabelledSet, OptionalSetFolder, percent
from idolens.cli.options import EngineName, PolicyName, with_engine
from idolens.cli.proposing import calibrate_from_verdicts
from idolens.cli.rules import policy_in_force
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError
from idolens.outputs.reliability_page import render_reliability
from idolens.review.calibrating import LEAST_LABELS, Fitted, Labelled, fit
from idolens.studio import open_studio

EXAMPLES = examples(
    "idolens calibrate labelled/ --policy my-show.yaml",
    "idolens calibrate labelled/ --engine glm --out calibrations/",
    "idolens calibrate --from-verdicts --policy livestream-zh",
)
METHODS = {
    "none": ("不变", "unchanged"),
    "temperature": ("温度", "temperature"),
    "platt": ("温度和偏移", "temperature and shift"),
}
WHY = {
    "few": (f"标注不足 {LEAST_LABELS} 个", f"fewer than {LEAST_LABELS} labels"),
    "one_truth": ("标注全部相同", "all labels are the same"),
    "no_probabilities": ("引擎不给出概率", "the engine gives no probabilities"),
    "no_better": ("原本就准", "nothing to gain"),
}


def calibrate(
    context: typer.Context,
    labelled: OptionalSetFolder = None,
    policy: PolicyName = None,
    engine: EngineName = None,
    out: Annotated[
        Path,
        typer.Option(
            help="Folder that the calibration is written to. · 校准文件写入的文件夹。",
            metavar="FOLDER",
        ),
    ] = Path(),
    from_verdicts: Annotated[
        bool,
        typer.Option(
            "--from-verdicts",
            help="Propose thresholds from what reviewers said. "
            "· 根据人工判定推荐阈值。",
        ),
    ] = False,
    most_false_alarms: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.999,
            help="With --from-verdicts: highest share of false alarms; the policy's "
            "own if not given. · 与 --from-verdicts 合用：误报占比上限。",
            metavar="SHARE",
        ),
    ] = None,
    apply: Annotated[
        bool,
        typer.Option(
            "--apply",
            help="With --from-verdicts: keep the result as a new version, not active. "
            "· 与 --from-verdicts 合用：保存为新版本，不启用。",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON only. · 只输出 JSON。")
    ] = False,
) -> None:
    """Fit probabilities to pictures that you labelled. · 用你标注的图片校准概率。"""
    terminal = context.ensure_object(Terminal)
    if from_verdicts == (labelled is not None) or (apply and not from_verdicts):
        raise BadInputError(
            "Give either a folder of labelled pictures, or --from-verdicts.",
            "请提供标注图片的文件夹，或使用 --from-verdicts，二者选一。",
        )
    if labelled is None:
        name = policy or terminal.settings.policy
        calibrate_from_verdicts(
            terminal, name, most_false_alarms, apply=apply, as_json=as_json
        )
        return
    named = policy_in_force(terminal.settings, policy or terminal.settings.policy)
    rules = named.model_copy(update={"calibration": None})
    pictures = LabelledSet(labelled, rules)
    _make(out)
    found: dict[str, list[Labelled]] = {}
    with open_studio(with_engine(terminal.settings, engine)) as studio:
        for item in pictures.items(terminal, "提问", "Asking"):
            for answer in studio.ask(item.data, item.asked):
                truth = item.label.truths[answer.key]
                one = Labelled(item.label.picture, answer, truth)
                found.setdefault(answer.key, []).append(one)
    fitted = fit(found, rules, labels=pictures.record())
    file = _write(fitted, out, terminal)
    if as_json:
        terminal.json({"file": str(file), **fitted.calibration.model_dump(mode="json")})
        return
    _show(terminal, fitted, file)


def _make(folder: Path) -> None:
    """Make the folder now: asking can take an hour."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> BadInputError:
    reason = error.strerror or type(error).__name__
    return BadInputError(
        f"{folder} cannot be written to ({reason}); choose another with --out.",
        f"无法写入 {folder}（{reason}）；请用 --out 另选文件夹。",
    )


def _write(fitted: Fitted, folder: Path, terminal: Terminal) -> Path:
    made = fitted.calibration
    file = folder / f"calibration-{made.policy}-{made.version}.json"
    page = file.with_suffix(".html")
    try:
        file.write_text(made.to_json(), encoding="utf-8")
        page.write_text(render_reliability(fitted, terminal.language), encoding="utf-8")
    except OSError as error:
        raise _unwritable(folder, error) from error
    return file


def _show(terminal: Terminal, fitted: Fitted, file: Path) -> None:
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("问题", "Question"),
        ("标注", "Labels"),
        ("校准方式", "How"),
        ("温度", "Temperature"),
        ("偏移", "Shift"),
        ("校准误差:之前", "ECE before"),
        ("之后", "after"),
    ):
        table.add_column(terminal.word(zh, en))
    for curve in fitted.calibration.curves:
        how = terminal.word(*METHODS[curve.method])
        if curve.why:
            how += f" ({terminal.word(*WHY[curve.why])})"
        table.add_row(
            curve.question,
            str(curve.count),
            how,
            f"{curve.temperature:.2f}",
            f"{curve.shift:+.2f}",
            percent(curve.error_before),
            percent(curve.error_after),
        )
    terminal.out.print(table)
    terminal.out.print(str(file), markup=False, soft_wrap=True)
    terminal.say(
        f"可靠性图表：{file.with_suffix('.html').name}\n"
        f"将文件放在策略旁边，并在策略中写入 calibration: {file.name}",
        f"Reliability table and plot: {file.with_suffix('.html').name}\n"
        f"Put the file beside your policy and write into it: calibration: {file.name}",
    )
