"""A report on paper: what stands on the page, and nobody is asked for anything."""

import http.server
import os
import threading

import pypdfium2
import pytest

from idolens.errors import NotHereError, PrintError
from idolens.outputs.report_pdf import find_browser, print_page
from tests.chromium import CHROMIUM, needs_chromium

PAGE = """<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8">
<style>body {{ font: 24px sans-serif }}</style>
<h1>审核报告 · Review report</h1><p>画面中是否有未授权LOGO?</p>
<img src="{picture}" width="200" height="100"><img src="{elsewhere}">"""
RED = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='8' height='4'"
    "%3E%3Crect width='8' height='4' fill='red'/%3E%3C/svg%3E"
)


@needs_chromium
def test_chinese_words_and_pictures_are_on_it_and_nobody_is_asked():
    """The words can be searched, the picture is there, no request leaves."""
    asked = []

    class Listening(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Listening) as server:
        worker = threading.Thread(target=server.serve_forever)
        worker.start()
        elsewhere = f"http://127.0.0.1:{server.server_port}/x.png"
        pdf = print_page(PAGE.format(picture=RED, elsewhere=elsewhere), CHROMIUM)
        server.shutdown()
        worker.join()
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        words = page.get_textpage().get_text_range()
        shown = page.render(scale=1).to_pil().convert("RGB")

    assert "审核报告" in words
    assert "未授权LOGO" in words
    assert (255, 0, 0) in {colour for _, colour in shown.getcolors(2**24)}
    assert asked == []


def test_without_a_browser_it_is_said_what_to_do(tmp_path):
    """In both languages; a file that cannot be run is none."""
    (tmp_path / "chromium").write_text("no program")

    assert find_browser(tmp_path / "chromium") is None
    with pytest.raises(NotHereError) as error:
        print_page("<p>", None)
    assert "apt install chromium" in error.value.words.en
    assert "IDOLENS_PDF_BROWSER" in error.value.words.zh


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 0\n", "no script at all"])
def test_a_browser_that_prints_nothing_is_an_error(tmp_path, script):
    """Never an empty file."""
    browser = tmp_path / "chromium"
    browser.write_text(script)
    os.chmod(browser, 0o755)  # noqa: S103, PTH101 - a program of the test

    with pytest.raises(PrintError):
        print_page("<p>", find_browser(browser))
