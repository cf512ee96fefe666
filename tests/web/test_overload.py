"""Too much is asked: who goes first, who is dropped, what is left out, and says so."""

import socket
import threading
from collections.abc import Callable

import anyio
import numpy as np
import pytest

from idolens.media.picture import Picture
from idolens.media.smaller import smaller
from idolens.vlm.admission import Ladder, Priority, Step
from idolens.vlm.question import YesNo
from idolens.vocabulary import QuestionKey
from idolens.web.crowd import CrowdGate
from tests.fakes import FakeEngine, SpeakingFakeEngine
from tests.web.access.house import archive_in, bearer, house
from tests.web.openai.client import data_url
from tests.web.service import FakeEyes, as_base64, png, running

QUESTION = "画面中有人吗?"
ASKED = {"image": as_base64(png()), "question": QUESTION}
LARGE = {"image": as_base64(png(480)), "question": QUESTION}
PATIENCE_S = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    pause = threading.Event()
    for _ in range(round(PATIENCE_S / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it never came to be so")


class Held:
    """An engine's reply that waits to be let go, and notes what was asked when."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.asked: list[str] = []

    def __call__(self, _picture, question):
        self.asked.append(question.instruction)
        self.begun.set()
        assert self.go_on.wait(PATIENCE_S)
        return "yes"


def brown(eyes: FakeEyes, step: Step) -> None:
    """Let the service stand on ``step`` of the ladder, for a few seconds at least."""
    for door in (eyes.doors.look, eyes.doors.talk):
        door._ladder = Ladder(step=step)


def posting(client, *, times: int = 1, headers=None, **more):
    """Send requests in threads of their own; return the threads."""
    threads = [
        threading.Thread(
            target=client.post,
            args=("/vlm/infer",),
            kwargs={"json": ASKED | more, "headers": headers},
        )
        for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    return threads


def test_who_hangs_up_while_waiting_never_reaches_the_engine(tmp_path):
    """The place in the queue is free at once, and no work is done for nobody."""
    held = Held()
    eyes = FakeEyes(FakeEngine(reply=held))
    with running(eyes, tmp_path, requests_at_once=1) as client:
        (first,) = posting(client)
        assert held.begun.wait(PATIENCE_S)
        body = client.build_request(
            "POST", "/vlm/infer", json=ASKED | {"question": "走了吗?"}
        )
        head = "".join(f"{name}: {value}\r\n" for name, value in body.headers.items())
        with socket.create_connection(
            (client.base_url.host, client.base_url.port)
        ) as s:
            s.sendall(f"POST /vlm/infer HTTP/1.1\r\n{head}\r\n".encode() + body.read())
            until(lambda: eyes.doors.look.state.waiting == 1)
        until(lambda: eyes.doors.look.state.waiting == 0)
        held.go_on.set()
        first.join()
        metrics = client.get("/metrics").text

    assert held.asked == [QUESTION]
    assert 'idolens_shed_total{desk="look",reason="left"} 1.0' in metrics
    assert 'code="client_left"' in metrics


def test_people_go_before_bots_and_bots_before_what_can_wait(tmp_path):
    """By who asks: a person, a key that may ask, a key that says that it can wait."""
    held = Held()
    with archive_in(tmp_path) as archive:
        _, key = archive.keys.add("bot", ["ask"], "terminal", None)
        eyes = FakeEyes(FakeEngine(reply=held), archive=archive)
        with running(eyes, tmp_path / "logs", requests_at_once=1) as client:
            threads = posting(client, question="先")
            assert held.begun.wait(PATIENCE_S)
            for waiting, (question, headers) in enumerate(
                [
                    ("可等", bearer(key) | {"Idolens-Priority": "batch"}),
                    ("机器人", bearer(key)),
                    ("人", None),
                ]
            ):
                threads += posting(client, question=question, headers=headers)
                until(lambda n=waiting: eyes.doors.look.state.waiting == n + 1)
            held.go_on.set()
            for thread in threads:
                thread.join()

    assert held.asked == ["先", "人", "机器人", "可等"]


@pytest.mark.parametrize(
    ("scopes", "priority", "status"),
    [
        (["ask"], "chat", 200),
        (["ask"], "Batch", 200),
        (["ask"], "reviewer", 403),
        (["ask", "judge"], "reviewer", 200),
        (["ask", "judge", "stream", "purge"], "alert", 403),
        (["ask"], "urgent", 422),
    ],
)
def test_nobody_is_more_urgent_than_they_may_be(tmp_path, scopes, priority, status):
    """A request may say that it can wait, and no more; alerts come from within."""
    with house(tmp_path) as (client, archive):
        _, key = archive.keys.add("bot", scopes, "terminal", None)
        headers = bearer(key) | {"Idolens-Priority": priority}
        reply = client.post("/vlm/infer", json=ASKED, headers=headers)

    assert reply.status_code == status, reply.text
    if status != 200:
        assert "Idolens-Priority" in reply.json()["message"]["zh"]


def test_a_key_that_asks_too_often_is_told_when_to_come_back(tmp_path):
    """Each key for itself, and by the clock; this machine itself has no limit."""
    with house(tmp_path, load={"caller_per_minute": 3}) as (client, archive):
        _, one = archive.keys.add("bot", ["ask"], "terminal", None)
        _, other = archive.keys.add("bot", ["ask"], "terminal", None)
        mine = [client.get("/v1/models", headers=bearer(one)) for _ in range(5)]
        theirs = client.get("/v1/models", headers=bearer(other))
        here = [client.get("/v1/models").status_code for _ in range(9)]

    assert [reply.status_code for reply in mine] == [200] * 3 + [429] * 2
    assert 1 <= int(mine[-1].headers["retry-after"]) <= 60
    assert mine[-1].json()["code"] == "too_many_requests"
    assert mine[-1].json()["error"]["code"] == "too_many_requests"
    assert "3" in mine[-1].json()["message"]["zh"]
    assert theirs.status_code == 200
    assert here == [200] * 9


def test_an_address_that_asks_too_often_is_refused_where_all_are_let_in(tmp_path):
    """Without accounts there is nothing else to tell people apart by."""
    with house(tmp_path, insecure_open_lan=True, load={"address_per_minute": 2}) as (
        client,
        _,
    ):
        # A proxy passed it on, so that it does not count as this machine's own.
        far = {"X-Forwarded-For": "10.0.0.9"}
        replies = [client.get("/v1/models", headers=far) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [200, 200, 429]


def test_smaller_pictures_are_told(tmp_path):
    """In the header, in the reply and in the metrics; a whole one says nothing."""
    seen: list[int] = []

    def note(picture, _question):
        seen.append(max(picture.width, picture.height))
        return "yes"

    eyes = FakeEyes(FakeEngine(reply=note))
    with running(eyes, tmp_path) as client:
        before = client.post("/vlm/infer", json=LARGE)
        brown(eyes, Step.SMALLER)
        told = client.post("/vlm/infer", json=LARGE)
        small = client.post("/vlm/infer", json=ASKED)
        ready = client.get("/readyz")
        metrics = client.get("/metrics").text

    assert (before.json()["reduced"], "idolens-reduced" in before.headers) == (
        [],
        False,
    )
    assert told.json()["reduced"] == ["smaller_picture"]
    assert told.headers["idolens-reduced"] == "smaller_picture"
    assert small.json()["reduced"] == []
    assert seen[:3] == [480, 256, 32]
    assert ready.json()["ready"] is True
    (shortfall,) = ready.json()["degraded"]
    assert shortfall["name"] == "load"
    assert "smaller" in shortfall["en"]
    assert 'idolens_brownout_step{desk="look"} 1.0' in metrics
    assert 'idolens_reduced_total{desk="look",what="smaller_picture"} 1.0' in metrics


def decision(count: int) -> dict[str, object]:
    image = {"type": "input_image", "image_url": data_url()}
    return {
        "model": "fake-model",
        "input": [{"role": "user", "content": [image]}],
        "questions": [
            {
                "type": "predicate",
                "name": f"n{number}",
                "instructions": f"有{number}吗?",
            }
            for number in range(count)
        ],
    }


def test_questions_that_are_left_out_are_refused_one_by_one(tmp_path):
    """None is dropped in silence: each says that it was not looked at, and why."""
    engine = FakeEngine(reply=lambda *_: "yes")
    eyes = FakeEyes(engine)
    with running(eyes, tmp_path, load={"fewer_questions": 3}) as client:
        whole = client.post("/v1/decisions", json=decision(5)).json()
        engine.questions_asked = 0
        brown(eyes, Step.FEWER)
        reply = client.post("/v1/decisions", json=decision(5))
        few = client.post("/v1/decisions", json=decision(3)).json()

    told = reply.json()
    kinds = [one["type"] for one in told["answers"]]
    assert [one["type"] for one in whole["answers"]] == ["predicate"] * 5
    assert kinds == ["predicate"] * 3 + ["refusal"] * 2
    assert [one["name"] for one in told["answers"]] == [f"n{n}" for n in range(5)]
    for one in told["answers"][3:]:
        assert one["idolens"]["status"] == "not_looked_at"
        assert "not looked at" in one["idolens"]["detail"]
        assert one["idolens"]["value"] is None
    assert told["idolens"]["reduced"] == ["fewer_questions"]
    assert reply.headers["idolens-reduced"] == "fewer_questions"
    assert few["idolens"]["reduced"] == []
    assert engine.questions_asked == 6


def test_of_what_is_left_out_only_the_very_same_answer_is_given(tmp_path):
    """The same question about the same picture is known; one that is alike is not."""
    engine = FakeEngine(reply=lambda *_: "yes")
    eyes = FakeEyes(engine)
    known = YesNo(key=QuestionKey("questions.4"), instruction="有4吗?")

    def recall(_picture, questions):
        if list(questions) != [known]:
            return None
        return engine.answer([Picture(np.zeros((8, 8, 3), np.uint8))], questions)[0]

    eyes.recall = recall
    with running(eyes, tmp_path, load={"fewer_questions": 3}) as client:
        brown(eyes, Step.FEWER)
        told = client.post("/v1/decisions", json=decision(5)).json()

    kinds = [one["type"] for one in told["answers"]]
    assert kinds == ["predicate"] * 3 + ["refusal", "predicate"]


def test_decisions_that_are_known_need_no_place(tmp_path):
    """On the last step, too: that is what is left to give."""
    held = Held()
    eyes = FakeEyes(FakeEngine(reply=held))
    given = FakeEngine(reply=lambda *_: "yes")
    eyes.recall = lambda _picture, questions: given.answer(
        [Picture(np.zeros((8, 8, 3), np.uint8))], questions
    )[0]
    with running(eyes, tmp_path, requests_at_once=1, requests_waiting=0) as client:
        with eyes.doors.look.turn(Priority.REVIEWER):
            brown(eyes, Step.CACHED)
            reply = client.post("/v1/decisions", json=decision(5))
        other = client.post("/v1/decisions", json=decision(5) | {"model": "other"})

    assert reply.status_code == 200, reply.text
    assert reply.json()["idolens"]["reduced"] == []
    assert other.status_code == 404
    assert not held.asked


def test_on_the_last_step_nobody_waits(tmp_path):
    """A place that is free is given; else 503 at once, and when to come back."""
    eyes = FakeEyes()
    with running(eyes, tmp_path, requests_at_once=1) as client:
        brown(eyes, Step.CACHED)
        free = client.post("/vlm/infer", json=ASKED)
        with eyes.doors.look.turn(Priority.REVIEWER):
            brown(eyes, Step.CACHED)
            refused = client.post("/vlm/infer", json=ASKED)
        metrics = client.get("/metrics").text

    assert free.status_code == 200
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert 'idolens_shed_total{desk="look",reason="brownout"} 1.0' in metrics


def test_a_conversation_says_that_it_saw_less(tmp_path):
    """Whole or as a stream: the header and the first event tell."""
    eyes = FakeEyes(SpeakingFakeEngine())
    image = {"type": "image_url", "image_url": {"url": data_url(480)}}
    asked = {
        "model": "fake-model",
        "messages": [
            {"role": "user", "content": [image, {"type": "text", "text": "?"}]}
        ],
    }
    with running(eyes, tmp_path) as client:
        whole = client.post("/v1/chat/completions", json=asked)
        brown(eyes, Step.SMALLER)
        told = client.post("/v1/chat/completions", json=asked)
        stream = client.post("/v1/chat/completions", json=asked | {"stream": True})

    assert whole.json()["idolens"]["reduced"] == []
    assert told.json()["idolens"]["reduced"] == ["smaller_picture"]
    assert told.headers["idolens-reduced"] == "smaller_picture"
    assert stream.headers["idolens-reduced"] == "smaller_picture"
    assert '"reduced":["smaller_picture"]' in stream.text.partition("\n\n")[0]


def test_running_out_of_memory_is_a_refusal_and_lowers_the_limit(tmp_path):
    """The caller is told to come back; fewer are worked on at once from then on."""

    def short(_picture, _question):
        raise MemoryError

    eyes = FakeEyes(FakeEngine(reply=short))
    with running(eyes, tmp_path, requests_at_once=4) as client:
        reply = client.post("/vlm/infer", json=ASKED)
        eyes.engine.reply = lambda *_: "yes"
        ready = client.get("/readyz").json()

    assert (reply.status_code, reply.json()["code"]) == (503, "engine_busy")
    assert int(reply.headers["retry-after"]) >= 1
    assert eyes.doors.look.state.limit == 2
    (shortfall,) = ready["degraded"]
    assert "memory" in shortfall["en"]


def test_more_than_the_process_can_hold_is_refused_in_the_usual_shape():
    """Whatever is asked for; how the service is can be looked at all the same."""

    async def go() -> None:
        begun, go_on = anyio.Event(), anyio.Event()
        told: list[dict[str, object]] = []

        async def slow(_scope, _receive, _send):
            begun.set()
            await go_on.wait()

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            told.append(message)

        gate = CrowdGate(slow, 1000, "en", in_hand=1)
        async with anyio.create_task_group() as group:
            scope = {"type": "http", "path": "/v1/models"}
            group.start_soon(gate, dict(scope), receive, send)
            await begun.wait()
            await gate(dict(scope), receive, send)
            refusal = dict(told[0]["headers"])
            go_on.set()
            await gate(scope | {"path": "/livez"}, receive, send)
        await gate(scope, receive, send)

        assert told[0]["status"] == 503
        assert refusal[b"retry-after"] == b"1"
        assert refusal[b"connection"] == b"close"
        assert b"server_error" in told[1]["body"]
        assert len(told) == 2

    anyio.run(go)


def test_a_picture_is_made_smaller_by_its_longest_side():
    """And stays as it is where it is small."""
    wide = Picture(np.zeros((100, 400, 3), np.uint8))

    less = smaller(wide, 200)

    assert (less.width, less.height) == (200, 50)
    assert smaller(less, 200) is less
