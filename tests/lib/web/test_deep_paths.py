import http.client
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from lib.web.deep_paths import DeepPaths

#: As a browser sends it for what is typed into its address bar.
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def _anything(request: Request) -> PlainTextResponse:
    return PlainTextResponse("passed on")


_APP = Starlette(routes=[Route("/{path:path}", _anything, methods=["GET", "POST"])], middleware=[Middleware(DeepPaths)])


def _ask(address: str, path: str, *, method: str = "GET", accept: str = HTML) -> tuple[int, str | None]:
    """Status and where to, for the path as it is written; a client would tidy it."""
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.putrequest(method, path)
        connection.putheader("Accept", accept)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location")
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/run/deep/x", "/run"),
        ("/run/", "/run"),
        ("/run/deep?run=1&x=a%20b", "/run?run=1&x=a%20b"),
        ("/nowhere/at/all", "/nowhere"),
        ("/pages/run.py", "/pages"),
        ("//", "/"),
        ("/../x/y", "/x"),
        ("/a%20b/c", "/a%20b"),
        ("/%C3%BC/c", "/%C3%BC"),
    ],
)
def test_address_below_a_page_leads_to_the_page(serve: Callable[[ASGIApp], str], path: str, target: str) -> None:
    assert _ask(serve(_APP), path) == (307, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/o/acme", "/?organization=acme"),
        ("/o/acme/", "/?organization=acme"),
        ("/o/acme/run?run=1&x=a%20b", "/run?run=1&x=a%20b&organization=acme"),
        ("/o/acme/run/deep?organization=other", "/run?organization=other&organization=acme"),
        ("/o/acme//evil.example", "/evil.example?organization=acme"),
        ("/o/acme/%2f%2fevil.example/x", "/evil.example?organization=acme"),
        ("/o/%2f%2fevil.example", "/?organization=evil.example"),
        ("/o\\acme\\runs", "/runs?organization=acme"),
        ("/o/a%26b=c%0d%0aSet-Cookie:d=e/runs", "/runs?organization=a%26b%3Dc%0D%0ASet-Cookie%3Ad%3De"),
        ("/o/", "/o"),
    ],
)
def test_address_of_an_organization_leads_to_the_page_and_says_whose_was_meant(
    serve: Callable[[ASGIApp], str], path: str, target: str
) -> None:
    assert _ask(serve(_APP), path) == (307, target)


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/",
        "///evil.example/x",
        "/%2f%2fevil.example",
        "/%2Fevil.example/x",
        "/\\evil.example",
        "/%5c%5cevil.example/x",
        "/./%2f/evil.example",
        "/.//evil.example",
        "/%09/evil.example",
        "/%0d%0a/evil.example",
    ],
)
def test_no_address_leads_to_another_site(serve: Callable[[ASGIApp], str], path: str) -> None:
    assert _ask(serve(_APP), path) == (307, "/evil.example")


@pytest.mark.parametrize(
    "path", ["/https:%2f%2fevil.example/x", "/javascript:alert(1)/x", "/x%0d%0aSet-Cookie:a=b/y", "/@evil.example/x"]
)
def test_what_means_something_in_an_address_is_written_as_text(serve: Callable[[ASGIApp], str], path: str) -> None:
    status, target = _ask(serve(_APP), path)
    assert status == 307
    assert target
    assert target.startswith("/")
    assert not set(target[1:]) & set("/\\:@\r\n?#")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/run",
        "/run?next=/a/b",
        "/_stcore/health",
        "/static/js/index.js",
        "/media/picture.svg",
        "/app/static/mark.svg",
        "/api/session",
        "/healthz/",
    ],
)
def test_pages_files_and_routes_are_left_alone(serve: Callable[[ASGIApp], str], path: str) -> None:
    assert _ask(serve(_APP), path) == (200, None)


def test_only_what_asks_for_a_page_is_led_elsewhere(serve: Callable[[ASGIApp], str]) -> None:
    """Streamlit's frontend looks below a page's address whether the app is served there, and must not find it."""
    address = serve(_APP)
    assert _ask(address, "/run/_stcore/health", accept="*/*") == (200, None)
    assert _ask(address, "/run/deep", accept="application/json") == (200, None)
    assert _ask(address, "/run/deep", method="POST") == (200, None)
    assert _ask(address, "/run/deep", method="HEAD") == (307, "/run")
