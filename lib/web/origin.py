"""Websockets from our own pages only: a browser lets any page open one to us, with the reader's cookie."""

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

logger = logging.getLogger(__name__)


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
            origin, host = headers.get("origin"), headers.get("host")
            scheme = "https" if scope["scheme"] == "wss" else "http"
            if origin is None or not is_our_own(origin, scheme=scheme, host=host, public_url=self._public_url):
                logger.warning(
                    "A websocket of %a was refused: it is not from %s://%s%s. Behind a proxy, set "
                    "ORCHESTRATOR_PUBLIC_URL to the address that people use.",
                    origin,
                    scheme,
                    host,
                    f" or {self._public_url}" if self._public_url else "",
                )
                await WebSocketClose(code=1008, reason="foreign origin")(scope, receive, send)
                return
            MutableHeaders(scope=scope)["host"] = urlsplit(origin).netloc
        await self._app(scope, receive, send)


def is_our_own(origin: str | None, *, scheme: str, host: str | None, public_url: str | None) -> bool:
    """Whether a request's Origin is a page of ours: of the address asked or of ORCHESTRATOR_PUBLIC_URL.

    RFC 6454, section 7: an Origin is a scheme, a host and a port, or the word "null", which is nobody's. Letters count
    the same in either case; everything else is compared to the letter.
    """
    asked = f"{scheme}://{host}" if host else None
    ours = {_origin_of(address) for address in (asked, public_url) if address} - {None}
    return bool(origin) and str(origin).lower() in ours


def _origin_of(url: str) -> str | None:
    """What a browser at this address sends; None when it is none."""
    try:
        parts = urlsplit(url.lower())
    except ValueError:
        return None
    default_port = {"http": ":80", "https": ":443"}.get(parts.scheme)
    if default_port is None or not parts.netloc:
        return None
    return f"{parts.scheme}://{parts.netloc.removesuffix(default_port)}"
