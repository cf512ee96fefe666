"""A POST that is sent twice is done once."""

import threading

import pytest

from idolens.archive.kept_replies import KeptReply
from tests.fakes import FakeEngine
from tests.jobs.shows import POLICY, lot
from tests.web.access.house import BROWSER, house, sign_in
from tests.web.api.studio import API, serving
from tests.web.api.test_policies import STRICT
from tests.web.test_infer import is_problem

KEY = {"Idempotency-Key": "5b1b6f4e-try-1"}


def add(client, text, **headers):
    return client.post(f"{API}/policies", json={"text": text}, headers=headers)


def test_the_same_is_done_once_and_answered_alike(tmp_path):
    """After a restart too; another key, or none, is another request."""
    picture = lot(tmp_path / "pictures", 1)[0].path.read_bytes()
    with serving(tmp_path) as (studio, client):
        upload = client.post(f"{API}/uploads", files={"file": picture}).json()["id"]
        body = {"uploads": [upload]}
        first = client.post(f"{API}/sessions", json=body, headers=KEY)
        again = client.post(f"{API}/sessions", json=body, headers=KEY)

        assert len(studio.archive.sessions()) == 1
    with serving(tmp_path) as (studio, client):
        later = client.post(f"{API}/sessions", json=body, headers=KEY)
        client.post(f"{API}/sessions", json=body)

        assert len(studio.archive.sessions()) == 2
    assert first.status_code == again.status_code == later.status_code == 201
    assert first.content == again.content == later.content
    assert first.headers["location"] == later.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert later.headers["idempotent-replayed"] == "true"


def test_another_request_under_the_same_key_is_refused(tmp_path):
    """By its body, by its address; a refusal itself is not remembered."""
    with serving(tmp_path) as (_, client):
        is_problem(add(client, "name: x", **KEY), 422, "bad_policy")
        assert add(client, POLICY, **KEY).status_code == 201
        other = add(client, STRICT, **KEY)
        elsewhere = client.post(
            f"{API}/policies/livestream-zh/shadow", json={"version": None}, headers=KEY
        )

    is_problem(other, 422, "idempotency_key_reused")
    is_problem(elsewhere, 422, "idempotency_key_reused")


def test_an_upload_is_begun_once(tmp_path):
    """By its declared size and name: its bytes are not read for this."""
    headers = KEY | {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    with serving(tmp_path) as (studio, client):
        first = client.post(f"{API}/uploads", headers=headers)
        again = client.post(f"{API}/uploads", headers=headers)
        other = client.post(f"{API}/uploads", headers=headers | {"Upload-Length": "6"})

        assert len(studio.archive.uploads.all()) == 1
    assert first.headers["location"] == again.headers["location"]
    is_problem(other, 422, "idempotency_key_reused")


class WaitingEngine(FakeEngine):
    """Is asked for its model by whoever begins a session; waits there."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        super().__init__()

    @property
    def model(self):
        self.reached.set()
        self.go_on.wait(20)
        return self._model

    @model.setter
    def model(self, model):
        self._model = model


def test_what_is_being_done_is_a_conflict(tmp_path):
    """The second waits for nobody; it is told to ask again."""
    picture = lot(tmp_path / "pictures", 1)[0].path.read_bytes()
    engine = WaitingEngine()
    with serving(tmp_path, engine) as (_, client):
        upload = client.post(f"{API}/uploads", files={"file": picture}).json()["id"]
        replies = []

        def send():
            replies.append(
                client.post(f"{API}/sessions", json={"uploads": [upload]}, headers=KEY)
            )

        sender = threading.Thread(target=send)
        sender.start()
        assert engine.reached.wait(20)
        second = client.post(f"{API}/sessions", json={"uploads": [upload]}, headers=KEY)
        engine.go_on.set()
        sender.join(30)

    is_problem(second, 409, "conflict")
    assert replies[0].status_code == 201


def test_kept_replies_go_when_they_are_old(tmp_path):
    """Each new one sweeps those away that are too old."""
    with serving(tmp_path) as (studio, _):
        replies = studio.archive.replies
        replies.put("a", KeptReply("r", 200, {}, b"x"), 1000)
        replies.put("b", KeptReply("r", 200, {}, b"x"), -1)

        assert replies.get("a", 1000) is None
        assert replies.get("b", -1) is None
        assert replies.get("b", 10_000) is not None


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_that_is_none_is_refused(tmp_path, key):
    """1 to 255 visible characters."""
    with serving(tmp_path) as (_, client):
        reply = add(client, POLICY, **{"Idempotency-Key": key})

    assert reply.status_code == 422


def test_what_a_crash_cut_is_not_done_twice(tmp_path):
    """Nobody knows whether it was done; a new key does it."""
    with serving(tmp_path) as (studio, client):
        keep_begun(studio, client, POLICY)

        is_problem(add(client, POLICY, **KEY), 409, "unknown_outcome")
        is_problem(add(client, STRICT, **KEY), 422, "idempotency_key_reused")
        again = add(client, POLICY, **{"Idempotency-Key": "another"})
        assert again.status_code in {200, 201}


def keep_begun(studio, client, text):
    """Leave what a process leaves that is killed while it does a request."""
    kept = {}
    replies = studio.archive.replies
    put = replies.put

    def noted(key, reply, younger_than_ms):
        kept.setdefault(key, reply)
        put(key, reply, younger_than_ms)

    replies.put = noted
    add(client, text, **KEY)
    replies.put = put
    ((key, begun),) = kept.items()
    replies.put(key, begun, 1000_000)


def test_what_failed_may_be_tried_again(tmp_path):
    """Nothing of it is left under its key."""
    with serving(tmp_path) as (_, client):
        is_problem(add(client, "name: x", **KEY), 422, "bad_policy")
        again = add(client, "name: x", **KEY)

    is_problem(again, 422, "bad_policy")


def test_a_secret_is_told_once_and_kept_nowhere(tmp_path):
    """A key's text and an account's password; neither stands in the database."""
    password = "correct horse battery"  # noqa: S105 - of nobody
    with house(tmp_path, "admin-a") as (client, archive):
        sign_in(client, "admin-a")
        wanted = {"name": "bot", "scopes": ["ask"]}
        first, again = (
            client.post(f"{API}/keys", json=wanted, headers=BROWSER | KEY)
            for _ in range(2)
        )
        person = {"name": "mei", "role": "viewer", "password": password}
        made, made_again = (
            client.post(
                f"{API}/accounts",
                json=person,
                headers=BROWSER | {"Idempotency-Key": "another"},
            )
            for _ in range(2)
        )
        other = client.post(
            f"{API}/accounts",
            json=person | {"password": password + "!"},
            headers=BROWSER | {"Idempotency-Key": "another"},
        )
        assert len(archive.keys.all()) == 1
        secret = first.json()["key"]

    assert again.status_code == first.status_code == 201
    assert again.json() == first.json() | {"key": None}
    assert made.content == made_again.content
    is_problem(other, 422, "idempotency_key_reused")
    for file in (tmp_path / "home").glob("idolens.sqlite*"):
        for text in (secret.rpartition("_")[2], password):
            assert text.encode() not in file.read_bytes()
