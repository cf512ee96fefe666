import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from idolens.media.frame import DropReason, Frame, FrameState
from idolens.review.judge import judge
from idolens.review.policy import Policy
from idolens.review.report import Report, make_report
from idolens.vlm.answer import Answer, Region
from idolens.vlm.engine import Model
from idolens.vocabulary import FrameId
from tests.review.sessions import answer, exposure, frame, run_facts, session, small


def report_of(
    frames: list[Frame],
    answers: dict[FrameId, list[Answer]],
    policy: Policy | None = None,
    kind: str = "recording",
    models: tuple[Model, ...] = (),
) -> Report:
    policy = policy or small()
    return make_report(
        session(frames, kind),
        frames,
        answers,
        policy,
        judge(frames, answers, policy),
        run_facts(),
        models=models,
    )


def test_the_signature_covers_what_matters() -> None:
    """Any change of the signed part shows; the run's times stand outside it."""
    report = report_of([frame(0)], exposure([0.1]))
    session_changed = report.signed.session.model_copy(update={"name": "other"})
    forged = report.model_copy(
        update={"signed": report.signed.model_copy(update={"session": session_changed})}
    )

    assert report.intact
    assert not forged.intact
    assert "seconds" not in json.dumps(report.signed.model_dump(mode="json"))


def test_latency_is_no_part_of_the_signed_report() -> None:
    """How long an answer took does not change the signature."""
    slow = exposure([0.9])
    for given in slow.values():
        for one in given:
            object.__setattr__(one, "latency_ms", 999.0)

    assert (
        report_of([frame(0)], slow).signature
        == report_of([frame(0)], exposure([0.9])).signature
    )


def test_a_report_stands_on_its_own() -> None:
    """It carries the policy, the frames and the models, and reads back equal."""
    frames = [
        frame(0),
        frame(1, FrameState.INHERITED, drop=DropReason.FROZEN, inherits=0),
        frame(2, FrameState.DROPPED, drop=DropReason.BLACK),
        frame(3, FrameState.FAILED),
    ]
    report = report_of(frames, exposure([0.1]))
    again = Report.from_json(report.to_json())

    assert again == report
    assert again.intact
    assert again.signed.policy.policy == small()
    assert [facts.state.value for facts in again.signed.frames] == [
        "kept",
        "inherited",
        "dropped",
        "failed",
    ]
    assert again.signed.frames[1].inherits == "f000000"
    assert again.signed.frames[3].detail == "damaged"
    assert again.signed.models[0].prompt_versions == ("zh-1",)
    assert again.signed.models[0].answers == 3


def test_another_schema_version_is_refused() -> None:
    """A report of another schema version is not read by mistake."""
    text = report_of([frame(0)], exposure([0.1])).to_json()
    with pytest.raises(ValidationError):
        Report.from_json(text.replace('"1.2.0"', '"2.0.0"'))


def test_a_report_of_an_older_minor_version_is_read_and_intact() -> None:
    """What was signed before regions were known keeps its signature."""
    report = report_of([frame(0)], exposure([0.95]))
    assert report.schema_version == "1.2.0"
    text = report.to_json().replace('"1.1.0"', '"1.0.0"')
    assert '"regions"' not in text

    old = Report.from_json(text)

    assert old.intact
    assert old.to_json() == text


def test_regions_are_signed() -> None:
    """They are read back, and moving one breaks the signature."""
    answers = exposure([0.95])
    pointing = replace(
        answers[FrameId("f000000")][0], regions=(Region(x1=1, y1=2, x2=33, y2=44),)
    )
    report = report_of([frame(0)], {FrameId("f000000"): [pointing]})

    again = Report.from_json(report.to_json())
    moved = Report.from_json(report.to_json().replace('"x2": 33', '"x2": 34'))

    assert again == report
    assert again.intact
    assert again.signed.judgement.findings[0].regions[0].x2 == 33
    assert not moved.intact


def test_the_demonstration_model_is_named() -> None:
    """A report made with idolens-tiny says that it was trained on drawn scenes."""
    notice = report_of([frame(0)], exposure([0.1])).signed.notice

    assert notice is not None
    assert "演示模型" in notice.zh
    assert "drawn scenes" in notice.en


def test_an_engine_knows_its_own_demonstration_model() -> None:
    """Any model that its engine calls a demonstration is marked; others are not."""
    other = answer("exposure", "no")
    object.__setattr__(other, "model", "our-own")
    answers = {FrameId("f000000"): [other]}
    shown = Model(name="our-own", revision="r1", demonstration=True)
    real = Model(name="our-own", revision="r1")

    assert report_of([frame(0)], answers).signed.notice is None
    assert report_of([frame(0)], answers, models=(real,)).signed.notice is None
    assert report_of([frame(0)], answers, models=(shown,)).signed.notice is not None


def digest_of(report: Report) -> tuple[str, str]:
    words = [sentence.words for sentence in report.signed.digest]
    return "".join(word.zh for word in words), " ".join(word.en for word in words)


def test_the_digest_tells_the_facts() -> None:
    """Verdict, what was looked at, findings with their times, and the commonest tag."""
    zh, en = digest_of(report_of([frame(0), frame(1)], exposure([0.1, 0.95])))

    for told in (
        "拦截",
        "2 分",
        "共 2 帧",
        "0:01:00–0:02:00",
        "暴露着装",
        "95%",
        "室内舞台",
    ):
        assert told in zh
    for told in (
        "block",
        "2 min",
        "2 frames",
        "Exposed clothing",
        "95%",
        "indoor stage",
    ):
        assert told in en


def test_the_digest_links_its_evidence() -> None:
    """A finding's sentence names the frame that shows it."""
    report = report_of([frame(0), frame(1)], exposure([0.1, 0.95]))

    assert report.signed.digest[2].frames == ("f000001",)


def test_a_digest_of_pictures_counts_pictures() -> None:
    """In a session of stills, pictures are counted and numbered instead of timed."""
    frames = [frame(n, step=1000, label=f"{n}.png") for n in range(6)]
    answers = exposure([0.95, 0.1, 0.8, 0.8, 0.1, 0.1])
    zh, en = digest_of(report_of(frames, answers, kind="pictures"))

    assert "共 6 张图片" in zh
    assert "第 1 张《0.png》" in zh
    assert "第 4 张《3.png》" in zh
    assert "Picture 1 “0.png”:" in en


def test_a_long_list_of_findings_is_cut_short() -> None:
    """The digest spells five findings out and counts the rest."""
    chances: list[float | None] = [0.1, 0.8] * 8
    report = report_of([frame(n) for n in range(16)], exposure(chances))
    zh, en = digest_of(report)

    assert "另有 3 处命中" in zh
    assert "There are 3 more findings." in en
    assert len(report.signed.judgement.findings) == 8


def test_a_digest_without_tags_is_complete() -> None:
    """A policy without tags gives a digest without a sentence about them."""
    policy = small(("    namespace: scene\n", ""))
    zh, _ = digest_of(report_of([frame(0)], exposure([0.1]), policy))

    assert "最常见" not in zh


def test_every_reason_is_told() -> None:
    """Whatever keeps a session from passing is said in both languages."""
    undecided: list[float | None] = [None] * 12
    frames = [frame(n) for n in range(12)] + [
        frame(n, FrameState.FAILED) for n in range(12, 20)
    ]
    zh, en = digest_of(report_of(frames, exposure(undecided)))

    for told in ("无法判断", "连续 12 分", "未被检测", "复审"):
        assert told in zh
    for told in ("could not tell", "12 min on end", "unexamined", "review"):
        assert told in en
    zh, en = digest_of(report_of([], {}))
    assert "不能视为通过" in zh
    assert "never a pass" in en
