"""Signing in and out, the first account, keys and accounts, over a real server."""

import httpx2
import pytest

from idolens.archive.setup_token import SetupToken
from idolens.vocabulary import Role
from tests.web.access.house import BROWSER, PASSWORD, bearer, house, sign_in

API = "/api/v1"


def cookie_of(reply):
    return reply.headers["set-cookie"]


def with_cookie(value):
    return {"Cookie": f"idolens={value}"}


def test_a_login_stands_in_a_safe_cookie(tmp_path):
    """No script can read it, no other site sends it, and it ends with the week."""
    with house(tmp_path, "admin") as (client, _):
        reply = sign_in(client, "admin")
        me = client.get(f"{API}/me")

    parts = {part.strip().partition("=")[0] for part in cookie_of(reply).split(";")}
    assert {"HttpOnly", "Path", "Max-Age"} <= parts
    assert "SameSite=lax" in cookie_of(reply)
    assert "Secure" not in parts
    assert me.json()["name"] == "admin"
    assert "accounts" not in me.text
    assert set(me.json()["permissions"]) > {"read", "people", "keys"}


def test_behind_https_the_cookie_stays_there(tmp_path):
    """Its name promises so too, and the browser holds it to that."""
    with house(tmp_path, "admin", behind_https=True) as (client, _):
        reply = sign_in(client, "admin")

    assert cookie_of(reply).startswith("__Host-idolens=")
    assert "Secure" in cookie_of(reply)


def test_signing_in_again_makes_the_old_cookie_worthless(tmp_path):
    """Whoever had it is out."""
    with house(tmp_path, "admin") as (client, _):
        sign_in(client, "admin")
        old = client.cookies["idolens"]
        sign_in(client, "admin")
        client.cookies.clear()
        left = client.get(f"{API}/me", headers=with_cookie(old))

    assert left.status_code == 401


def test_signing_out_ends_the_login_and_not_only_the_cookie(tmp_path):
    """A copy of the cookie is worth nothing either."""
    with house(tmp_path, "viewer", "admin") as (client, _):
        sign_in(client, "viewer")
        copy = client.cookies["idolens"]
        out = client.delete(f"{API}/session", headers=BROWSER)
        after = client.get(f"{API}/me")
        copied = client.get(f"{API}/me", headers=with_cookie(copy))

    assert out.status_code == 204
    assert (after.status_code, copied.status_code) == (401, 401)


def test_a_wrong_password_is_a_problem_in_both_languages(tmp_path):
    """The same for a name that nobody has, and without what was typed."""
    with house(tmp_path, "admin") as (client, _):
        replies = [
            client.post(f"{API}/session", json={"name": name, "password": "x" * 20})
            for name in ("admin", "nobody-here")
        ]

    assert {reply.status_code for reply in replies} == {401}
    assert replies[0].json() == replies[1].json()
    assert replies[0].json()["code"] == "not_signed_in"
    assert set(replies[0].json()["message"]) == {"zh", "en"}
    assert replies[0].headers["www-authenticate"] == 'Bearer realm="idolens"'
    assert "nobody-here" not in replies[1].text


def test_guessing_is_slowed_down(tmp_path):
    """The sixth try in a minute waits, whether it would have been right or not."""
    with house(tmp_path, "admin") as (client, _):
        for _ in range(5):
            client.post(f"{API}/session", json={"name": "admin", "password": "x" * 20})
        sixth = client.post(
            f"{API}/session", json={"name": "admin", "password": PASSWORD}
        )

    assert sixth.status_code == 429
    assert 1 <= int(sixth.headers["retry-after"]) <= 60
    assert sixth.json()["code"] == "too_many_requests"


def test_another_role_means_signing_in_again(tmp_path):
    """And then it holds; one's own login goes on under a new cookie."""
    with house(tmp_path, "admin", "viewer") as (client, archive):
        viewer = httpx2.Client(base_url=client.base_url)
        sign_in(viewer, "viewer")
        sign_in(client, "admin")
        own = dict(client.cookies)
        ids = {account.name: account.id for account in archive.accounts.all()}
        raised = client.patch(
            f"{API}/accounts/{ids['viewer']}",
            json={"role": "operator"},
            headers=BROWSER,
        )
        after = viewer.get(f"{API}/me")
        sign_in(viewer, "viewer")
        now = viewer.get(f"{API}/me").json()["role"]
        archive.accounts.add("second", Role.ADMIN, PASSWORD, "terminal")
        lowered = client.patch(
            f"{API}/accounts/{ids['admin']}",
            json={"role": "operator"},
            headers=BROWSER,
        )
        mine = client.get(f"{API}/me")
        viewer.close()

    assert raised.json()["role"] == "operator"
    assert after.status_code == 401
    assert now == "operator"
    assert lowered.status_code == 200
    assert mine.json()["role"] == "operator"
    assert dict(client.cookies) != own


def test_everybody_changes_their_own_password(tmp_path):
    """With the old one; other logins of theirs end, this one goes on."""
    with house(tmp_path, "viewer", "admin") as (client, archive):
        sign_in(client, "viewer")
        before = dict(client.cookies)
        wrong = client.put(
            f"{API}/me/password",
            json={"old": "x" * 20, "new": "another long password"},
            headers=BROWSER,
        )
        right = client.put(
            f"{API}/me/password",
            json={"old": PASSWORD, "new": "another long password"},
            headers=BROWSER,
        )
        still = client.get(f"{API}/me")
        opened = archive.accounts.signing_in("viewer", "another long password")

    assert wrong.status_code == 401
    assert right.status_code == 204
    assert dict(client.cookies) != before
    assert still.status_code == 200
    assert opened is not None


def test_the_last_admin_cannot_lower_themselves(tmp_path):
    """409, and nothing is changed."""
    with house(tmp_path, "admin") as (client, archive):
        sign_in(client, "admin")
        (admin,) = archive.accounts.all()
        reply = client.patch(
            f"{API}/accounts/{admin.id}", json={"role": "viewer"}, headers=BROWSER
        )

    assert reply.status_code == 409
    assert "another admin" in reply.json()["message"]["en"]


def test_an_admin_makes_accounts_and_keys(tmp_path):
    """Each is listed afterwards, a key without its secret; the log knows who did it."""
    with house(tmp_path, "admin") as (client, _):
        sign_in(client, "admin")
        made = client.post(
            f"{API}/accounts",
            json={"name": "Mei", "role": "reviewer", "password": PASSWORD},
            headers=BROWSER,
        )
        taken = client.post(
            f"{API}/accounts",
            json={"name": "mei", "role": "viewer", "password": PASSWORD},
            headers=BROWSER,
        )
        key = client.post(
            f"{API}/keys", json={"name": "bot", "scopes": ["ask"]}, headers=BROWSER
        )
        listed = client.get(f"{API}/keys")
        people = client.get(f"{API}/accounts").json()["items"]
        text = key.json()["key"]
        asked = httpx2.get(client.base_url.join("/v1/models"), headers=bearer(text))
        gone = client.delete(f"{API}/keys/{key.json()['id']}", headers=BROWSER)
        late = httpx2.get(client.base_url.join("/v1/models"), headers=bearer(text))
        log = client.get(f"{API}/audit").json()["items"]

    assert (made.status_code, taken.status_code) == (201, 409)
    assert [person["name"] for person in people] == ["admin", "mei"]
    assert key.status_code == 201
    assert text not in listed.text
    assert text.rpartition("_")[2] not in listed.text
    assert (asked.status_code, gone.status_code, late.status_code) == (200, 204, 401)
    assert {entry["actor"] for entry in log[1:]} == {"account:admin"}
    assert [entry["action"] for entry in log][-2:] == ["key_created", "key_revoked"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/keys", {"name": "bot", "scopes": []}, 422),
        ("/keys", {"name": "bot", "scopes": ["keys"]}, 422),
        ("/keys", {"name": "bot", "scopes": ["people"]}, 422),
        ("/keys", {"name": "bot", "scopes": ["everything"]}, 422),
        ("/keys", {"name": "bot", "scopes": ["ask"], "days": 0}, 422),
        ("/keys", {"name": "", "scopes": ["ask"]}, 422),
        ("/accounts", {"name": "a", "role": "god", "password": PASSWORD}, 422),
        ("/accounts", {"name": "a", "role": "viewer", "password": "short"}, 422),
        ("/accounts", {"name": "a", "role": "viewer"}, 422),
        ("/accounts", {"name": "a", "role": "viewer", "admin": True}, 422),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(tmp_path, path, body, status):
    """Nothing of what was sent is repeated."""
    with house(tmp_path, "admin") as (client, _):
        sign_in(client, "admin")
        reply = client.post(f"{API}{path}", json=body, headers=BROWSER)

    assert reply.status_code == status
    assert reply.json()["message"]["zh"]
    assert PASSWORD not in reply.text


def test_a_key_goes_in_a_header_only(tmp_path):
    """In an address it would end up in histories and logs, so it counts for nothing."""
    with house(tmp_path, "admin") as (client, archive):
        _, text = archive.keys.add("bot", ["ask", "read"], "terminal", None)
        in_address = client.get("/v1/models", params={"api_key": text, "key": text})
        cookie = client.get("/v1/models", headers=with_cookie(text))
        bearer_header = client.get("/v1/models", headers=bearer(text))
        own_header = client.get("/v1/models", headers={"X-API-Key": text})
        _, other = archive.keys.add("bot", ["ask"], "terminal", None)
        both = client.get("/v1/models", headers=bearer(text) | {"X-API-Key": other})
        me = client.get(f"{API}/me", headers=bearer(text))
        password = client.put(
            f"{API}/me/password",
            json={"old": PASSWORD, "new": PASSWORD},
            headers=bearer(text),
        )

    assert (in_address.status_code, cookie.status_code) == (401, 401)
    assert (bearer_header.status_code, own_header.status_code) == (200, 200)
    assert both.status_code == 401
    assert me.json() == {
        "kind": "key",
        "name": None,
        "role": None,
        "permissions": ["ask", "read", "self"],
        "open_to_all": False,
    }
    assert password.status_code == 403


def test_openais_clients_read_why_they_are_not_let_in(tmp_path):
    """Under /v1 in their own shape."""
    with house(tmp_path, "admin") as (client, _):
        reply = client.get("/v1/models", headers=bearer("sk-none"))

    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "not_signed_in"
    assert "idl_" in reply.json()["error"]["message"]


def test_a_visitor_is_led_to_the_sign_in_page(tmp_path):
    """And a program is told 401; the page needs nothing but itself."""
    page = {"Accept": "text/html,*/*"}
    with house(tmp_path, "admin") as (client, _):
        visit = client.get("/", headers=page)
        deep = client.get("/api/v1/sessions/a%0d%0aSet-Cookie:x=1", headers=page)
        script = client.get("/")
        shown = client.get("/sign-in?next=/", headers=page)
        code = client.get("/access.js")
        style = client.get("/page.css")

    assert visit.status_code == 303
    assert visit.headers["location"] == "/sign-in?next=/"
    assert deep.headers["location"].startswith("/sign-in?next=/api/v1/sessions/a%0D%0A")
    assert "set-cookie" not in deep.headers
    assert script.status_code == 401
    assert (shown.status_code, code.status_code, style.status_code) == (200, 200, 200)
    assert "登录" in shown.text
    assert "sign in" in shown.text
    assert "<script src" in shown.text
    assert "<script>" not in shown.text
    assert "script-src 'self'" in shown.headers["content-security-policy"]


def test_a_body_that_is_refused_is_heard_out(tmp_path):
    """So that the refusal arrives instead of a reset connection."""
    with house(tmp_path, "admin") as (client, _):
        reply = client.post("/vlm/infer", content=b"x" * 5_000_000)

    assert reply.status_code == 401
    assert reply.headers["connection"] == "close"


def test_the_setup_link_opens_the_door_once(tmp_path):
    """It makes the first admin, signed in; from then on it is worth nothing."""
    token = SetupToken(tmp_path / "home")
    with house(tmp_path) as (client, archive):
        before = client.get("/v1/models").status_code
        body = {"name": "lin", "password": PASSWORD}
        wrong = client.post(f"{API}/setup", json=body | {"token": "wrong"})
        text = token.issue()
        short = client.post(
            f"{API}/setup", json={"token": text, "name": "lin", "password": "short"}
        )
        foreign = client.post(
            f"{API}/setup",
            json=body | {"token": text},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        made = client.post(f"{API}/setup", json=body | {"token": text})
        inside = client.get(f"{API}/me")
        client.cookies.clear()
        again = client.post(f"{API}/setup", json=body | {"token": text, "name": "b"})
        stranger = client.get("/v1/models")
        log = archive.audit.entries()

    assert before == 200
    assert (wrong.status_code, foreign.status_code) == (403, 403)
    assert "setup-link" in wrong.json()["message"]["en"]
    assert short.status_code == 422
    assert made.status_code == 201
    assert inside.json()["role"] == "admin"
    assert again.status_code == 409
    assert stranger.status_code == 401
    assert not token.path.exists()
    assert [entry.action for entry in log] == ["account_created", "signed_in"]


def test_while_there_is_no_account_this_machine_works(tmp_path):
    """As an operator, never as an admin; what a proxy passes on is not this machine."""
    with house(tmp_path, allowed_hosts=("studio.lan",)) as (client, archive):
        me = client.get(f"{API}/me").json()
        page = client.get("/", headers={"Accept": "text/html"})
        accounts = client.get(f"{API}/accounts")
        key = client.post(f"{API}/keys", json={"name": "bot", "scopes": ["ask"]})
        openai = client.get("/v1/models", headers=bearer("none"))
        passed_on = client.get("/v1/models", headers={"X-Forwarded-For": "10.0.0.9"})
        other_name = client.get("/v1/models", headers={"Host": "studio.lan"})
        foreign = client.post(
            "/vlm/infer", json={}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        made, text = archive.keys.add("bot", ["read"], "terminal", None)
        less = client.get("/v1/models", headers=bearer(text))
        archive.keys.revoke(made.id, "terminal")
        revoked = client.get("/v1/models", headers=bearer(text))
        stale = client.get("/v1/models", headers=with_cookie("of-yesterday"))

    assert (me["kind"], me["open_to_all"]) == ("open", False)
    assert "ingest" in me["permissions"]
    assert not {"people", "keys", "purge", "audit"} & set(me["permissions"])
    assert page.status_code == 200
    assert (accounts.status_code, key.status_code) == (403, 403)
    assert openai.status_code == 200
    assert (passed_on.status_code, other_name.status_code) == (401, 401)
    assert foreign.status_code == 403
    assert less.status_code == 403
    assert revoked.status_code == 401
    assert stale.status_code == 200


def test_an_open_network_is_told_on_the_page(tmp_path):
    """In red, for as long as there is no account."""
    with house(tmp_path, insecure_open_lan=True) as (client, archive):
        before = client.get(f"{API}/me").json()
        archive.accounts.add("lin", Role.VIEWER, PASSWORD, "terminal")
        sign_in(client, "lin")
        after = client.get(f"{API}/me").json()
        page = client.get("/").text

    assert before["open_to_all"] is True
    assert after["open_to_all"] is False
    assert 'id="open" role="alert" hidden' in page


def test_access_can_be_required_from_the_first_start(tmp_path):
    """Then only the setup link leads in."""
    with house(tmp_path, access="required") as (client, _):
        asked = client.get("/v1/models")
        alive = client.get("/livez")
        page = client.get("/setup")

    assert asked.status_code == 401
    assert (alive.status_code, page.status_code) == (200, 200)
