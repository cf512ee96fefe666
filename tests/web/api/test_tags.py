"""ETags: nothing is sent twice, nothing is overwritten unseen; HEAD for every GET."""

import pytest

from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION, lot
from tests.web.access.house import BROWSER, sign_in
from tests.web.access.house import house as people
from tests.web.api.studio import API, analysed, serving
from tests.web.api.test_examples import address, keep_upload, operations
from tests.web.api.test_uploads import TUS
from tests.web.test_infer import is_problem


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    with serving(folder, FakeEngine()) as (studio, client):
        analysed(studio, folder / "shows")
        keep_upload(studio, client, lot(folder / "more", 1)[0].path.read_bytes())
        yield studio, client


def test_what_a_client_has_costs_no_bytes(house):
    """Every resource and list that is read has a tag, and 304 for who has it."""
    client = house[1]
    tagged = []
    for method, path, about, _ in operations(client):
        if method != "get":
            continue
        at, query = address(path, about)
        first = client.get(at, params=query)
        assert first.status_code == 200, (path, first.text)
        tag = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        again = client.get(at, params=query, headers=tag)
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        tagged.append(path)

    assert len(tagged) >= 17


def test_head_says_what_get_would_without_its_body(house):
    """For every address that takes GET; a stream ends at once."""
    client = house[1]
    document = client.get("/openapi.json").json()
    paths = [
        (path, about["get"])
        for path, about in document["paths"].items()
        if "get" in about and "{" not in path
    ]
    paths += [("/", {}), ("/sdk.js", {}), (f"{API}/sessions/{SESSION}", {})]
    for path, about in paths:
        at, query = address(path, about)
        head = client.head(at, params=query)
        assert head.content == b""
        if path == f"{API}/events":
            assert head.headers["content-type"].startswith("text/event-stream")
            continue
        got = client.get(at, params=query)
        assert head.status_code == got.status_code, path
        assert head.headers["content-type"] == got.headers["content-type"]
        assert head.headers.get("etag") == got.headers.get("etag"), path
    assert client.head(f"{API}/policies/livestream-zh/activate").status_code == 405
    assert client.head("/nowhere").status_code == 404


def test_an_upload_that_has_moved_on_is_not_given_up_unseen(house):
    """412 with the tag of what is there now; with that, it is done."""
    client = house[1]
    headers = TUS | {"Upload-Length": "5"}
    at = client.post(f"{API}/uploads", headers=headers).headers["location"]
    seen = client.get(at).headers["etag"]
    body = TUS | {
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "If-Match": seen,
    }
    more = client.patch(at, content=b"abc", headers=body)
    stale = client.delete(at, headers={"If-Match": seen})
    fresh = client.delete(at, headers={"If-Match": stale.headers["etag"]})

    assert more.status_code == 204
    assert more.headers["etag"] == stale.headers["etag"] != seen
    is_problem(stale, 412, "changed")
    assert fresh.status_code == 204
    assert client.delete(at, headers={"If-Match": seen}).status_code == 404


def test_two_admins_do_not_undo_each_other(tmp_path):
    """The second reads again before it changes an account, or takes back a key."""
    with people(tmp_path, "admin-a", "viewer-v") as (client, archive):
        sign_in(client, "admin-a")
        at = f"{API}/accounts/{archive.accounts.named('viewer-v').id}"
        seen = client.get(at).headers["etag"]
        mine = BROWSER | {"If-Match": seen}
        first = client.patch(at, json={"role": "reviewer"}, headers=mine)
        second = client.patch(at, json={"disabled": True}, headers=mine)
        made = client.post(
            f"{API}/keys", json={"name": "bot", "scopes": ["ask"]}, headers=BROWSER
        ).json()
        key = f"{API}/keys/{made['id']}"
        shown = client.get(key)
        password = client.put(
            f"{API}/me/password",
            json={"old": "x", "new": "y"},
            headers=BROWSER | {"If-Match": seen},
        )
        gone = client.delete(key, headers=BROWSER | {"If-Match": "*"})
        nobody = client.get(f"{API}/keys/aaaaaaaa")

    assert first.status_code == 200
    assert first.headers["etag"] != seen
    is_problem(second, 412, "changed")
    assert second.headers["etag"] == first.headers["etag"]
    assert "key" not in shown.json()
    assert password.status_code in {401, 412}
    assert gone.status_code == 204
    is_problem(nobody, 404, "not_found")
