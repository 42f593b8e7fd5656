"""Websockets from our own pages only: a browser lets any page open one to us, with the reader's cookie."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose


class SameOriginWebSockets:
    """ASGI middleware that refuses a websocket without an Origin or with somebody else's.

    Streamlit lets a missing Origin pass, takes every page on this machine for its own and asks the internet for the
    server's address to find out more. What passes here is announced under the Origin's own host, so that it agrees
    behind a proxy as well.
    """

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the connection on or close it before it opens, which a browser sees as 403."""
        if scope["type"] == "websocket":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is None or not is_our_own(origin, host=headers.get("host"), public_url=self._public_url):
                await WebSocketClose(code=1008, reason="foreign origin")(scope, receive, send)
                return
            MutableHeaders(scope=scope)["host"] = urlsplit(origin).netloc
        await self._app(scope, receive, send)


def is_our_own(origin: str | None, *, host: str | None, public_url: str | None) -> bool:
    """Whether a request's Origin is a page of ours: of the address asked (`host`) or of ORCHESTRATOR_PUBLIC_URL.

    RFC 6454, section 7: an Origin is a scheme, a host and a port, or the word "null", which is nobody's.
    """
    if not origin:
        return False
    try:
        asked = urlsplit(origin.lower())
    except ValueError:
        return False
    if asked.scheme not in {"http", "https"} or not asked.netloc:
        return False
    if public_url:
        ours = urlsplit(public_url.lower())
        if (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc):
            return True
    return host is not None and asked.netloc == host.lower()
