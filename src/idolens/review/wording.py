"""Plain sentences about facts, in Chinese and English. No model writes here."""

from typing import Literal

from idolens.media.frame import DropReason
from idolens.review.judge import Reason
from idolens.review.moments import MomentState
from idolens.review.record import Words
from idolens.vocabulary import RiskLevel, Suggestion

SUGGESTIONS = {
    Suggestion.PASS: Words(zh="通过", en="pass"),
    Suggestion.REVIEW: Words(zh="复审", en="review"),
    Suggestion.BLOCK: Words(zh="拦截", en="block"),
}
ADVICE = {
    Suggestion.PASS: Words(
        zh="未发现需要人工处理的内容，可以发布。",
        en="Nothing here needs a person; it can be published.",
    ),
    Suggestion.REVIEW: Words(
        zh="发布前请由人工查看下列内容。",
        en="A person should look at the points below before it is published.",
    ),
    Suggestion.BLOCK: Words(
        zh="请先处理下列内容，再考虑发布。",
        en="Deal with the points below before it is published.",
    ),
}
LEVELS = {
    RiskLevel.NONE: Words(zh="无", en="none"),
    RiskLevel.LOW: Words(zh="低", en="low"),
    RiskLevel.MEDIUM: Words(zh="中", en="medium"),
    RiskLevel.HIGH: Words(zh="高", en="high"),
}
DROPS = {
    DropReason.BLACK: Words(zh="黑屏", en="black"),
    DropReason.BLANK: Words(zh="空白", en="blank"),
    DropReason.OVEREXPOSED: Words(zh="过曝", en="over-exposed"),
    DropReason.BLURRED: Words(zh="模糊", en="blurred"),
    DropReason.TRANSITION: Words(zh="转场", en="transition"),
    DropReason.FROZEN: Words(zh="静止", en="frozen"),
    DropReason.DUPLICATE: Words(zh="重复", en="duplicate"),
}
STATES = {
    MomentState.EXAMINED: Words(zh="已检测", en="examined"),
    MomentState.INHERITED: Words(zh="沿用相同画面", en="same picture as before"),
    MomentState.UNDECIDED: Words(zh="无法判断", en="cannot tell"),
    MomentState.DROPPED: Words(zh="丢弃", en="dropped"),
    MomentState.FAILED: Words(zh="解码失败", en="failed"),
    MomentState.UNANSWERED: Words(zh="没有答案", en="no answer"),
}
DEMONSTRATION = Words(
    zh="本报告由演示模型生成：它只用绘制的场景训练，不能代替正式审核。",
    en="Made by the demonstration model, which was trained on drawn scenes only: "
    "it does not replace a real review.",
)


def clock(ms: int) -> str:
    """Write a time as ``0:07:30``; tenths are shown where there are any."""
    seconds, rest = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    tenths = f".{rest // 100}" if rest >= 100 else ""  # noqa: PLR2004
    return f"{hour}:{minute:02}:{second:02}{tenths}"


def when(kind: Literal["recording", "pictures"], start_ms: int, end_ms: int) -> Words:
    """Write a range of time, or of pictures where each takes one second."""
    if kind == "recording":
        range_ = f"{clock(start_ms)}–{clock(end_ms)}"
        return Words(zh=range_, en=range_)
    first, last = start_ms // 1000 + 1, max(start_ms // 1000 + 1, end_ms // 1000)
    if first == last:
        return Words(zh=f"第 {first} 张", en=f"Picture {first}")
    return Words(zh=f"第 {first}–{last} 张", en=f"Pictures {first}–{last}")


def amount(kind: Literal["recording", "pictures"], ms: int) -> Words:
    """Write a duration, or a count of pictures where each takes one second."""
    if kind == "recording":
        return span(ms)
    count = round(ms / 1000)
    return Words(zh=f"{count} 张", en=str(count))


def span(ms: int) -> Words:
    """Write a duration: 45 秒, 3 分 20 秒, 2 小时 5 分."""
    seconds = round(ms / 1000)
    if ms < 10_000 and ms % 1000:  # noqa: PLR2004
        return Words(zh=f"{ms / 1000:.1f} 秒", en=f"{ms / 1000:.1f} s")
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    parts = [(hour, " 小时", " h"), (minute, " 分", " min"), (second, " 秒", " s")]
    if hour:
        parts.pop()
    said = [part for part in parts if part[0]] or [parts[-1]]
    return Words(
        zh=" ".join(f"{number}{zh}" for number, zh, _ in said),
        en=" ".join(f"{number}{en}" for number, _, en in said),
    )


def percent(share: float) -> str:
    """Write a share as a percentage; one that is not whole never reads 0 % or 100 %."""
    if 0 < share < 0.001:  # noqa: PLR2004
        return "<0.1%"
    if 0.999 < share < 1:  # noqa: PLR2004
        return ">99.9%"
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def reason_words(reason: Reason) -> Words:
    """Say in one sentence why the suggestion is not pass."""
    label = reason.label or Words(zh="全场", en="the session")
    measured, limit = percent(reason.measured), percent(reason.limit)
    match reason.code:
        case "findings":
            count = round(reason.measured)
            return Words(
                zh=f"{label.zh}：命中 {count} 处。",
                en=f"{label.en}: {count} {'finding' if count == 1 else 'findings'}.",
            )
        case "unexamined":
            return Words(
                zh=f"{label.zh}有 {measured} 的时间未被检测，超过策略允许的 {limit}。",
                en=f"{measured} of the time went unexamined for {label.en}; "
                f"the policy allows {limit}.",
            )
        case "nothing_seen":
            return Words(
                zh="没有任何画面被检测，不能视为通过。",
                en="No picture was examined, and no answer is never a pass.",
            )
        case "undecided_share":
            return Words(
                zh=f"“{label.zh}”有 {measured} 的时间无法判断，"
                f"超过策略允许的 {limit}。",
                en=f"The model could not tell for {measured} of the time about "
                f"“{label.en}”; the policy allows {limit}.",
            )
        case _:
            longest = span(round(reason.measured * 1000))
            allowed = span(round(reason.limit * 1000))
            return Words(
                zh=f"“{label.zh}”连续 {longest.zh}无法判断，"
                f"超过策略允许的 {allowed.zh}。",
                en=f"The model could not tell for {longest.en} on end about "
                f"“{label.en}”; the policy allows {allowed.en}.",
            )
