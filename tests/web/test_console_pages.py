"""The console's files, as they are served whether or not it was built."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from idolens.web.access.permissions import RULES, Open, Permission
from idolens.web.console_pages import ADDRESSES, add_console


@pytest.fixture(name="built")
def _built(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>console")
    (tmp_path / "assets" / "index-a1.js").write_text("1")
    (tmp_path / "assets" / "index-a1.css").write_text("a{}")
    (tmp_path / "assets" / "notes.txt").write_text("not for others")
    return tmp_path


def _client(folder):
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    add_console(app, folder, b"not built")
    return TestClient(app)


def test_every_address_of_the_console_shows_it(built):
    client = _client(built)
    for address in ADDRESSES:
        page = client.get(address.format(session_id="20261123-a", name="livestream-zh"))
        assert page.text == "<!doctype html>console"
        assert page.headers["cache-control"] == "no-cache"


def test_no_script_is_run_but_the_consoles_own(built):
    policy = _client(built).get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "http:" not in policy


def test_files_are_kept_for_ever_by_their_names(built):
    client = _client(built)
    for name, kind in (
        ("index-a1.js", "text/javascript"),
        ("index-a1.css", "text/css"),
    ):
        file = client.get(f"/assets/{name}")
        assert file.headers["content-type"].startswith(kind)
        assert "immutable" in file.headers["cache-control"]


@pytest.mark.parametrize("name", ["notes.txt", "..%2Findex.html", "index-b2.js"])
def test_nothing_else_is_a_file_of_it(built, name):
    assert _client(built).get(f"/assets/{name}").status_code == 404


def test_no_other_address_shows_it(built):
    assert _client(built).get("/elsewhere").status_code == 404


def test_without_it_the_plain_page_is_shown(tmp_path):
    client = _client(tmp_path / "none")
    assert client.get("/review").text == "not built"
    assert client.get("/assets/index-a1.js").status_code == 404


def test_its_pages_need_somebody_and_its_files_nobody():
    assert {RULES[f"GET {address}"] for address in ADDRESSES} == {Permission.SELF}
    assert RULES["GET /assets/{name}"] is Open.OPEN
