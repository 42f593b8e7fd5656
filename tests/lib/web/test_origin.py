from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.web.origin import SameOriginWebSockets, is_our_own

PUBLIC_URL = "https://orchestrator.example.com"


async def _tell_host(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.headers["host"])
    await websocket.close()


_APP = Starlette(
    routes=[WebSocketRoute("/_stcore/stream", _tell_host)],
    middleware=[Middleware(SameOriginWebSockets, public_url=PUBLIC_URL)],
)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://localhost:8502",
        "https://orchestrator.example.com.evil.example",
        "http://orchestrator.example.com",
        "https://orchestrator.example.com.",
        "https://orchestrator.example.com:8443",
        "https://orchestrator.example.com/",
        "https://somebody@orchestrator.example.com",
    ],
)
def test_a_websocket_from_elsewhere_is_refused(serve: Callable[[ASGIApp], str], origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://{serve(_APP)}/_stcore/stream", origin=origin):
        pass

    assert refused.value.response.status_code == 403


def test_a_websocket_from_the_page_itself_opens(serve: Callable[[ASGIApp], str]) -> None:
    address = serve(_APP)

    with connect(f"ws://{address}/_stcore/stream", origin=f"http://{address}") as websocket:
        assert websocket.recv() == address


def test_behind_a_proxy_the_app_sees_the_address_that_people_use(serve: Callable[[ASGIApp], str]) -> None:
    with connect(f"ws://{serve(_APP)}/_stcore/stream", origin=PUBLIC_URL) as websocket:
        assert websocket.recv() == "orchestrator.example.com"


@pytest.mark.parametrize(
    ("origin", "host", "is_ours"),
    [
        ("http://localhost:8501", "localhost:8501", True),
        ("https://localhost:8501", "localhost:8501", False),
        ("HTTP://LocalHost:8501", "localhost:8501", True),
        ("http://localhost.:8501", "localhost:8501", False),
        ("http://localhost", "localhost:80", True),
        ("https://orchestrator.example.com", "orchestrator.example.com", True),
        ("http://orchestrator.example.com", "localhost:8501", False),
        ("http://localhost:8501", "127.0.0.1:8501", False),
        ("http://localhost", "localhost:8501", False),
        ("https://orchestrator.example.com", "10.0.0.3:8501", True),
        ("http://orchestrator.example.com", "10.0.0.3:8501", False),
        ("file://localhost:8501", "localhost:8501", False),
        ("http://[", "[", False),
        ("http://", "", False),
        ("", "localhost:8501", False),
        (None, None, False),
    ],
)
def test_origin_is_ours(origin: str | None, host: str | None, *, is_ours: bool) -> None:
    assert is_our_own(origin, scheme="http", host=host, public_url=PUBLIC_URL) is is_ours
