"""Lets pages of other origins use the service with a key, if the studio names them."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from idolens.settings import Settings

_REMEMBERED_S = 600


def for_pages(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return ``app`` as pages of ``settings.page_origins`` may read it; others may not.

    Cookies are never sent along: a page of another origin acts by its own key.
    """
    if not settings.page_origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=settings.page_origins,
        allow_methods=("GET", "POST"),
        allow_headers=("authorization", "content-type", "idempotency-key"),
        expose_headers=("etag", "location", "retry-after"),
        max_age=_REMEMBERED_S,
    )
