import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.web.headers import SecurityHeaders, content_security_policy, security_headers


async def _page(request: Request) -> Response:
    return PlainTextResponse(
        "page", headers={"X-Frame-Options": "ALLOWALL", "X-Other": "kept", "Access-Control-Allow-Origin": "*"}
    )


async def _broken(request: Request) -> Response:
    raise ZeroDivisionError


async def _open(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("open")
    await websocket.close()


async def _refuse(websocket: WebSocket) -> None:
    await websocket.close(1008)


@cache
def _app(*, is_https: bool = False) -> Starlette:
    return Starlette(
        routes=[
            Route("/", _page),
            Route("/broken", _broken),
            WebSocketRoute("/open", _open),
            WebSocketRoute("/refused", _refuse),
        ],
        middleware=[Middleware(SecurityHeaders, headers=security_headers(is_https=is_https))],
    )


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404), ("/broken", 500)])
def test_every_answer_carries_the_headers(serve: Callable[[ASGIApp], str], path: str, status: int) -> None:
    answer = httpx2.get(f"http://{serve(_app())}{path}")

    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_no_other_site_may_read_an_answer(serve: Callable[[ASGIApp], str]) -> None:
    answer = httpx2.get(f"http://{serve(_app())}/", headers={"origin": "http://localhost:1"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(("path", "status"), [("/refused", 403), ("/nowhere", 403)])
def test_refusal_of_a_websocket_carries_the_headers(serve: Callable[[ASGIApp], str], path: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://{serve(_app())}{path}"):
        pass

    answer = refused.value.response
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.body == b"This connection is refused."


def test_opening_of_a_websocket_carries_the_headers(serve: Callable[[ASGIApp], str]) -> None:
    with connect(f"ws://{serve(_app())}/open") as websocket:
        assert websocket.response
        assert websocket.response.headers["x-content-type-options"] == "nosniff"
        assert websocket.recv() == "open"


def test_what_the_app_says_is_overwritten_and_the_rest_kept(serve: Callable[[ASGIApp], str]) -> None:
    answer = httpx2.get(f"http://{serve(_app())}/")

    assert answer.headers.get_list("x-frame-options") == ["DENY"]
    assert answer.headers["x-other"] == "kept"


def test_a_broken_answer_says_nothing_of_why(serve: Callable[[ASGIApp], str]) -> None:
    answer = httpx2.get(f"http://{serve(_app())}/broken")

    assert answer.text == "Something went wrong on our side."


@pytest.mark.parametrize("is_https", [True, False])
def test_browsers_are_bound_to_https_only_where_it_is_served(
    serve: Callable[[ASGIApp], str], *, is_https: bool
) -> None:
    answer = httpx2.get(f"http://{serve(_app(is_https=is_https))}/")

    assert ("strict-transport-security" in answer.headers) is is_https


def test_the_policy_lets_the_scripts_of_the_installed_streamlit_run_by_their_hash_and_no_others() -> None:
    page = files("streamlit").joinpath("static", "index.html").read_text(encoding="utf-8")
    policy = dict(security_headers(is_https=False))["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src "))

    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert inline
    for script in inline:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in scripts
    assert "unsafe" not in scripts


def test_a_script_that_changes_gets_another_hash() -> None:
    assert content_security_policy("<script>a()</script>") != content_security_policy("<script>b()</script>")
