"""Every route that changes something: the entry that it leaves in the audit log.

A route that leaves none stands here with its reason.
"""

import pytest
from pwdlib.hashers.argon2 import Argon2Hasher

from idolens.archive.accounts import Accounts
from idolens.archive.audit import Deed
from idolens.archive.passwords import Passwords
from idolens.vocabulary import Role
from idolens.web.access.permissions import RULES
from tests.fakes import FakeEngine, reply_by_digest
from tests.jobs.shows import POLICY, SESSION, lot
from tests.web.access.house import BROWSER, PASSWORD, sign_in
from tests.web.api.studio import API, PICTURES, analysed, serving
from tests.web.api.test_reading import exposed
from tests.web.service import as_base64, png

ASKED = "it changes nothing: a question is answered and forgotten"
WORK = "work on a session stands in the session's own events, and takes nothing away"
ARRIVES = "what comes in is seen in the session that it becomes; who sent it, in none"
CLAIMS = "who looks at what right now ends by itself; the verdict leaves an entry"
FRAME = f"{API}/sessions/{SESSION}/frames/f000000"
TUS = {"Tus-Resumable": "1.0.0"}


def said(picture, question):
    known = question.key in {"exposure", "scene"}
    return exposed(picture, question) if known else reply_by_digest(picture, question)


def sent(client, path, body=None, method="POST", **headers):
    return client.request(method, path, json=body, headers=BROWSER | headers)


def a_verdict(client, world):
    body = {"finding": world["finding"], "decision": "confirmed", "version": 0}
    return sent(client, f"{API}/sessions/{SESSION}/verdicts", body)


def a_version(client, world):
    reply = sent(client, f"{API}/policies", {"text": POLICY})
    world["version"] = reply.json()["version"]
    return reply


def chosen(place):
    def choose(client, world):
        path = f"{API}/policies/two-questions/{place}"
        return sent(client, path, {"version": world["version"]})

    return choose


def an_account(client, world):
    body = {"name": "mo", "role": "viewer", "password": PASSWORD}
    reply = sent(client, f"{API}/accounts", body)
    world["account"] = reply.json()["id"]
    return reply


def a_key(client, world):
    reply = sent(client, f"{API}/keys", {"name": "bot", "scopes": ["read"]})
    world["key"] = reply.json()["id"]
    return reply


def an_upload(client, world):
    reply = client.post(
        f"{API}/uploads", files={"file": world["picture"]}, headers=BROWSER
    )
    world["upload"] = reply.json()["id"]
    return reply


def bytes_of_one(client, world):
    head = BROWSER | TUS | {"Upload-Length": "3"}
    begun = client.post(f"{API}/uploads", headers=head).json()["id"]
    world["begun"] = begun
    return client.patch(
        f"{API}/uploads/{begun}",
        content=b"abc",
        headers=BROWSER
        | TUS
        | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"},
    )


def job(name):
    return lambda client, _: sent(client, f"{API}/jobs/{PICTURES}/{name}")


PICTURE = as_base64(png())

LEFT = {
    "POST /vlm/infer": (
        ASKED,
        lambda client, _: sent(
            client, "/vlm/infer", {"image": PICTURE, "question": "画面里有人吗?"}
        ),
    ),
    "POST /v1/decisions": (ASKED, None),
    "POST /v1/chat/completions": (ASKED, None),
    "POST /api/v1/question-lint": (
        ASKED,
        lambda client, _: sent(
            client, f"{API}/question-lint", {"question": "这图怎么样?"}
        ),
    ),
    "POST /api/v1/policies": (Deed.POLICY_CHANGED, a_version),
    "POST /api/v1/policies/{name}/activate": (Deed.POLICY_CHANGED, chosen("activate")),
    "POST /api/v1/policies/{name}/shadow": (Deed.POLICY_CHANGED, chosen("shadow")),
    "POST /api/v1/accounts": (Deed.ACCOUNT_CREATED, an_account),
    "PATCH /api/v1/accounts/{account_id}": (
        Deed.ACCOUNT_CHANGED,
        lambda client, world: sent(
            client, f"{API}/accounts/{world['account']}", {"disabled": True}, "PATCH"
        ),
    ),
    "POST /api/v1/keys": (Deed.KEY_CREATED, a_key),
    "DELETE /api/v1/keys/{key_id}": (
        Deed.KEY_REVOKED,
        lambda client, world: sent(
            client, f"{API}/keys/{world['key']}", method="DELETE"
        ),
    ),
    "POST /api/v1/sessions/{session_id}/verdicts": (Deed.VERDICT, a_verdict),
    "PUT /api/v1/sessions/{session_id}/frames/{frame_id}/pin": (
        Deed.PINNED,
        lambda client, _: sent(client, f"{FRAME}/pin", method="PUT"),
    ),
    "DELETE /api/v1/sessions/{session_id}/frames/{frame_id}/pin": (
        Deed.UNPINNED,
        lambda client, _: sent(client, f"{FRAME}/pin", method="DELETE"),
    ),
    "POST /api/v1/uploads": (ARRIVES, an_upload),
    "PATCH /api/v1/uploads/{upload_id}": (ARRIVES, bytes_of_one),
    "DELETE /api/v1/uploads/{upload_id}": (
        Deed.PURGED,
        lambda client, world: sent(
            client, f"{API}/uploads/{world['begun']}", method="DELETE"
        ),
    ),
    "POST /api/v1/sessions": (
        WORK,
        lambda client, world: sent(
            client, f"{API}/sessions", {"uploads": [world["upload"]]}
        ),
    ),
    "POST /api/v1/jobs/{session_id}/cancel": (WORK, job("cancel")),
    "POST /api/v1/jobs/{session_id}/resume": (WORK, job("resume")),
    "POST /api/v1/jobs/{session_id}/retry": (WORK, job("retry")),
    "DELETE /api/v1/sessions/{session_id}": (
        Deed.PURGED,
        lambda client, _: sent(client, f"{API}/sessions/{SESSION}", method="DELETE"),
    ),
    "POST /api/v1/sessions/{session_id}/judgement": (ASKED, None),
    "POST /api/v1/review/claims": (CLAIMS, None),
    "DELETE /api/v1/review/claims": (CLAIMS, None),
    "PUT /api/v1/me/password": (
        Deed.ACCOUNT_CHANGED,
        lambda client, _: sent(
            client,
            f"{API}/me/password",
            {"old": PASSWORD, "new": PASSWORD + "!"},
            "PUT",
        ),
    ),
    "DELETE /api/v1/session": (
        Deed.SIGNED_OUT,
        lambda client, _: sent(client, f"{API}/session", method="DELETE"),
    ),
    "POST /api/v1/session": (
        Deed.SIGNED_IN,
        lambda client, _: sent(
            client, f"{API}/session", {"name": "admin", "password": PASSWORD + "!"}
        ),
    ),
    "POST /api/v1/setup": (Deed.ACCOUNT_CREATED, None),
}
"""What each leaves, and how it is done; None where another test of this name does it:
the setup link in test_session, the shapes of OpenAI in test_decisions and test_chat,
claims in the tests of the review's queue."""
READ = {
    "json": Deed.EXPORTED,
    "reviewed": Deed.EXPORTED,
    "html": Deed.EXPORTED,
    "csv": Deed.EXPORTED,
}


def test_every_route_that_changes_something_is_named():
    """Who adds one says what it leaves, or why nothing."""
    changing = {
        address
        for address in RULES
        if address.partition(" ")[0] in {"POST", "PUT", "PATCH", "DELETE"}
    }

    assert set(LEFT) == changing


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deeds")
    with serving(folder, FakeEngine(reply=said)) as (studio, client):
        cheap = Passwords(Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1))
        archive = studio.archive
        archive.accounts = Accounts(archive._database, cheap)
        archive.accounts.add("admin", Role.ADMIN, PASSWORD, "setup")
        analysed(studio, folder / "shows")
        sign_in(client, "admin")
        found = client.get(f"{API}/sessions/{SESSION}/findings").json()["items"][0]
        picture = lot(folder / "more", 1)[0].path.read_bytes()
        yield studio, client, {"finding": found["id"], "picture": picture}
        for session in archive.sessions():
            studio.jobs.wait(session.id)


def done_since(studio, seq):
    return [entry.action for entry in studio.archive.audit.entries(seq)]


def test_what_is_taken_out_is_noted(house):
    """A report in each format; that the client has it already is no export."""
    studio, client, _ = house
    for format_, deed in READ.items():
        before = studio.archive.audit.head().seq
        address = f"{API}/sessions/{SESSION}/report?format={format_}"
        reply = client.get(address)
        tag = {"If-None-Match": reply.headers["etag"]}
        assert client.get(address, headers=tag).status_code == 304
        done = done_since(studio, before)
        assert done.count(deed) == 1
        assert set(done) <= {deed, Deed.UNREDACTED}


def test_every_one_leaves_what_is_said_here(house):
    """Who, what, when; in the order above, for some need what others made."""
    studio, client, world = house
    for address, (left, do) in LEFT.items():
        if do is None:
            continue
        before = studio.archive.audit.head().seq
        reply = do(client, world)
        assert reply.is_success, (address, reply.text)
        entries = studio.archive.audit.entries(before)
        if isinstance(left, Deed):
            assert left in [entry.action for entry in entries], address
            assert {entry.actor for entry in entries} == {"account:admin"}, address
        else:
            assert entries == [], address
    assert studio.archive.audit.broken_at() is None
