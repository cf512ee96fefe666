import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from idolens.outputs.report_figures import (
    film,
    key_frames,
    lanes,
    ticks,
    told,
    wanted_pictures,
)
from idolens.outputs.report_page import render_page
from idolens.outputs.report_words import COLUMNS, LEGEND, PAGE
from idolens.review.judge import judge
from idolens.review.policy_file import check_policy, load_policy
from idolens.review.report import make_report
from idolens.vlm.answer import Region
from idolens.vocabulary import FrameId
from tests.outputs.shows import HOSTILE, picture, show
from tests.review.sessions import (
    SMALL,
    digest,
    exposure,
    frame,
    run_facts,
    session,
    small,
)
from tests.review.test_calibration import boastful, fitted

VOID = {"meta", "input", "img"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(*show(), "zh")


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    """No address, script, style sheet, font or frame from outside; it forbids them."""
    parsed = Page(page)
    urls = [
        value
        for _, attributes in parsed.tags
        for key, value in attributes.items()
        if key in ("src", "href", "action", "data", "poster", "srcset")
    ]

    assert not re.search(r"https?://|//cdn|@import|url\((?!#)", page)
    assert all(url and url.startswith(("data:image/jpeg", "#")) for url in urls)
    tags = {tag for tag, _ in parsed.tags}
    assert not tags & {"script", "link", "iframe", "object", "embed", "form", "base"}
    assert "default-src 'none'" in page


def test_the_page_is_well_formed(page: str) -> None:
    """Every tag is closed in its turn, ids are unique, links within the page hit."""
    parsed = Page(page)
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    links = [attributes["href"] or "" for attributes in parsed.named("a")]

    assert parsed.open == []
    assert len(ids) == len(set(ids))
    assert links
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert all(attributes.get("alt") for attributes in parsed.named("img"))


def test_hostile_words_stay_words() -> None:
    """Names, labels and options cannot break out into markup or templates."""
    text = SMALL.replace("暴露着装,", f"{HOSTILE!r},").replace("室内舞台,", "X,")
    text = re.sub(
        r"sub_label: \{zh: .*, en: Exposed clothing\}", "sub_label: 'REPLACE'", text
    )
    policy = check_policy(text.replace("REPLACE", HOSTILE.replace("'", "''")))
    report, pictures = show(policy, kind="pictures", name=HOSTILE)
    page = render_page(report, pictures, "zh")

    assert "<img src=x" not in page
    assert "{{7*7}}" in page
    assert "</style></title>" not in page
    assert page.count("</style>") == 1
    assert Page(page).open == []
    assert not [tag for tag in Page(page).named("img") if "onerror" in tag]


@pytest.mark.parametrize(("language", "html"), [("zh", "zh-CN"), ("en", "en")])
def test_both_languages_are_there_and_one_shows(language, html) -> None:
    """The switch starts on the language asked for; each text is there in both."""
    page = render_page(*show(), language)
    parsed = Page(page)
    chosen = [a["id"] for a in parsed.named("input") if "checked" in a]
    spans = [attributes.get("class") for attributes in parsed.named("span")]

    assert chosen == [language]
    assert f'<html lang="{html}">' in page
    assert spans.count("zh") == spans.count("en") > 100


def test_the_page_tells_what_the_report_says(page: str) -> None:
    """Verdict, notice, findings, thresholds, coverage, tags and signature are shown."""
    report, _ = show()
    text = "".join(Page(page).text)

    for told_ in (
        "拦截",
        "演示模型",
        "七夕演唱会",
        "暴露着装",
        "95%",
        "是否存在暴露着装?",
        "Is any clothing exposing?",
        "检测覆盖率",
        "无法判断",
        "室内舞台",
        "park",
        "small",
        report.signature,
        report.signed.policy.version,
        "idolens-tiny",
    ):
        assert told_ in text


def test_gaps_are_drawn_as_gaps(page: str) -> None:
    """Dropped, failed, inherited and undecided time each have a look and a legend."""
    classes = [attributes.get("class") for attributes in Page(page).named("rect")]

    for look in ("dropped", "failed", "inherited", "undecided", "calm", "level-high"):
        assert classes.count(look) >= 2


def test_the_same_report_gives_the_same_page(page: str) -> None:
    """A page is as reproducible as its report."""
    assert render_page(*show(), "zh") == page


def test_missing_pictures_leave_empty_frames() -> None:
    """Without its evidence pictures the page still renders and says so."""
    report, _ = show()
    page = render_page(report, {}, "zh")

    assert "<img" not in page
    assert "无画面" in page


def _pointing(pictures) -> str:
    (found,) = exposure([0.95])[FrameId("f000000")][:1]
    pointing = replace(found, regions=(Region(x1=8, y1=9, x2=40, y2=30),))
    frames, policy = [frame(0)], small()
    answers = {FrameId("f000000"): [pointing]}
    judgement = judge(frames, answers, policy)
    report = make_report(
        session(frames), frames, answers, policy, judgement, run_facts()
    )
    return render_page(report, pictures, "en")


def test_regions_are_drawn_over_the_evidence() -> None:
    """In the picture's own pixels, and as numbers with whose they are."""
    page = Page(_pointing({digest(0): picture(0)}))

    (box,) = [one for one in page.named("svg") if one.get("class") == "regions"]
    assert box["viewbox"] == "0 0 96 54"
    assert {"x": "8", "y": "9", "width": "32", "height": "21"} in page.named("rect")
    assert "8, 9 – 40, 30" in "".join(page.text)
    assert "Where the model points" in "".join(page.text)


@pytest.mark.parametrize("pictures", [{}, {digest(0): b"no picture"}])
def test_regions_without_a_picture_are_numbers_only(pictures) -> None:
    """There is nothing to draw them over."""
    text = _pointing(pictures)

    assert 'class="regions"' not in text
    assert "8, 9 – 40, 30" in text


def test_without_regions_nothing_is_said_of_them(page: str) -> None:
    """Most models name none."""
    assert 'class="regions"' not in page
    assert "Where the model points" not in page


def test_a_clean_session_says_what_was_looked_for() -> None:
    """Without findings the page points to the coverage and lists the risks."""
    frames, answers, policy = [frame(0)], exposure([0.1]), small()
    judgement = judge(frames, answers, policy)
    report = make_report(
        session(frames), frames, answers, policy, judgement, run_facts()
    )
    text = "".join(Page(render_page(report, {}, "en")).text)

    assert "Nothing risky was found" in text
    assert "not found" in text
    assert "peak 10%" in text


def test_a_calibrated_policy_is_called_one() -> None:
    """The page says that probabilities are calibrated, and by which version."""
    frames, answers = [frame(0)], exposure([0.1])
    calibration = fitted(boastful(20)).calibration
    policy = small().model_copy(update={"calibration": calibration})
    judgement = judge(frames, answers, policy)
    for given, there in ((policy, True), (small(), False)):
        report = make_report(
            session(frames), frames, answers, given, judgement, run_facts()
        )
        text = "".join(Page(render_page(report, {}, "en")).text)
        assert (calibration.version in text) == there
        assert ("calibrated ones" in text) == there


def test_an_empty_session_renders() -> None:
    """A report about nothing is a page too, and no division by zero."""
    policy = load_policy("livestream-zh")
    judgement = judge([], {}, policy)
    report = make_report(session([]), [], {}, policy, judgement, run_facts())
    page = render_page(report, {}, "en")

    assert ticks(report) == []
    assert Page(page).open == []
    assert "No picture was examined" in page


def test_pictures_are_numbered() -> None:
    """In a session of stills the axis and the findings count pictures."""
    report, pictures = show(kind="pictures")
    text = "".join(Page(render_page(report, pictures, "zh")).text)

    assert "第 4 张" in text
    assert "20 张" in text
    assert ticks(report)[0] == (0.0, "1")


def test_lanes_are_risks_then_story() -> None:
    """One lane per risk question, then scene; segments stay within the lane."""
    drawn = lanes(show()[0])

    assert [lane.label.en for lane in drawn] == ["Attire", "Scene"]
    for lane in drawn:
        assert all(s.x >= 0 and s.x + s.width <= 100.5 for s in lane.segments)
    findings = [segment for segment in drawn[0].segments if segment.href]
    assert [segment.x for segment in findings] == [10.0, 80.0]
    words = [segment.words.zh for segment in drawn[1].segments if segment.words]
    assert (
        words
        == ["室内舞台", "室内舞台", "户外公园", "户外公园", "户外公园"][: len(words)]
    )


def test_axis_has_few_round_marks() -> None:
    """The axis is marked at round times, at most six of them."""
    marks = ticks(show()[0])

    assert marks == [
        (0.0, "0:00:00"),
        (25.0, "0:05:00"),
        (50.0, "0:10:00"),
        (75.0, "0:15:00"),
    ]


def test_key_frames_follow_the_scenes() -> None:
    """The story has one picture for each scene, in order of time."""
    keys = key_frames(show()[0])

    assert [key.words[0].zh for key in keys if key.words] == [
        "室内舞台",
        "户外公园",
        "户外公园",
    ]
    assert [key.start_ms for key in keys] == sorted(key.start_ms for key in keys)


def test_policies_without_scenes_tell_their_own_story() -> None:
    """Without scene or clothing the first two choice questions tell the story."""
    policy = small(("    namespace: scene\n", ""))

    assert [question.key for question in told(policy.questions)] == ["scene"]


def test_a_long_finding_shows_first_peak_and_last() -> None:
    """The film of a long finding stays short: two before, three within, two after."""
    chances: list[float | None] = [
        0.1,
        0.1,
        0.1,
        0.6,
        0.7,
        0.95,
        0.7,
        0.6,
        0.1,
        0.1,
        0.1,
    ]
    frames, policy = [frame(n) for n in range(11)], small()
    (found,) = judge(frames, exposure(chances), policy).findings

    shown = [(sight.frame[-2:], within) for sight, within in film(found)]
    assert [name for name, within in shown if within] == ["03", "05", "07"]
    assert [name for name, within in shown if not within] == ["01", "02", "08", "09"]


def test_wanted_pictures_are_those_of_the_page(page: str) -> None:
    """The pictures to hand over are named once each, evidence first."""
    report, pictures = show()
    wanted = wanted_pictures(report)

    assert len(wanted) == len(set(wanted))
    assert wanted[0] == report.signed.judgement.findings[0].evidence.picture
    looked_at = {f.picture for f in report.signed.frames if f.state == "kept"}
    assert set(wanted) <= looked_at
    needed = {digest: pictures[digest] for digest in wanted}
    assert render_page(report, needed, "zh") == page


def test_many_findings_stay_mailable() -> None:
    """Only the worst findings have a card; every one is listed and can be linked to."""
    chances: list[float | None] = [0.1, 0.8] * 50
    frames, policy = [frame(n) for n in range(100)], small()
    answers = exposure(chances)
    judgement = judge(frames, answers, policy)
    report = make_report(
        session(frames), frames, answers, policy, judgement, run_facts()
    )
    parsed = Page(render_page(report, {}, "zh"))

    assert len(parsed.named("article")) == 40
    ids = {attributes.get("id") for _, attributes in parsed.tags}
    assert {f"finding-{number}" for number in range(1, 51)} <= ids


def test_every_word_of_the_page_has_both_languages() -> None:
    """No heading, column or legend is without its Chinese and English."""
    assert set(COLUMNS) | set(LEGEND) <= set(PAGE)
    assert all(words.zh for words in PAGE.values())
    assert all(words.en.isascii() for words in PAGE.values())
