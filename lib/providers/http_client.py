"""One HTTP client for all calls of a process, so that connections are kept and TLS is set up once."""

import asyncio
import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import httpx2

_CONNECT_SECONDS = 10.0

#: A connection pool belongs to the event loop it was used in. A worker has one; a check from synchronous code
#: brings a short-lived one of its own.
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient]" = WeakKeyDictionary()


def shared_client() -> "httpx2.AsyncClient":
    """The client of the running event loop. It follows no redirects; but for connecting, callers set the time-outs."""
    import httpx2  # noqa: PLC0415 - 0.1 s that a page without a model never spends

    loop = asyncio.get_running_loop()
    if loop not in _clients:
        direct = httpx2.AsyncHTTPTransport(verify=_trusted())
        _clients[loop] = httpx2.AsyncClient(
            verify=_trusted(),
            follow_redirects=False,
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            # A proxy of the environment is for the outside: it can't reach this machine's own servers.
            mounts={f"all://{host}": direct for host in ("127.0.0.1", "localhost", "[::1]")},
            # One organization's cookies would be sent with the next one's call to the same vendor.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            event_hooks={"request": [bound_connecting]},
        )
    return _clients[loop]


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we trust: 0.1 s to read, and each check from synchronous code has a client of its own."""
    import httpx2  # noqa: PLC0415 - loaded by whoever calls

    return httpx2.create_ssl_context()


async def bound_connecting(request: "httpx2.Request") -> None:
    """Give up connecting after ten seconds, whatever the caller says: Google's SDK says “never” for all of it."""
    limits = request.extensions.setdefault("timeout", {})
    limits["connect"] = min(limits.get("connect") or _CONNECT_SECONDS, _CONNECT_SECONDS)


async def close_shared_client() -> None:
    """Close the running loop's client, if it has one."""
    if (client := _clients.pop(asyncio.get_running_loop(), None)) is not None:
        await client.aclose()
