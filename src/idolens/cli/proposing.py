"""``idolens calibrate --from-verdicts``: thresholds that follow from people's words."""

from rich.table import Table

from idolens.cli.labelled import percent
from idolens.cli.terminal import Terminal
from idolens.errors import BadInputError
from idolens.jobs import lessons_for
from idolens.review import Policy, policy_text
from idolens.review.proposal import LEAST_VERDICTS, Effect, Proposal, propose
from idolens.studio import open_studio
from idolens.web.api.judging import Judging
from idolens.web.api.reviewing import Reviewing

WHY = {
    "few": (f"判定不足 {LEAST_VERDICTS} 条", f"fewer than {LEAST_VERDICTS} verdicts"),
    "one_kind": ("判定全部相同", "all verdicts are the same"),
    "out_of_reach": ("没有阈值能达到目标", "no threshold keeps to the target"),
    "no_better": ("现有阈值已合适", "nothing to gain"),
}
BY = "terminal"


def calibrate_from_verdicts(
    terminal: Terminal,
    policy: str,
    most_false_alarms: float | None,
    *,
    apply: bool,
    as_json: bool,
) -> None:
    """Show what would change; keep it as a new version if that is wanted.

    Raises:
        BadInputError: there is nothing to keep.
    """
    with open_studio(terminal.settings) as studio:
        rules = studio.rules.named(policy).policy()
        Reviewing(studio, Judging(studio)).sort_in()
        made = propose(rules, lessons_for(studio.archive, rules), most_false_alarms)
        new = made.applied(rules) if made.changes else None
        if apply:
            if new is None:
                raise BadInputError(
                    "There is nothing to apply: no threshold is proposed.",
                    "没有可应用的内容：未提出任何阈值。",
                )
            studio.archive.policies.add(new.name, new.version, policy_text(new), by=BY)
    if as_json:
        version = new.version if new and apply else None
        terminal.json({**made.model_dump(mode="json"), "applied": version})
        return
    _show(terminal, made)
    _tell(terminal, new, apply=apply)


def _show(terminal: Terminal, made: Proposal) -> None:
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("风险", "Risk"),
        ("判定", "Verdicts"),
        ("", ""),
        ("阈值", "review_at"),
        ("命中", "Found"),
        ("漏检", "Missed"),
        ("误报", "False alarms"),
        ("误报占比", "Their share"),
    ):
        table.add_column(terminal.word(zh, en))
    for risk in made.risks:
        name = f"{risk.question}: {risk.sub_label.within(terminal.language)}"
        table.add_row(
            name, str(risk.verdicts), terminal.word("现在", "now"), *_row(risk.now)
        )
        if risk.proposed:
            table.add_row("", "", terminal.word("建议", "new"), *_row(risk.proposed))
        else:
            table.add_row("", "", f"– {terminal.word(*WHY[risk.why])}")
    terminal.out.print(table)


def _row(effect: Effect) -> tuple[str, ...]:
    return (
        f"{effect.review_at:.3f}",
        f"{effect.found:.1f}",
        f"{effect.missed:.1f}",
        f"{effect.false_alarms:.1f}",
        percent(effect.false_alarm_share),
    )


def _tell(terminal: Terminal, new: Policy | None, *, apply: bool) -> None:
    if new is None:
        terminal.say("未提出任何阈值。", "No threshold is proposed.")
    elif apply:
        terminal.say(
            f"已保存为 {new.name} 的新版本 {new.version}，尚未启用。",
            f"Kept as version {new.version} of {new.name}; it is not active yet.",
        )
    else:
        terminal.say(
            "尚未更改任何内容；加上 --apply 保存为新版本(不会自动启用)。",
            "Nothing is changed yet; --apply keeps it as a new version, not active.",
        )
