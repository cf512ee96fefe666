"""What was looked at can be read: sessions, frames, answers, findings, reports."""

import csv
import io
import json
from contextlib import suppress
from dataclasses import replace

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.errors import BadInputError
from idolens.review import Report, judge
from idolens.vlm.answer import Region
from idolens.web.api.shape import cursor_of, place_of
from tests.chromium import needs_chromium
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, policy
from tests.web.api.studio import API, PICTURES, analysed, serving
from tests.web.test_infer import is_problem


def exposed(_picture, question):
    return "yes" if question.key == "exposure" else "室内舞台"


class Pointing(FakeEngine):
    """A fake that names a box with what it says of exposure."""

    def answer(self, pictures, questions):
        return [
            [
                replace(one, regions=(Region(x1=1, y1=2, x2=30, y2=40),))
                if one.key == "exposure"
                else one
                for one in row
            ]
            for row in super().answer(pictures, questions)
        ]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with serving(folder, Pointing(reply=exposed)) as (studio, client):
        analysed(studio, folder / "shows")
        yield studio, client


@pytest.fixture
def studio(house):
    return house[0]


@pytest.fixture
def client(house):
    return house[1]


def pages(client, path, **parameters):
    """Read a whole list, page after page."""
    items, cursor = [], None
    while True:
        wanted = parameters | ({"cursor": cursor} if cursor else {})
        reply = client.get(f"{API}{path}", params=wanted)
        assert reply.status_code == 200, reply.text
        items += reply.json()["items"]
        cursor = reply.json()["next"]
        if cursor is None:
            return items


def test_sessions_come_newest_first_and_name_no_path(client, tmp_path_factory):
    """Each has its state, its policy and its files by name and digest."""
    both = pages(client, "/sessions", limit=1)

    assert [one["id"] for one in both] == [PICTURES, SESSION]
    assert {one["state"] for one in both} == {"done"}
    assert both[1]["files"][0]["name"] == "show.mp4"
    assert both[1]["policy"]["name"] == "two-questions"
    assert str(tmp_path_factory.getbasetemp()) not in json.dumps(both)
    assert pages(client, "/sessions", state="failed") == []


def test_one_session(client):
    """A session alone is what it is in the list."""
    alone = client.get(f"{API}/sessions/{SESSION}").json()

    assert alone in pages(client, "/sessions")


@pytest.mark.parametrize("limit", [1, 5, 200])
def test_frames_and_answers_page_by_page_are_all_of_them(studio, client, limit):
    """Whatever the size of the page, nothing is skipped and nothing comes twice."""
    frames = pages(client, f"/sessions/{SESSION}/frames", limit=limit)
    answers = pages(client, f"/sessions/{SESSION}/answers", limit=limit)

    assert [one["id"] for one in frames] == [
        frame.id for frame in studio.archive.frames(SESSION)
    ]
    stored = studio.archive.answers(SESSION)
    assert [(one["frame"], one["question"]) for one in answers] == [
        (frame, answer.key) for frame, given in stored.items() for answer in given
    ]


def test_lists_can_be_narrowed(client):
    """Frames by state, answers by question and by frame."""
    kept = pages(client, f"/sessions/{SESSION}/frames", state="kept")
    scenes = pages(client, f"/sessions/{SESSION}/answers", question="scene")
    first = pages(client, f"/sessions/{SESSION}/answers", frame=kept[0]["id"])

    assert {one["state"] for one in kept} == {"kept"}
    assert {one["question"] for one in scenes} == {"scene"}
    assert [one["question"] for one in first] == ["exposure", "scene"]


def test_a_picture_is_shown_as_nothing_else(client):
    """A JPEG under a name of ours, that no browser takes for a page."""
    kept = pages(client, f"/sessions/{SESSION}/frames", state="kept")[0]
    reply = client.get(f"{API}/sessions/{SESSION}/frames/{kept['id']}/picture")

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "image/jpeg"
    assert reply.content.startswith(b"\xff\xd8\xff")
    assert reply.headers["etag"] == f'"{kept["sha256"]}"'
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["content-security-policy"] == "default-src 'none'; sandbox"
    named = f'inline; filename="{SESSION}-{kept["id"]}.jpg"'
    assert reply.headers["content-disposition"] == named


def test_an_inherited_frame_shows_what_was_looked_at(client):
    """Its answers come from an earlier picture, and that is the one to show."""
    frames = pages(client, f"/sessions/{SESSION}/frames")
    inherited = next(one for one in frames if one["state"] == "inherited")
    path = f"{API}/sessions/{SESSION}/frames"
    shown = client.get(f"{path}/{inherited['id']}/picture")

    assert (
        shown.content == client.get(f"{path}/{inherited['inherits']}/picture").content
    )


def test_findings_are_judged_anew(studio, client):
    """They are what the review makes of the answers, with coverage beside them."""
    found = pages(client, f"/sessions/{SESSION}/findings", limit=1)
    whole = client.get(f"{API}/sessions/{SESSION}/findings").json()
    session = studio.archive.session(SESSION)
    expected = judge(
        studio.archive.frames(SESSION),
        studio.archive.answers(SESSION),
        policy(),
        duration=session.duration,
    )

    assert [one["id"] for one in found] == [one.id for one in expected.findings]
    assert whole["suggestion"] == expected.suggestion
    assert whole["reasons"][0]["code"] == "findings"
    for row in whole["coverage"]:
        parts = ("examined_ms", "inherited_ms", "undecided_ms", "failed_ms")
        looked = sum(row[part] for part in parts) + row["unanswered_ms"]
        assert looked + sum(row["dropped_ms"].values()) == row["duration_ms"]


def test_boxes_that_a_model_named_are_told(client):
    """With the answer that named them, and with the finding whose frame it is about."""
    answers = pages(client, f"/sessions/{SESSION}/answers")
    found = pages(client, f"/sessions/{SESSION}/findings")

    box = {"x1": 1, "y1": 2, "x2": 30, "y2": 40}
    for one in answers:
        assert one["regions"] == ([box] if one["question"] == "exposure" else [])
    assert found
    assert all(one["regions"] == [box | {"question": "exposure"}] for one in found)


def test_the_report_as_json_is_the_signed_one(studio, client):
    """Byte for byte as it was signed."""
    reply = client.get(f"{API}/sessions/{SESSION}/report")

    assert reply.headers["content-type"] == "application/json"
    assert reply.text == studio.archive.report(SESSION)
    assert Report.from_json(reply.text).intact


@pytest.mark.parametrize(
    ("accept", "wanted", "kind"),
    [
        ("*/*", None, "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", None, "text/html"),
        ("text/csv", None, "text/csv"),
        ("text/html;q=0.1, text/csv;q=0.5", None, "text/csv"),
        ("text/html;q=nonsense, application/json", None, "application/json"),
        ("text/html", "csv", "text/csv"),
        ("application/json", "html", "text/html"),
    ],
)
def test_the_report_comes_as_it_is_wanted(client, accept, wanted, kind):
    """By `format`, else by what Accept likes best."""
    reply = client.get(
        f"{API}/sessions/{SESSION}/report",
        params={"format": wanted} if wanted else {},
        headers={"Accept": accept},
    )

    assert reply.status_code == 200
    assert reply.headers["content-type"].partition(";")[0] == kind


def test_the_page_holds_its_pictures_and_runs_nothing(client):
    """It is whole in itself; its policy allows neither scripts nor requests."""
    reply = client.get(f"{API}/sessions/{SESSION}/report?format=html&language=en")

    assert "data:image/jpeg;base64," in reply.text
    assert "script" not in reply.headers["content-security-policy"]
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_table_has_a_line_a_finding(client):
    """Spreadsheets read it, Chinese and all."""
    reply = client.get(f"{API}/sessions/{SESSION}/report?format=csv")
    lines = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))

    assert reply.text.startswith("\ufeff")
    assert len(lines) == len(pages(client, f"/sessions/{SESSION}/findings"))
    assert lines[0]["sub_label_zh"] == "暴露着装"


@pytest.mark.parametrize(
    "path",
    [
        "/sessions",
        f"/sessions/{SESSION}",
        f"/sessions/{SESSION}/frames",
        f"/sessions/{SESSION}/frames/f000000/picture",
        f"/sessions/{SESSION}/answers",
        f"/sessions/{SESSION}/findings",
        f"/sessions/{SESSION}/report",
        f"/sessions/{SESSION}/report?format=html",
        f"/sessions/{SESSION}/report?format=csv",
    ],
)
def test_what_a_client_has_is_not_sent_again(client, path):
    """The same tag comes back as 304 without a body; another one as the whole."""
    first = client.get(f"{API}{path}")
    tag = first.headers["etag"]
    again = client.get(f"{API}{path}", headers={"If-None-Match": f'"other", W/{tag}'})
    other = client.get(f"{API}{path}", headers={"If-None-Match": '"other"'})

    assert first.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert other.content == first.content


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/sessions/nobody", "not_found"),
        ("/sessions/nobody/frames", "not_found"),
        ("/sessions/nobody/answers", "not_found"),
        ("/sessions/nobody/findings", "not_found"),
        ("/sessions/nobody/report", "not_found"),
        (f"/sessions/{SESSION}/frames/f999999/picture", "not_found"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(client, path, code):
    """404, without the id that was asked for."""
    body = is_problem(client.get(f"{API}{path}"), 404, code)

    assert "nobody" not in json.dumps(body)


@pytest.mark.parametrize(
    "path",
    [
        "/sessions?limit=0",
        "/sessions?limit=201",
        "/sessions?limit=many",
        "/sessions?cursor=%%%",
        "/sessions?cursor=WzFd",
        "/sessions?state=lost",
        f"/sessions/{SESSION}/report?format=exe",
        "/sessions/..%2f..%2fetc",
        f"/sessions/{SESSION}/frames/x/picture",
    ],
)
def test_what_cannot_be_read_is_refused(client, path):
    """Ids are never paths, pages are never endless, cursors are never guessed."""
    reply = client.get(f"{API}{path}")

    assert reply.status_code in {404, 422}
    assert reply.headers["content-type"] == "application/problem+json"


@given(st.lists(st.integers() | st.text(), min_size=1, max_size=4))
def test_a_cursor_comes_back_as_the_place_it_was(place):
    """Whatever a place is made of."""
    assert place_of(cursor_of(*place), *map(type, place)) == tuple(place)


@given(st.text(max_size=40))
def test_no_cursor_is_a_fault(text):
    """What is no cursor is refused, never an error of ours."""
    with suppress(BadInputError):
        place_of(text, int, str)


@needs_chromium
def test_a_report_is_printed(client):
    """By its format or by Accept; it is the page, with its pictures."""
    path = f"{API}/sessions/{SESSION}/report"
    asked = client.get(path, params={"format": "pdf"})
    accepted = client.get(path, headers={"Accept": "application/pdf"})
    tag = {"If-None-Match": asked.headers["etag"]}
    again = client.get(path, params={"format": "pdf"}, headers=tag)

    assert asked.headers["content-type"] == "application/pdf"
    assert asked.headers["content-disposition"].endswith('.pdf"')
    assert again.status_code == 304
    for reply in (asked, accepted):
        with pypdfium2.PdfDocument(reply.content) as document:
            words = "".join(one.get_textpage().get_text_range() for one in document)
            kinds = {thing.type for one in document for thing in one.get_objects()}
        assert "show.mp4" in words
        assert "暴露着装" in words
        assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE in kinds
