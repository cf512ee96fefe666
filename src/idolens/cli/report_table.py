"""A report in a few lines of a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from idolens.cli.terminal import Terminal
from idolens.review import Coverage, Finding, Report


def report_table(terminal: Terminal, report: Report) -> RenderableType:
    """Return the verdict, the findings and the coverage of ``report``."""
    judgement = report.signed.judgement
    head = Text.from_markup(terminal.verdict(judgement.suggestion))
    head.append(f"  {report.signed.session.name}", style="bold")
    policy = report.signed.policy
    judged_by = terminal.word(
        f"审核策略：{policy.name}（版本 {policy.version}）",
        f"Policy: {policy.name}, version {policy.version}",
    )
    parts: list[RenderableType] = [head, Text(judged_by, "dim")]
    if report.signed.notice:
        parts.append(Text(report.signed.notice.within(terminal.language), "dim"))
    if judgement.findings:
        parts.append(_findings(terminal, judgement.findings))
    else:
        parts.append(Text(terminal.word("没有命中。", "No findings.")))
    parts.append(_coverage(terminal, judgement.coverage))
    return Group(*parts)


def _findings(terminal: Terminal, findings: tuple[Finding, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for zh, en in (
        ("建议", "Suggestion"),
        ("时间", "Time"),
        ("命中", "Finding"),
        ("概率", "Peak"),
    ):
        table.add_column(terminal.word(zh, en))
    for finding in findings:
        table.add_row(
            terminal.verdict(finding.suggestion),
            f"{terminal.time(finding.start_ms)} – {terminal.time(finding.end_ms)}",
            Text(
                f"{finding.label.within(terminal.language)} · "
                f"{finding.sub_label.within(terminal.language)}"
            ),
            f"{finding.peak:.0%}",
        )
    return table


def _coverage(terminal: Terminal, rows: tuple[Coverage, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(terminal.word("问题", "Question"))
    for zh, en in (
        ("已判定", "Decided"),
        ("无法判断", "Cannot tell"),
        ("丢弃", "Dropped"),
        ("未检测", "Unexamined"),
    ):
        table.add_column(terminal.word(zh, en), justify="right")
    for row in rows:
        times = (
            row.examined_ms + row.inherited_ms,
            row.undecided_ms,
            sum(row.dropped_ms.values()),
            row.failed_ms + row.unanswered_ms,
        )
        table.add_row(
            Text(row.label.within(terminal.language)),
            *(f"{time / row.duration_ms:.0%}" if time else "–" for time in times),
        )
    return table
