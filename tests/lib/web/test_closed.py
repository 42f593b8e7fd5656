from collections.abc import Callable

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from lib.web.closed import ClosedPaths, is_closed


async def _anything(request: Request) -> PlainTextResponse:
    return PlainTextResponse("open")


_APP = Starlette(
    routes=[Route("/{path:path}", _anything, methods=["GET", "PUT"])], middleware=[Middleware(ClosedPaths)]
)


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/metrics/",
        "//_stcore/metrics",
        "/_stcore//metrics",
        "/media/../_stcore/metrics",
        "/_stcore/stream/../metrics",
        "/_stcore\\metrics",
        "/_stcore",
        "/_stcore/agent/openapi.json",
        "/_stcore/upload_file/session/file",
        "/_stcore/bidi-components/name/index.js",
        "/component/name/index.html",
        "/auth/login",
        "/oauth2callback",
    ],
)
def test_path_is_closed_however_it_is_written(path: str) -> None:
    assert is_closed(path)


@pytest.mark.parametrize(
    "path",
    ["/", "/runs", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/media/a.svg", "/app/static/x.woff2"],
)
def test_what_the_pages_need_is_open(path: str) -> None:
    assert not is_closed(path)


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_closed_path_is_not_there_for_any_method(serve: Callable[[ASGIApp], str], method: str) -> None:
    address = f"http://{serve(_APP)}"
    assert httpx2.request(method, f"{address}/_stcore/%6detrics").status_code == 404
    assert httpx2.get(f"{address}/runs").text == "open"
