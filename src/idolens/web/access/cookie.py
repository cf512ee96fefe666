"""The cookie that a login stands in."""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from idolens.archive.logins import LONGEST_MS


class LoginCookie:
    """How a browser keeps its login.

    Args:
        secure: over https only; the name then says so too, and no page of another
            host or path can plant one.
    """

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self.name = "__Host-idolens" if secure else "idolens"

    def token(self, connection: HTTPConnection) -> str | None:
        """Return the token that a request brings, if it does."""
        return connection.cookies.get(self.name)

    def give(self, response: Response, token: str) -> None:
        """Let the browser keep ``token``."""
        response.set_cookie(
            self.name,
            token,
            max_age=LONGEST_MS // 1000,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def take(self, response: Response) -> None:
        """Let the browser forget its token."""
        response.delete_cookie(
            self.name, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
