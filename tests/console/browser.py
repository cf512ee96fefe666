"""Debian's Chromium on the console: what a page must never do, and how it looks."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from idolens.web.console_pages import built_console
from tests.chromium import CHROMIUM

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "out" / "console"
"""Where screenshots are left, for people to look at."""
_AXE = ROOT / "console/node_modules/axe-core/axe.min.js"
_OWN = ("blob:", "data:")
_BAD = {"serious", "critical"}

needs_console = pytest.mark.skipif(
    CHROMIUM is None or not (built_console() / "index.html").is_file(),
    reason="no console or no browser: console/build.sh, apt-get install chromium",
)


@dataclass
class Visitor:
    """Somebody at the console.

    Attributes:
        page: what they see.
        home: address of the service.
        language: of theirs.
        theme: of theirs.
        wrong: what the page did that no page may do.
    """

    page: Page
    home: str
    language: str
    theme: str
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note every request to another host, and every complaint of the browser."""
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on(
            "console",
            lambda said: (
                self.wrong.append(f"{said.type}: {said.text}")
                if said.type in {"error", "warning"}
                else None
            ),
        )

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.home}/", *_OWN)):
            self.wrong.append(f"asked {request.url}")

    def open(self, path: str) -> None:
        """Go to a page, and wait until it has something to show."""
        self.page.goto(f"{self.home}{path}")
        self.page.wait_for_selector("main h1, main h2")
        self.page.wait_for_selector(".waiting", state="detached")

    def check(self, name: str) -> None:
        """Take a picture of the page; fail where it is hard to use, or did wrong."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        shot = SHOTS / f"{name}-{self.language}-{self.theme}.png"
        self.page.screenshot(path=shot, animations="disabled")
        found = _faults(self.page)
        assert not found, f"{name}: {json.dumps(found, ensure_ascii=False, indent=1)}"
        assert not self.wrong, f"{name}: {self.wrong}"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@contextmanager
def visiting(
    browser: Browser, home: str, language: str = "zh", theme: str = "light"
) -> Iterator[Visitor]:
    """Yield somebody who reads ``language`` and likes ``theme``."""
    narrow = theme == "light"
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}
        if narrow
        else {"width": 1920, "height": 1080},
        color_scheme="light" if narrow else "dark",
        locale="zh-CN" if language == "zh" else "en-GB",
    )
    visitor = Visitor(context.new_page(), home.rstrip("/"), language, theme)
    visitor.watch()
    yield visitor
    context.close()


def _faults(page: Page) -> list[dict[str, object]]:
    """Return what axe finds serious."""
    page.evaluate(f"{_AXE.read_text('utf-8')};0")
    found = page.evaluate("async () => (await axe.run(document)).violations")
    return [
        {"rule": one["id"], "at": [node["target"] for node in one["nodes"]]}
        for one in found
        if one["impact"] in _BAD
    ]
