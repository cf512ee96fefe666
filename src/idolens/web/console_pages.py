"""Serves the console that `console/build.sh` makes; without it, says so honestly."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

ADDRESSES: Sequence[str] = (
    "/",
    "/sessions",
    "/sessions/{session_id}",
    "/review",
    "/policies",
    "/policies/{name}",
    "/machine",
)
"""Every address of a page of the console: its own router shows the right one."""

_HTML = "text/html; charset=utf-8"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PAGE = {
    # The lists and charts place their rows by style attributes; scripts are ours alone.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def built_console() -> Path:
    """Return where `console/build.sh` puts the console."""
    return Path(str(files("idolens.web").joinpath("console")))


def add_console(app: FastAPI, folder: Path, instead: bytes) -> None:
    """Serve the console at its addresses, and its files under /assets.

    Args:
        app: gets the routes; they are the same whether or not it is built.
        folder: where the console was built.
        instead: the page that is shown where it was not.
    """
    index = folder / "index.html"
    built = index.is_file()
    page = index.read_bytes() if built else instead
    headers = _PAGE if built else {}

    def shown(_request: Request) -> Response:
        return Response(page, media_type=_HTML, headers=headers)

    for address in ADDRESSES:
        app.add_route(address, shown, include_in_schema=False)
    assets = _assets(folder / "assets")

    def asset(request: Request) -> Response:
        found = assets.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        content, kind = found
        return Response(content, media_type=kind, headers=_FOR_EVER)

    app.add_route("/assets/{name}", asset, include_in_schema=False)


def _assets(folder: Path) -> dict[str, tuple[bytes, str]]:
    """Read the files whose names change with their content."""
    if not folder.is_dir():
        return {}
    return {
        file.name: (file.read_bytes(), _KINDS[file.suffix])
        for file in sorted(folder.iterdir())
        if file.suffix in _KINDS
    }
