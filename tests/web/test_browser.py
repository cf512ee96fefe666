"""The pages in a real Chromium: they work, ask nobody else, and keep their rules."""

import functools
import http.server
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from idolens.archive.setup_token import SetupToken
from tests.chromium import needs_chromium
from tests.web.access.house import PASSWORD, archive_in, house
from tests.web.browser import chromium, watched
from tests.web.service import FakeEyes, png, running

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]

CONCERT = Path(__file__).parents[2] / "samples/concert.mp4"
OVERLAY = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>overlay</title>
<link rel="icon" href="data:,"><canvas id="stage" width="320" height="180"></canvas>
<script type="module">
import {{ idolens }} from "{service}/sdk.js"
const pen = document.querySelector("canvas").getContext("2d")
pen.fillStyle = "#28346c"
pen.fillRect(0, 0, 320, 180)
window.ask = async (key) => {{
  try {{
    const shot = await idolens({{ key }}).capture(document.querySelector("canvas"))
    return {{ answer: (await shot.ask("画面中是否有人物?")).answer }}
  }} catch (error) {{
    return {{ name: error.name, status: error.status, zh: error.zh }}
  }}
}}
</script>"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def service(tmp_path):
    with running(FakeEyes(), tmp_path) as client:
        yield str(client.base_url)


def test_a_picture_is_dropped_and_asked_about(browser, service):
    """The ask page shows the picture, the answer, and who gave it."""
    with watched(browser, service) as seen:
        seen.page.goto(f"{service}/page")
        seen.page.set_input_files(
            "#file", {"name": "a.png", "mimeType": "image/png", "buffer": png()}
        )
        seen.page.click("#form button")
        seen.page.wait_for_selector("#result:not([hidden])")
        assert seen.page.inner_text("#answer") in {"是", "否", "无法判断"}
        assert "ms" in seen.page.inner_text("#facts")
        assert seen.page.is_visible("#seen")
        seen.is_well()


SOURCES = {
    "canvas": "document.querySelector('canvas')",
    "img": """await (async () => {
        const canvas = document.querySelector('canvas')
        const picture = await new Promise((done) => canvas.toBlob(done))
        const img = new Image()
        img.src = URL.createObjectURL(picture)
        await img.decode()
        return img
    })()""",
    "blob": "await new Promise((d) => document.querySelector('canvas').toBlob(d))",
}


@pytest.mark.parametrize("source", SOURCES)
def test_the_module_takes_a_picture_of_what_a_page_shows(browser, service, source):
    """An image, a canvas, a Blob: each is asked about."""
    with watched(browser, service) as seen:
        seen.page.goto(f"{service}/sdk-demo")
        said = seen.page.evaluate(
            "async () => { const { idolens } = await import('/sdk.js');"
            f"const shot = await idolens().capture({SOURCES[source]});"
            "return await shot.ask('画面中是否有人物?') }"
        )
        assert said["answer"] in {"是", "否", "无法判断"}
        seen.is_well()


@pytest.mark.parametrize("button", ["canvas", "video", "screen"])
def test_the_demonstration_works(browser, service, button):
    """A canvas, a recording, the screen that a person shows it (getDisplayMedia)."""
    with watched(browser, service) as seen:
        seen.page.goto(f"{service}/sdk-demo")
        if button == "video":
            seen.page.set_input_files("#file", CONCERT)
            for _ in range(100):  # until its first frame is there
                if (
                    seen.page.evaluate("document.getElementById('video').readyState")
                    > 1
                ):
                    break
                seen.page.wait_for_timeout(100)
        seen.page.click(f"#ask-{button}")
        expect(seen.page.locator("#answer")).to_contain_text(" ms", timeout=30_000)
        seen.is_well()


@contextmanager
def other_house(folder):
    """Serve the pages in ``folder`` from an origin of their own."""
    handler = functools.partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        worker = threading.Thread(target=server.serve_forever)
        worker.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        worker.join()


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_a_named_origin_asks_and_another_is_refused(browser, tmp_path):
    """By its key; without one it can read why not; a page not named reads nothing."""
    pages = tmp_path / "pages"
    pages.mkdir()
    with (
        other_house(pages) as named,
        other_house(pages) as stranger,
        house(tmp_path, "admin-a", page_origins=(named,)) as (client, archive),
    ):
        service = str(client.base_url)
        page = OVERLAY.format(service=service)
        (pages / "index.html").write_text(page, encoding="utf-8")
        _, key = archive.keys.add("overlay", ["ask"], "terminal", None)
        with watched(browser, service, named) as seen:
            seen.page.goto(named)
            seen.page.wait_for_load_state("networkidle")
            answer = seen.page.evaluate("(key) => window.ask(key)", key)
            seen.is_well()
            refused = seen.page.evaluate("() => window.ask(null)")
        with watched(browser, service, stranger) as other:
            other.page.goto(stranger)
            other.page.wait_for_load_state("networkidle")
            loaded = other.page.evaluate("() => Boolean(window.ask)")
            direct = other.page.evaluate(
                "async ([url, key]) => fetch(url, { method: 'POST', body: '{}',"
                " headers: { Authorization: `Bearer ${key}` } }).then("
                "() => 'read', (error) => error.name)",
                [f"{service}/vlm/infer", key],
            )
            assert other.asked <= other.ours

    assert answer["answer"] in {"是", "否", "无法判断"}
    assert (refused["name"], refused["status"]) == ("Refused", 401)
    assert "登录" in refused["zh"]
    assert not loaded
    assert direct == "TypeError"
    assert any("CORS" in line for line in other.said)


def test_the_setup_link_opens_the_door_once(browser, tmp_path):
    """The first account is made, the token leaves the address; then one signs in."""
    with archive_in(tmp_path) as archive:
        token = SetupToken(tmp_path / "home").issue()
        eyes = FakeEyes(archive=archive)
        with running(eyes, tmp_path / "logs", home=tmp_path / "home") as client:
            service = str(client.base_url)
            with watched(browser, service) as seen:
                page = seen.page
                page.goto(f"{service}/setup?token={token}")
                assert "token" not in page.url
                page.fill("#name", "mei")
                page.fill("#password", PASSWORD)
                page.click("button")
                page.wait_for_url(f"{service}/")
                assert (
                    page.evaluate("fetch('/api/v1/me').then((r) => r.json())")["role"]
                    == "admin"
                )
                seen.is_well()
            with watched(browser, service) as again:
                page = again.page
                page.goto(f"{service}/setup?token={token}")
                page.fill("#name", "eve")
                page.fill("#password", PASSWORD)
                page.click("button")
                expect(page.locator("#said")).not_to_be_empty()
                assert "已经有帐号" in page.inner_text("#said")
                page.goto(f"{service}/sdk-demo")
                page.wait_for_url("**/sign-in?next=**")
                page.fill("#name", "mei")
                page.fill("#password", "wrong, and long enough")
                page.click("button")
                expect(page.locator("#said")).not_to_be_empty()
                page.fill("#password", PASSWORD)
                page.click("button")
                page.wait_for_url(f"{service}/sdk-demo")
                assert again.asked <= again.ours
                # What the service refuses is also told in the browser's own console.
                assert all("status of 40" in line for line in again.said)


@pytest.mark.parametrize("path", ["/page", "/sdk-demo", "/sign-in", "/setup"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read(browser, service, path, scheme):
    """In light and dark, on a telephone too: nothing sticks out, names have labels."""
    screen = {"width": 360, "height": 640}
    with watched(browser, service, color_scheme=scheme, viewport=screen) as seen:
        seen.page.goto(f"{service}{path}")
        seen.page.wait_for_load_state("networkidle")
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        unnamed = seen.page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden])')]"
            ".filter((one) => !one.labels.length && !one.ariaLabel).length"
        )
        assert wide <= 360
        assert unnamed == 0
        seen.is_well()
