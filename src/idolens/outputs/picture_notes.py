"""What a page says of pictures that it does not show, or does not show clearly."""

from idolens.review.record import Words

BLURRED = Words(
    zh="部分画面可能涉及暴露，已对你作模糊处理；有 unredact 权限的人可以查看原图。",
    en="Pictures that may show too much are blurred for you; whoever has the permission"
    " unredact sees them.",
)


def gone_note(count: int, on: str | None) -> Words:
    """Say that pictures of a report are no longer kept.

    Args:
        count: how many.
        on: the day on which they were deleted by age (UTC); None if not by age.
    """
    when_zh, when_en = (f"(已于 {on} 按保存期限删除)", f", deleted by age on {on}")
    return Words(
        zh=f"本报告有 {count} 张图片已不再保存{when_zh if on else ''}；报告内容未变。",
        en=f"{count} pictures of this report are no longer kept"
        f"{when_en if on else ''}; the report itself is unchanged.",
    )
