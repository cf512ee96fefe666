"""Says in /readyz when less is done than usual, for too much is asked."""

from collections.abc import Sequence
from typing import Final

from idolens.vlm.admission import AdmissionState, Step
from idolens.vocabulary import Bilingual
from idolens.web.desk import Desk
from idolens.web.health import Check

_LEFT_OUT: Final = {
    Step.SMALLER: Bilingual(
        zh="正以较小的图片作答", en="pictures are looked at smaller"
    ),
    Step.FEWER: Bilingual(
        zh="图片缩小,且每次请求只回答前几个问题",
        en="pictures are looked at smaller, and of many questions the first few only",
    ),
    Step.CACHED: Bilingual(
        zh="无空位时只给出已知的回答", en="whoever would have to wait is refused"
    ),
}


def load_check(desks: Sequence[Desk]) -> Check:
    """Return a check that nothing is left out at ``desks``."""

    def check() -> Bilingual | None:
        found = [_words(desk.state) for desk in desks]
        wrong = [words for words in found if words is not None]
        if not wrong:
            return None
        return Bilingual(
            zh=";".join(one.zh for one in wrong) + "。请减少并发请求。",
            en="; ".join(one.en for one in wrong) + ". Ask less at a time.",
        )

    return check


def _words(state: AdmissionState) -> Bilingual | None:
    if state.step is not Step.WHOLE:
        left = _LEFT_OUT[state.step]
        return Bilingual(zh=f"请求过多:{left.zh}", en=f"Too much is asked: {left.en}")
    if state.short:
        return Bilingual(
            zh=f"模型内存不足,同时处理的请求降为 {state.limit} 个",
            en=f"The model ran out of memory, so only {state.limit} requests are worked"
            " on at once",
        )
    if state.lowered:
        return Bilingual(
            zh=f"回答过慢,同时处理的请求降为 {state.limit} 个",
            en=f"Answers are slow, so only {state.limit} are worked on at once",
        )
    return None
