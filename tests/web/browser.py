"""A real browser before a page: what it asks, of whom, and what it complains about."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.chromium import CHROMIUM

FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream=display-media-type=browser",
    "--disable-features=LocalNetworkAccessChecks",
    "--disable-background-networking",
)
_ITS_OWN = frozenset({"blob", "data"})


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium; nothing is downloaded for it."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=list(FLAGS),
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page and what came of it.

    Attributes:
        ours: hosts with ports that it may ask.
        asked: hosts that it asked.
        said: errors in its console, broken rules of its policy among them.
    """

    page: Page
    ours: frozenset[str]
    asked: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    def note(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in _ITS_OWN:
            self.asked.add(address.netloc)

    def is_well(self) -> None:
        """Nobody outside was asked, and nothing was complained about."""
        assert self.asked <= self.ours
        assert self.said == []


@contextmanager
def watched(browser: Browser, *ours: str, **context: object) -> Iterator[Watched]:
    """Open an empty page and watch it; ``ours`` are addresses that it may ask."""
    opened = browser.new_context(**context)
    page = opened.new_page()
    page.set_default_timeout(30_000)
    seen = Watched(page, frozenset(urlsplit(one).netloc for one in ours))
    page.on("request", seen.note)
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on(
        "console",
        lambda message: (
            seen.said.append(message.text) if message.type == "error" else None
        ),
    )
    try:
        yield seen
    finally:
        opened.close()
