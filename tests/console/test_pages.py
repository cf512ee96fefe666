"""People at the console, over the real service and the embedded engine."""

import re

import pytest

from idolens.vlm.lint import lint
from tests.console.browser import ROOT, chromium, needs_console, visiting
from tests.web.process import Service

pytestmark = [needs_console, pytest.mark.slow, pytest.mark.xdist_group("console")]
READERS = [(lang, theme) for lang in ("zh", "en") for theme in ("light", "dark")]
PICTURE = ROOT / "samples/pictures/risk-logo.png"
SHOW = ROOT / "samples/concert.mp4"
VAGUE = {"zh": "这图怎么样?", "en": "What about it?"}


@pytest.fixture(name="browser", scope="module")
def _browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory):
    service = Service(tmp_path_factory.mktemp("console"), ENGINE="embedded").begin()
    yield str(service.client.base_url).rstrip("/")
    service.kill()


@pytest.fixture(name="session", scope="module")
def _session(browser, home):
    """A recording, brought in by hand: chosen, sent, looked at, judged."""
    with visiting(browser, home) as visitor:
        page = visitor.page
        visitor.open("/sessions")
        visitor.check("sessions-empty")
        page.set_input_files("#upload-files", str(SHOW))
        page.fill("#step", "20")
        visitor.check("sessions-upload")
        page.click(".upload-form button[type=submit]")
        page.wait_for_selector(".verdict .chip", timeout=240_000)
        visitor.check("sessions-done")
        yield page.get_attribute(".session-name a", "href")


@pytest.mark.parametrize(("language", "theme"), READERS)
def test_asking_shows_the_answer_and_how_sure_it_is(browser, home, language, theme):
    with visiting(browser, home, language, theme) as visitor:
        page = visitor.page
        visitor.open("/")
        visitor.check("ask-empty")
        page.set_input_files("#picture-file", str(PICTURE))
        page.select_option("#template", "unauthorised_logo")
        page.press("#question", "Enter")
        page.wait_for_selector(".answer-value", timeout=60_000)
        assert page.locator(".options li").count() >= 2
        assert "%" in page.inner_text(".mass")
        page.wait_for_selector(".history-one")
        visitor.check("ask-answer")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_vague_question_is_advised_on_and_answered_in_words(browser, home, language):
    with visiting(browser, home, language) as visitor:
        page = visitor.page
        visitor.open("/")
        page.set_input_files("#picture-file", str(PICTURE))
        page.fill("#question", VAGUE[language])
        page.wait_for_selector(".lint .note")
        (advice, *_) = lint(VAGUE[language], language)
        assert advice.why.within(language) in page.inner_text(".lint")
        page.press("#question", "Enter")
        page.wait_for_selector(".answer-facts", timeout=60_000)
        assert page.inner_text(".answer-words")
        visitor.check("ask-words")


def test_nothing_is_asked_without_a_picture(browser, home):
    with visiting(browser, home, "en") as visitor:
        page = visitor.page
        visitor.open("/")
        page.fill("#question", "Is there a logo?")
        with page.expect_file_chooser():
            page.press("#question", "Enter")
        assert "Choose a picture first." in page.inner_text(".question-end")


@pytest.mark.parametrize(("language", "theme"), READERS)
def test_a_recording_leads_to_its_report(browser, home, session, language, theme):
    with visiting(browser, home, language, theme) as visitor:
        page = visitor.page
        visitor.open("/sessions")
        page.wait_for_selector(".verdict .chip")
        visitor.check("sessions")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{session}")
        page.frame_locator("iframe").locator("h1").wait_for()
        visitor.check("report")


@pytest.mark.parametrize(("language", "theme"), READERS)
@pytest.mark.parametrize("path", ["/review", "/policies", "/machine", "/sessions/none"])
def test_every_page_can_be_used(browser, home, language, theme, path):
    with visiting(browser, home, language, theme) as visitor:
        visitor.open(path)
        if path == "/sessions/none":  # the browser tells of the 404 that it is
            visitor.wrong = [one for one in visitor.wrong if "404" not in one]
        visitor.check(path.strip("/").replace("/", "-"))


def test_keys_lead_everywhere_and_are_listed(browser, home):
    with visiting(browser, home, "en") as visitor:
        page = visitor.page
        visitor.open("/")
        page.keyboard.press("?")
        page.wait_for_selector("[role=dialog]")
        assert "Go to Sessions" in page.inner_text("[role=dialog]")
        visitor.check("keys")
        page.keyboard.press("Escape")
        page.wait_for_selector("[role=dialog]", state="detached")
        page.keyboard.press("g")
        page.keyboard.press("m")
        page.wait_for_url(re.compile("/machine$"))
        page.go_back()
        page.fill("#question", "gs?")
        assert page.input_value("#question") == "gs?"
        assert page.url.rstrip("/") == home


def test_what_is_chosen_stays_chosen(browser, home):
    with visiting(browser, home, "zh") as visitor:
        page = visitor.page
        visitor.open("/")
        page.click("text=English")
        page.click("[aria-label=Dark]")
        page.reload()
        page.wait_for_selector("text=Ask about a picture")
        assert page.get_attribute("html", "data-theme") == "dark"
        assert page.get_attribute("html", "lang") == "en"


REFUSALS = {401: "not_signed_in", 403: "not_allowed", 500: "internal"}


@pytest.mark.parametrize(("language", "theme"), READERS[::3])
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_is_told_kindly(browser, home, language, theme, status):
    """Whoever is unknown is shown the way in; nobody is shown an empty page."""
    with visiting(browser, home, language, theme) as visitor:
        page = visitor.page
        words = {"zh": "服务说：不行。", "en": "The service says no."}
        problem = {
            "type": "urn:idolens:problem:x",
            "title": words["zh"],
            "status": status,
            "code": REFUSALS[status],
            "message": words,
            "errors": [],
        }
        page.route(
            "**/api/v1/policies?*",
            lambda asked: asked.fulfill(status=status, json=problem),
        )
        visitor.open("/policies")
        page.wait_for_selector(".state")
        if status == 401:
            href = page.get_attribute(".state a", "href")
            assert href == "/sign-in?next=%2Fpolicies"
        if status == 500:
            assert words[language] in page.inner_text(".state")
            page.unroute("**/api/v1/policies?*")
            page.click(".state button")
            page.wait_for_selector(".state", state="detached")
        visitor.wrong = [one for one in visitor.wrong if f"{status}" not in one]
        visitor.check(f"refused-{status}")


def test_an_upload_survives_a_broken_line(browser, home, session):
    """A request with the file's bytes is cut; nobody needs to do anything."""
    assert session
    with visiting(browser, home, "en") as visitor:
        page = visitor.page
        visitor.open("/sessions")
        before = page.locator("table.sessions tbody tr").count()
        cut: list[str] = []

        def cut_once(asked):
            if cut:
                asked.continue_()
            else:
                cut.append(asked.request.url)
                asked.abort()

        page.route("**/api/v1/uploads/*", cut_once)
        page.set_input_files("#upload-files", str(PICTURE))
        page.click(".upload-form button[type=submit]")
        page.wait_for_selector(
            f"table.sessions tbody tr:nth-child({before + 1})", timeout=60_000
        )
        assert cut
