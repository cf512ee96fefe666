"""POST /vlm/infer: a picture and a question in, an answer out, over real HTTP."""

import base64
import json
import textwrap
import threading
import time

import httpx2
import pytest

from idolens.vlm.question import YesNo
from idolens.vocabulary import QuestionKey
from tests.fakes import FakeEngine
from tests.web.service import FakeEyes, as_base64, png, running

QUESTION = "画面中是否有未授权LOGO?"
CANARY = "秘密问题之七七"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    logs = tmp_path_factory.mktemp("logs")
    with running(FakeEyes(), logs, picture_upload_bytes=300_000) as client:
        client.logs = logs
        yield client


def ask(client, **body):
    return client.post("/vlm/infer", json=body)


def is_problem(reply, status, code):
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["title"]
    assert body["message"]["zh"]
    assert body["message"]["en"]
    return body


def test_the_simple_contract(client):
    """Image and question give an answer in plain words, with its probability."""
    reply = ask(client, image=as_base64(png()), question=QUESTION)

    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["answer"] in {"是", "否", "无法判断"}
    assert body["kind"] == "yes_no"
    assert body["demonstration"] is True
    assert body["model"] == "fake-model"
    assert set(body["options"]) == {"yes", "no", "cannot_tell"}
    assert 0 <= body["label_mass"] <= 1


@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: text,
        lambda text: "data:image/png;base64," + text,
        lambda text: "data:;base64," + text,
        lambda text: "\n".join(textwrap.wrap(text, 76)) + "\n",
        lambda text: "\r\n".join(textwrap.wrap(text, 64)),
        lambda text: "data:image/png;base64,\n" + "\n".join(textwrap.wrap(text, 60)),
    ],
    ids=["plain", "data-url", "bare-data-url", "lines", "crlf", "data-url-lines"],
)
def test_every_usual_way_to_write_base64_is_read(client, wrap):
    """With or without a data-URL prefix, with or without line breaks: same answer."""
    plain = ask(client, image=as_base64(png()), question=QUESTION).json()
    wrapped = ask(client, image=wrap(as_base64(png())), question=QUESTION)

    assert wrapped.status_code == 200, wrapped.text
    assert wrapped.json()["answer"] == plain["answer"]
    assert wrapped.json()["options"] == plain["options"]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "text"),
        ({"choices": ["室内舞台", "户外公园"]}, "choice"),
        ({"kind": "tags"}, "tags"),
        ({"kind": "score", "choices": ["低", "中", "高"]}, "score"),
        ({"kind": "yes_no"}, "yes_no"),
    ],
)
def test_the_kind_of_question_can_be_said(client, more, kind):
    """A caller who knows better than the wording says how to ask."""
    reply = ask(client, image=as_base64(png()), question="请描述场景", **more)

    assert reply.status_code == 200, reply.text
    assert reply.json()["kind"] == kind


@pytest.mark.parametrize("body", [b"{", b"[1,", b'{"image": "\xff"}', b"nope"])
def test_broken_json_is_400(client, body):
    """What is not JSON is malformed, not a wrong field."""
    headers = {"content-type": "application/json"}
    is_problem(
        client.post("/vlm/infer", content=body, headers=headers), 400, "malformed"
    )


@pytest.mark.parametrize(
    "image",
    ["not base64!", "data:image/png,abcd", "data:image/png;base64,", "abc", "   "],
)
def test_broken_base64_is_400(client, image):
    """What is not base64 is malformed."""
    is_problem(ask(client, image=image, question=QUESTION), 400, "malformed")


def test_a_picture_over_the_limit_is_413(client):
    """The limit is on the picture's bytes, and the body has one of its own."""
    exact = base64.b64encode(b"x" * 300_000).decode()
    is_problem(ask(client, image=exact, question=QUESTION), 415, "unsupported_media")
    over = base64.b64encode(b"x" * 300_001).decode()
    is_problem(ask(client, image=over, question=QUESTION), 413, "too_large")
    far_over = "A" * 700_000
    is_problem(ask(client, image=far_over, question=QUESTION), 413, "too_large")


def test_a_stream_without_end_is_cut_off(client):
    """A body without Content-Length is stopped at the limit, not swallowed.

    Whoever goes on sending may lose the answer with the connection, as TCP has it.
    """
    sent = 0

    def endless():
        nonlocal sent
        yield b'{"question": "x", "image": "'
        while sent < 200_000_000:
            sent += 65_536
            yield b"A" * 65_536

    headers = {"content-type": "application/json"}
    try:
        reply = client.post("/vlm/infer", content=endless(), headers=headers)
    except httpx2.TransportError:
        pass
    else:
        is_problem(reply, 413, "too_large")
    assert sent < 100_000_000


def test_what_is_not_a_picture_is_415(client):
    """Well-formed base64 of something else is an unsupported medium."""
    text = as_base64(b"%PDF-1.7 not a picture")
    is_problem(ask(client, image=text, question=QUESTION), 415, "unsupported_media")


def test_a_body_that_is_not_json_is_415(client):
    """A form or plain text (which any web page may send) is turned away."""
    body = json.dumps({"image": as_base64(png()), "question": QUESTION})
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        reply = client.post("/vlm/infer", content=body, headers={"content-type": kind})
        is_problem(reply, 415, "unsupported_media")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": QUESTION}, "image"),
        ({"image": "aGk="}, "question"),
        ({"image": "aGk=", "question": ""}, "question"),
        ({"image": 3, "question": QUESTION}, "image"),
        ({"image": "aGk=", "question": QUESTION, "prompt": "x"}, "prompt"),
        ({"image": "aGk=", "question": QUESTION, "kind": "essay"}, "kind"),
        ({"image": "aGk=", "question": "\ud800"}, "question"),
        ({"image": "aGk=", "question": QUESTION, "\ud800": 1}, "body"),
        (["image"], "body"),
    ],
)
def test_wrong_fields_are_422_and_named(client, body, field):
    """Unknown fields are refused; the field at fault is named, never its content."""
    content = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    reply = client.post("/vlm/infer", content=content, headers=headers)

    problem = is_problem(reply, 422, "invalid_fields")
    assert [fault["field"] for fault in problem["errors"]] == [field]
    assert QUESTION not in reply.text


@pytest.mark.parametrize(
    "body",
    [
        {"question": "长" * 2001},
        {"question": " \n "},
        {"question": "场景?", "choices": []},
        {"question": "场景?", "choices": ["同", "同"]},
        {"question": "场景?", "kind": "choice"},
        {"question": "场景?", "kind": "text", "choices": ["a", "b"]},
        {"question": "场景?", "choices": [str(number) for number in range(26)]},
    ],
)
def test_impossible_questions_are_422(client, body):
    """A question that no engine could answer says so in both languages."""
    is_problem(ask(client, image=as_base64(png()), **body), 422, "bad_question")


def test_other_addresses_and_methods_have_the_same_shape(client):
    """404 and 405 are problems too; the CDN-fed docs page does not exist."""
    is_problem(client.get("/nothing"), 404, "no_such_address")
    is_problem(client.get("/docs"), 404, "no_such_address")
    is_problem(client.get("/redoc"), 404, "no_such_address")
    is_problem(client.get("/vlm/infer"), 405, "wrong_method")


def test_a_foreign_host_name_is_turned_away(client):
    """A web page whose name points here (DNS rebinding) gets no answer."""
    for host in ("evil.example", "127.0.0.1.evil.example:8080", ""):
        reply = client.get("/livez", headers={"host": host})
        assert reply.status_code in {400, 421}
        assert "alive" not in reply.text
    assert client.get("/livez", headers={"host": "localhost:1"}).status_code == 200
    assert client.get("/livez", headers={"host": "[::1]:8080"}).status_code == 200


def test_no_other_origin_may_read_an_answer(client):
    """There is no CORS: a preflight gets no permission."""
    reply = client.options(
        "/vlm/infer",
        headers={
            "origin": "https://evil.example",
            "access-control-request-method": "POST",
        },
    )
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_the_page_is_self_contained(client):
    """/page loads nothing from elsewhere and says so to the browser."""
    page = client.get("/page")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for path in ("/page", "/page.css", "/page.js"):
        text = client.get(path)
        assert text.status_code == 200
        assert "http://" not in text.text
        assert "https://" not in text.text
        assert "style=" not in text.text
    assert "<script>" not in page.text


def test_no_banner(client):
    """Replies do not say which software answers."""
    reply = client.get("/livez")
    assert "server" not in reply.headers
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_log_holds_no_content(client):
    """Questions, pictures, paths and field names never reach the log."""
    ask(client, image=as_base64(png()), question=CANARY)
    ask(client, image="!" + CANARY, question=CANARY)
    ask(client, image="aGk=", question=CANARY, **{CANARY: CANARY})
    client.get(f"/{CANARY}?q={CANARY}")
    client.post("/vlm/infer", content=CANARY.encode())

    log = (client.logs / "idolens.log").read_text()
    records = [json.loads(line) for line in log.splitlines()]
    assert CANARY not in log
    assert "%E7%A7%98" not in log
    assert as_base64(png())[:40] not in log
    assert {"route", "status", "ms", "method"} <= records[-1].keys()
    assert {record["route"] for record in records} >= {"/vlm/infer", "other"}


def explode(_picture, _question):
    raise RuntimeError(CANARY)


def test_a_mistake_of_ours_is_500_without_its_text(tmp_path):
    """An unexpected exception leaves its type and place in the log, not its words."""
    eyes = FakeEyes(FakeEngine(reply=explode))
    with running(eyes, tmp_path) as client:
        reply = ask(client, image=as_base64(png()), question=QUESTION)
        is_problem(reply, 500, "internal")
        assert CANARY not in reply.text

    log = (tmp_path / "idolens.log").read_text()
    assert CANARY not in log
    assert "RuntimeError" in log


def test_livez_answers_while_the_engine_works_and_the_surplus_gets_503(tmp_path):
    """One is served, one waits, the third is told when to come back."""
    eyes = FakeEyes(FakeEngine(delay_s=1.5))
    limits = {"requests_at_once": 1, "requests_waiting": 1, "wait_s": 30.0}
    with running(eyes, tmp_path, **limits) as client:
        statuses = []

        def one():
            reply = ask(client, image=as_base64(png()), question=QUESTION)
            statuses.append((reply.status_code, reply.headers.get("retry-after")))

        threads = [threading.Thread(target=one) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        started = time.perf_counter()
        assert client.get("/livez").json() == {"alive": True}
        assert time.perf_counter() - started < 0.5
        for thread in threads:
            thread.join()

    assert sorted(statuses, key=str) == [(200, None)] * 2 + [(503, "1")] * 2


def test_what_is_known_is_told_while_everybody_waits(tmp_path):
    """An answer at hand takes no place at the desk."""
    eyes = FakeEyes(FakeEngine(delay_s=1.5))
    old = png(shade=7)
    question = YesNo(key=QuestionKey("q"), instruction=QUESTION)
    eyes.known[old] = FakeEngine().answer([eyes.look(old)], [question])[0]
    with running(eyes, tmp_path, requests_at_once=1, requests_waiting=0) as client:
        busy = threading.Thread(
            target=ask,
            args=(client,),
            kwargs={"image": as_base64(png()), "question": QUESTION},
        )
        busy.start()
        time.sleep(0.4)
        known = ask(client, image=as_base64(old), question=QUESTION)
        new = ask(client, image=as_base64(png()), question=QUESTION)
        busy.join()

    assert known.status_code == 200
    is_problem(new, 503, "engine_busy")


def test_one_who_waited_too_long_gets_503(tmp_path):
    """A turn that does not come in time is an answer too."""
    eyes = FakeEyes(FakeEngine(delay_s=1.5))
    with running(eyes, tmp_path, requests_at_once=1, wait_s=0.3) as client:
        other = threading.Thread(
            target=ask,
            args=(client,),
            kwargs={"image": as_base64(png()), "question": QUESTION},
        )
        other.start()
        time.sleep(0.4)
        reply = ask(client, image=as_base64(png()), question=QUESTION)
        other.join()

    is_problem(reply, 503, "engine_busy")
