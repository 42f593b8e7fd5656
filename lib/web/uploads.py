"""Files that people give to a page go to Streamlit by HTTP, past the page's guard: from who is signed in only.

Streamlit itself lets everybody upload who has opened a page, the sign-in form among them, and holds it in memory.
"""

import re
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lib.errors import DatabaseUnavailable
from lib.web.origin import is_our_own
from lib.web.visitor import find_visitor

_ID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#: Session and file, as Streamlit makes them.
_UPLOAD: Final = re.compile(f"/_stcore/upload_file/{_ID}/{_ID}")
_METHODS: Final = frozenset({"PUT", "DELETE"})


class SignedInUploads:
    """ASGI middleware that answers 404 for an upload that is not a signed-in person's, from a page of ours."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything else on; nothing of a refused upload is read."""
        if scope["type"] == "http" and is_upload(scope["path"]):
            status = await self._refusal(Request(scope))
            if status is not None:
                await PlainTextResponse("Not accepted", status_code=status)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _refusal(self, request: Request) -> int | None:
        headers = request.headers
        if request.method not in _METHODS or not is_our_own(
            headers.get("origin"), scheme=request.url.scheme, host=headers.get("host"), public_url=self._public_url
        ):
            return 404
        try:
            return None if await run_in_threadpool(_is_signed_in, request) else 404
        except DatabaseUnavailable:
            return 503


def is_upload(path: str) -> bool:
    """Whether a path, as Streamlit's own pages write it, is that of an upload."""
    return _UPLOAD.fullmatch(path) is not None


def _is_signed_in(request: Request) -> bool:
    return find_visitor(request, is_used=False) is not None
