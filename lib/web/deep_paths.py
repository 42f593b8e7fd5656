"""Addresses with more than one part, which no page has: the browser is sent to the first part's.

Streamlit's page asks for its scripts beside its own address, so below "/run/" it would find none and stay white.
"""

import re
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

#: What stands below these is a file or a route, and not a page.
_NOT_PAGES: Final = frozenset({"_stcore", "static", "media", "component", "app", "api", "healthz", "readyz"})
#: A browser takes a backslash for a slash.
_SLASHES: Final = re.compile(r"[/\\]")


class DeepPaths:
    """ASGI middleware that answers such an address with a redirect, where a browser asks for a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless it asks for a page below another one."""
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            target = find_page(scope["path"])
            if target and "text/html" in Headers(scope=scope).get("accept", ""):
                query = quote(scope["query_string"], safe="=&%+-._~")
                answer = RedirectResponse(
                    f"{target}?{query}" if query else target, status_code=307, headers={"cache-control": "no-store"}
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def find_page(path: str) -> str | None:
    """The address of the page above `path`, as the server has decoded it; None where the address is good as it is.

    Always one slash and one part without a slash, so that it never leads to another site.
    """
    if not _SLASHES.search(path[1:]):
        return None
    parts = [part for part in _SLASHES.split(path) if part.strip(". \t\r\n")]
    if parts and parts[0] in _NOT_PAGES:
        return None
    # quoted whole: neither a line end nor a question mark of the path means anything in the header
    return "/" + quote(parts[0], safe="") if parts else "/"
