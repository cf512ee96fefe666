"""Accounts at the console: the first one, signing out and in, and who may not."""

import re

import pytest

from tests.console.browser import chromium, needs_console, visiting
from tests.web.process import Service

pytestmark = [needs_console, pytest.mark.slow, pytest.mark.xdist_group("console")]
PASSWORD = "correct horse battery"  # noqa: S105 - of an account made here
NEW_ACCOUNT = """async (password) => (await fetch("/api/v1/accounts", {
    method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({name: "guest", password, role: "viewer"}),
})).status"""


@pytest.fixture(name="service")
def _service(tmp_path):
    service = Service(tmp_path, ENGINE="embedded").begin()
    yield service
    service.kill()


def _sign_in(page, name):
    page.wait_for_url(re.compile("/sign-in"))
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("#form button")


def test_the_first_account_lets_others_in_who_may_less(service):
    home = str(service.client.base_url).rstrip("/")
    (link,) = re.findall(r"http://\S+/setup\?token=\S+", service._said.read_text())
    with chromium() as browser, visiting(browser, home, "en") as visitor:
        page = visitor.page
        page.goto(link)
        page.fill("#name", "operator")
        page.fill("#password", PASSWORD)
        page.click("#form button")
        page.wait_for_selector(".who >> text=operator")
        assert page.evaluate(NEW_ACCOUNT, PASSWORD) == 201
        visitor.open("/sessions")
        page.wait_for_selector(".upload")
        page.click("text=Sign out")
        page.wait_for_url(re.compile("/sign-in"))

        page.goto(f"{home}/sessions")
        _sign_in(page, "guest")
        page.wait_for_url(re.compile("/sessions$"))
        page.wait_for_selector("text=Uploading needs the permission")
        assert page.locator(".upload").count() == 0
        page.click("nav >> text=Ask")
        page.wait_for_selector("text=This page is for others")
        visitor.check("not-allowed")


def test_whose_sign_in_has_ended_is_shown_the_way_in(service):
    home = str(service.client.base_url).rstrip("/")
    (link,) = re.findall(r"http://\S+/setup\?token=\S+", service._said.read_text())
    with chromium() as browser, visiting(browser, home, "zh", "dark") as visitor:
        page = visitor.page
        page.goto(link)
        page.fill("#name", "operator")
        page.fill("#password", PASSWORD)
        page.click("#form button")
        page.wait_for_selector("#question")
        page.context.clear_cookies()
        page.keyboard.press("g")
        page.keyboard.press("p")
        page.wait_for_selector("text=登录已失效")
        visitor.wrong = [one for one in visitor.wrong if "401" not in one]
        visitor.check("signed-out")
        page.click("text=登录 >> nth=-1")
        _sign_in(page, "operator")
        page.wait_for_url(re.compile("/policies$"))
