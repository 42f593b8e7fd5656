"""One HTTP client for all calls of a process, so that connections are kept and TLS is set up once."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Iterable
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import httpx2

Result = TypeVar("Result")

_CONNECT_SECONDS = 10.0

#: A connection pool belongs to the event loop it was used in. A worker has one; a check from synchronous code
#: brings a short-lived one of its own.
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, dict[frozenset[str] | None, httpx2.AsyncClient]]" = (
    WeakKeyDictionary()
)


def shared_client() -> "httpx2.AsyncClient":
    """The client of the running event loop. It follows no redirects; but for connecting, callers set the time-outs."""
    import httpx2  # noqa: PLC0415 - 0.1 s that a page without a model never spends

    def make() -> httpx2.AsyncClient:
        direct = httpx2.AsyncHTTPTransport(verify=_trusted())
        return httpx2.AsyncClient(
            verify=_trusted(),
            follow_redirects=False,
            timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            # A proxy of the environment is for the outside: it can't reach this machine's own servers.
            mounts={f"all://{host}": direct for host in ("127.0.0.1", "localhost", "[::1]")},
            **_manners(),
        )

    return _kept(None, make)


def safe_client(allowed_hosts: Iterable[str]) -> "httpx2.AsyncClient":
    """The running loop's client for addresses that people of an organization name; see `lib.http.safe`."""
    from lib.http.safe import make_safe_client  # noqa: PLC0415 - 0.2 s that a page without a model never spends

    allowed = frozenset(allowed_hosts)
    return _kept(allowed, lambda: make_safe_client(allowed, connect_seconds=_CONNECT_SECONDS, **_manners()))


def _kept(allowed: frozenset[str] | None, make: "Callable[[], httpx2.AsyncClient]") -> "httpx2.AsyncClient":
    of_loop = _clients.setdefault(asyncio.get_running_loop(), {})
    if allowed not in of_loop:
        of_loop[allowed] = make()
    return of_loop[allowed]


def _manners() -> dict[str, Any]:
    """What every client of ours keeps to, whoever may be called through it."""
    return {
        # One organization's cookies would be sent with the next one's call to the same vendor.
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        "event_hooks": {"request": [bound_connecting]},
    }


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
    """Close the running loop's clients, if it has any."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


def run_now(work: Coroutine[object, object, Result]) -> Result:
    """What `work` comes to, for synchronous code, such as a page's script: no event loop may run in this thread."""

    async def with_own_connections() -> Result:
        try:
            return await work
        finally:
            await close_shared_client()

    return asyncio.run(with_own_connections())
