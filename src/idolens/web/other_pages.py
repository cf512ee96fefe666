"""Lets pages of other origins use the service with a key, if the studio names them."""

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from idolens.settings import Settings
from idolens.vocabulary import Bilingual, Language
from idolens.web.problems import problem

_REMEMBERED_S = 600
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ASKED_WITH = (
    "authorization",
    "content-type",
    "idempotency-key",
    "idolens-priority",
    "if-match",
    "if-none-match",
    "last-event-id",
    "tus-resumable",
    "upload-checksum",
    "upload-length",
    "upload-metadata",
    "upload-offset",
    "x-api-key",
)
_READ_BY_PAGES = (
    "etag",
    "idempotent-replayed",
    "idolens-reduced",
    "location",
    "retry-after",
    "tus-resumable",
    "upload-expires",
    "upload-length",
    "upload-offset",
)
_NOT_NAMED = Bilingual(
    zh="此网页的来源未列入设置 page_origins，或它请求了不支持的方法、标头。",
    en="The page's origin is not named in the setting page_origins, or it asks for a "
    "method or header that is not supported.",
)


def for_pages(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Return ``app`` as pages of ``settings.page_origins`` may read it; others may not.

    It stands in front of every gate: a browser asks without a key whether it may ask
    (and is told), and a page can read why it was refused. Cookies are never sent
    along: a page of another origin acts by its own key.
    """
    return ForPages(app, settings) if settings.page_origins else app


class ForPages(CORSMiddleware):
    """Starlette's own, whose refusals are problems.

    Args:
        app: what lies behind.
        settings: name the origins.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        super().__init__(
            app,
            allow_origins=settings.page_origins,
            allow_methods=_METHODS,
            allow_headers=_ASKED_WITH,
            expose_headers=_READ_BY_PAGES,
            allow_private_network=True,  # the origin is named
            max_age=_REMEMBERED_S,
        )
        self._language: Language = settings.language

    def preflight_response(self, request_headers: Headers) -> Response:
        """Say whether a page may ask what it wants to ask."""
        said = super().preflight_response(request_headers)
        if said.status_code < 400:  # noqa: PLR2004 - what HTTP calls a failure
            return said
        kept = {
            name: value
            for name, value in said.headers.items()
            if name.startswith(("access-control", "vary"))
        }
        return problem(
            403,
            self._language,
            code="origin_not_named",
            words=_NOT_NAMED,
            headers=kept,
        )
