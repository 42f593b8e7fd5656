"""Addresses with more than one part, which no page has: the browser is sent to the first part's.

Streamlit's page asks for its scripts beside its own address, so below "/run/" it would find none and stay white.

Below "/o/" stand the addresses that people give to each other: "/o/acme/run?run=…" is the page "/run" of the
organization whose short name is, or once was, "acme". Which organization was meant goes along as a parameter; whether
it is the reader's is for `lib.ui.organization_address` to say, which knows who is signed in. Nothing is looked up here,
so nobody learns from an answer which organizations there are.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

#: What stands below these is a file or a route, and not a page.
_NOT_PAGES: Final = frozenset({"_stcore", "static", "media", "component", "app", "api", "healthz", "readyz", "metrics"})
#: Organizations stand below it.
ORGANIZATIONS: Final = "o"
#: The parameter that says which organization was meant.
ORGANIZATION: Final = "organization"
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
                asked = quote(scope["query_string"], safe="=&%+-._~")
                # the last of two counts: what the path says goes behind
                query = "&".join(filter(None, (asked, target.query)))
                answer = RedirectResponse(
                    f"{target.path}?{query}" if query else target.path,
                    status_code=307,
                    headers={"cache-control": "no-store"},
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Target:
    """Where an address leads: one slash and one part without a slash, so that it is never another site."""

    path: str
    query: str = ""


def find_page(path: str) -> Target | None:
    """The page above `path`, as the server has decoded it, or below an organization's; None where it is good as it is.

    All parts are quoted whole: neither a line end nor a question mark of the path means anything in the header.
    """
    if not _SLASHES.search(path[1:]):
        return None
    parts = [part for part in _SLASHES.split(path) if part.strip(". \t\r\n")]
    match parts:
        case []:
            return Target("/")
        case [first, *_] if first in _NOT_PAGES:
            return None
        case [first, organization, *rest] if first == ORGANIZATIONS:
            page = quote(rest[0], safe="") if rest else ""
            return Target(f"/{page}", f"{ORGANIZATION}={quote(organization, safe='')}")
        case _:
            return Target("/" + quote(parts[0], safe=""))
