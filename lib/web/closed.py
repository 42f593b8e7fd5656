"""What Streamlit serves beside its pages and nothing here needs: it is not there."""

import posixpath
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.web.uploads import is_upload

#: Everything else under `/_stcore` is closed: figures of the process, the agent's interface, and files of components,
#: of which ours have none. Uploads have a guard of their own.
_OPEN: Final = {"/_stcore/stream", "/_stcore/health", "/_stcore/host-config"}
#: Streamlit's own sign-in by OpenID, and files of the older kind of component.
_CLOSED: Final = ("/_stcore", "/auth", "/oauth2callback", "/component")


class ClosedPaths:
    """ASGI middleware that answers 404 for paths that this installation has no use for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless its path is closed; a websocket finds no such route below."""
        if scope["type"] == "http" and is_closed(scope["path"]):
            await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_closed(path: str) -> bool:
    """Whether a path, however it is written, leads to something that is closed."""
    plain = posixpath.normpath("/" + path.replace("\\", "/").lstrip("/"))
    return (
        plain not in _OPEN
        and not is_upload(path)
        and any(plain == closed or plain.startswith(f"{closed}/") for closed in _CLOSED)
    )
