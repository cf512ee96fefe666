"""Puts the routes about access together, and the pages to sign in and to set up."""

from collections.abc import Callable
from importlib.resources import files

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute

from idolens.archive import Archive
from idolens.archive.setup_token import SetupToken
from idolens.settings import Settings
from idolens.web.access.callers import Callers
from idolens.web.access.people import add_accounts, add_audit, add_keys
from idolens.web.access.session import Reception, add_session
from idolens.web.problems import FAILURES

_PAGES = {
    "/sign-in": ("sign-in.html", "text/html; charset=utf-8"),
    "/setup": ("setup.html", "text/html; charset=utf-8"),
    "/access.js": ("access.js", "text/javascript; charset=utf-8"),
}


def access_routes(
    archive: Callable[[], Archive],
    settings: Settings,
    callers: Callers,
    route_class: type[APIRoute] = APIRoute,
) -> APIRouter:
    """Return the routes.

    Args:
        archive: gives accounts, logins, keys and the audit log.
        settings: where the setup token stands.
        callers: learns that there is an account.
        route_class: of the routes about accounts, keys and the audit log.
    """
    reception = Reception(archive, SetupToken(settings.home), callers)
    # Signing in twice harms nobody, and its reply (a cookie) is never given again.
    doors = APIRouter(prefix="/api/v1", tags=["access"], responses=FAILURES)
    add_session(doors, reception, callers)
    api = APIRouter(
        prefix="/api/v1", tags=["access"], responses=FAILURES, route_class=route_class
    )
    add_accounts(api, archive, reception)
    add_keys(api, archive)
    add_audit(api, archive)
    router = APIRouter()
    router.include_router(doors)
    router.include_router(api)
    _add_pages(router)
    return router


def _add_pages(router: APIRouter) -> None:
    folder = files("idolens.web.access")
    for path, (name, kind) in _PAGES.items():
        content = folder.joinpath(name).read_bytes()

        def page(content: bytes = content, kind: str = kind) -> Response:
            return Response(content, media_type=kind)

        router.add_route(
            path, lambda _request, page=page: page(), include_in_schema=False
        )
