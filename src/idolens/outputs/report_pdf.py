"""The report page on paper: printed by a Chromium that is on this machine already.

It is the page itself, drawn by a browser, so that it looks as it does on the screen.
The browser gets a folder of its own and nobody to talk to: it resolves no name, all its
requests go to a proxy that is not there, and the page forbids itself to run a script or
to load anything.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from idolens.errors import EngineBusyError, NotHereError, PrintError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)
_LONGEST_S = 120.0
_WAIT_S = 20.0
_ALONE = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",  # where nobody listens
    "--proxy-bypass-list=<-loopback>",
)
_TURN = threading.Lock()
"""A browser takes some hundred MiB: one prints at a time in this process."""


def find_browser(named: Path | None) -> Path | None:
    """Return the browser that prints: the one that is named, or one that is found."""
    if named is not None:
        return named if os.access(named, os.X_OK) else None
    found = (shutil.which(name) for name in BROWSERS)
    return next((Path(path) for path in found if path), None)


def print_page(page: str, browser: Path | None) -> bytes:
    """Return a page as PDF.

    Args:
        page: self-contained HTML.
        browser: see `find_browser`.

    Raises:
        NotHereError: there is no browser that prints.
        EngineBusyError: others print, and it did not come to this one's turn.
        PrintError: the browser gave no PDF.
    """
    if browser is None:
        raise NotHereError(
            "No Chromium is here to print a PDF: install one (Debian: `apt install "
            "chromium fonts-noto-cjk`), or name yours in IDOLENS_PDF_BROWSER; HTML, "
            "JSON and CSV need none.",
            "本机没有可打印 PDF 的 Chromium：请安装（Debian：`apt install chromium "
            "fonts-noto-cjk`），或在 IDOLENS_PDF_BROWSER 中指定；HTML、JSON、CSV "
            "不需要它。",
        )
    if not _TURN.acquire(timeout=_WAIT_S):
        raise EngineBusyError(
            "Other reports are being printed; try again in a moment.",
            "正在打印其他报告，请稍后重试。",
        )
    try:
        return _printed(page, browser)
    finally:
        _TURN.release()


def _printed(page: str, browser: Path) -> bytes:
    # A browser that was cut off may still write into its folder for a moment.
    with tempfile.TemporaryDirectory(
        prefix="idolens-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        source, target = folder / "report.html", folder / "report.pdf"
        source.write_text(page, encoding="utf-8")
        command = [
            str(browser),
            *_ALONE,
            *(("--no-sandbox",) if os.geteuid() == 0 else ()),  # it refuses root else
            f"--user-data-dir={folder / 'profile'}",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        _run(command, folder)
        if not target.is_file():
            raise _no_pdf()
        return target.read_bytes()


def _run(command: list[str], folder: Path) -> None:
    """Run a browser and all that it starts, and end all of it."""
    try:
        process = subprocess.Popen(  # noqa: S603 - a browser that the studio named
            command,
            cwd=folder,
            env={"HOME": str(folder), "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _no_pdf() from error
    try:
        process.wait(_LONGEST_S)
    except subprocess.TimeoutExpired as error:
        raise _no_pdf() from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _no_pdf() -> PrintError:
    return PrintError(
        "The browser printed no PDF: see whether it starts, or take the report as HTML "
        "and print it yourself.",
        "浏览器未能生成 PDF：请检查它能否启动，或下载 HTML 报告后自行打印。",
    )
