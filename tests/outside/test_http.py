"""What a program gets that speaks HTTP: headers on every answer, closed doors, no file but those of the frontend."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.identity.cookie import session_cookie_name
from lib.ui.navigation import PAGES
from tests.outside.conftest import MARKS, Site

#: One address of each kind.
ADDRESSES = (
    *(f"/{page.url_path}" for page in PAGES),
    "/",
    "/nowhere",
    "/healthz",
    "/readyz",
    "/api/session",
    "/api/nowhere",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/upload_file/session/file",
    "/media/nothing.png",
    "/component/nothing/index.html",
    "/app/static/mark.svg",
    "/app/static/nothing.svg",
    "/static/nothing.js",
    "/%2e%2e/lib/config.py",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
#: Streamlit has them; nothing of ours needs them.
CLOSED = (
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/agent/openapi.json",
    "/_stcore/agent/interact",
    "/_stcore/agent/mcp",
    "/_stcore/upload_file/session/file",
    "/_stcore/bidi-components/name/index.js",
    "/component/extra_streamlit_components.CookieManager.cookie_manager/index.html",
    "/auth/login",
    "/auth/logout",
    "/oauth2callback",
)
TRAVERSALS = (
    "/app/static/../../lib/config.py",
    "/app/static/..%2f..%2flib/config.py",
    "/app/static/%2e%2e/%2e%2e/lib/config.py",
    "/app/static/....//....//lib/config.py",
    "/app/static/..%5c..%5clib%5cconfig.py",
    "/app/static//etc/passwd",
    "/app/static/%00/../../lib/config.py",
    "/static/../../../../lib/config.py",
    "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/media/../lib/config.py",
    "/media/%2e%2e%2flib%2fconfig.py",
    "/lib/config.py",
    "/pages/run.py",
    "/Home.py",
    "/.streamlit/config.toml",
    "/.git/config",
    "//etc/passwd",
)
#: Words of those files, and of none that is served.
SECRETS = ("class Settings", "root:x:", "[core]", "require_actor", "maxUploadSize")


def _assert_guarded(headers: Mapping[str, str]) -> None:
    policy = headers["content-security-policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src "))
    assert "unsafe" not in scripts
    assert "*" not in policy
    for part in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'self'"):
        assert part in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers
    assert not [name for name in headers if name.startswith("access-control-")]


def _get_raw(site: Site, path: str, *, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask for the path as it is written; a client would tidy it."""
    address = urlsplit(site.url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_is_guarded_whatever_the_method(site: Site, path: str) -> None:
    for method in METHODS:
        status, headers, _ = _get_raw(site, path, method=method, Origin="http://evil.example")
        assert status < 500, method
        _assert_guarded(headers)


def test_no_page_of_this_machine_may_read_an_answer(site: Site) -> None:
    for path in ("/_stcore/health", "/_stcore/host-config", "/app/static/mark.svg", "/media/nothing.png"):
        for method in ("GET", "OPTIONS"):
            _assert_guarded(_get_raw(site, path, method=method, Origin="http://localhost:1")[1])


def test_answer_that_fails_is_guarded(site: Site) -> None:
    """What nobody foresaw: a table that is not there."""
    cookie = {"Cookie": f"{session_cookie_name()}={site.cast.secret_of(site.cast.alice)}"}
    site.sql("ALTER TABLE user_sessions RENAME TO elsewhere")
    try:
        status, headers, body = _get_raw(site, "/api/session", **cookie)
    finally:
        site.sql("ALTER TABLE elsewhere RENAME TO user_sessions")
    assert (status, body) == (500, b"Something went wrong on our side.")
    _assert_guarded(headers)
    assert _get_raw(site, "/api/session", **cookie)[0] == 204


def test_path_that_no_file_system_holds_is_guarded(site: Site) -> None:
    status, headers, body = _get_raw(site, "/app/static/" + "x" * 5000)
    assert status in {404, 500}
    _assert_guarded(headers)
    assert b"Traceback" not in body


@pytest.mark.parametrize("path", CLOSED)
def test_what_nobody_needs_is_closed(site: Site, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        status, _, body = _get_raw(site, path, method=method)
        assert (status, body) == (404, b"Not Found"), method


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_file_is_read_by_its_path(site: Site, path: str) -> None:
    status, headers, body = _get_raw(site, path)
    assert status in {200, 307, 400, 404}
    assert not [word for word in SECRETS if word.encode() in body]
    _assert_guarded(headers)
    if status == 200:  # every address that is none is the frontend's page, which asks over its websocket what is there
        assert b"<title>Streamlit</title>" in body


@pytest.mark.parametrize("path", [f"/{page.url_path}" for page in PAGES])
def test_page_over_http_is_the_same_empty_frame_for_everybody(site: Site, path: str) -> None:
    cookie = {"Cookie": f"{session_cookie_name()}={site.cast.secret_of(site.cast.alice)}"}
    frame = _get_raw(site, path)[2]
    assert _get_raw(site, path, **cookie)[2] == frame
    assert not [mark for mark in MARKS if mark.encode() in frame]


def test_address_below_a_page_leads_to_the_page_and_never_away(site: Site) -> None:
    """Streamlit's page would stay white there: it looks for its scripts below its own address."""
    for path, target in (("/run/deep/x", "/run"), ("//evil.example/x", "/evil.example"), ("/..%5cevil/x", "/evil")):
        status, headers, _ = _get_raw(site, path, Accept="text/html")
        assert (status, headers["location"], headers["cache-control"]) == (307, target, "no-store")
        _assert_guarded(headers)
    assert _get_raw(site, "/run/static/nothing.js", Accept="*/*")[0] != 307


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "http://evil.example",
        "http://localhost",
        "http://localhost:1",
        "http://localhost.:{port}",
        "http://127.0.0.1:{port}",
        "https://localhost:{port}",
        "ws://localhost:{port}",
        "http://localhost:{port}/",
        "http://localhost:{port}.evil.example",
        "http://evil.example@localhost:{port}",
        "http://LOCALHOST.EVIL.EXAMPLE:{port}",
    ],
)
def test_websocket_from_elsewhere_is_refused_and_the_refusal_guarded(site: Site, origin: str | None) -> None:
    """With a cookie that would open everything: that is what another site's page would ride on."""
    headers = {"Cookie": f"{session_cookie_name()}={site.cast.secret_of(site.cast.alice)}"}
    if origin is not None:
        headers["Origin"] = origin.format(port=urlsplit(site.url).port)
    address = f"{site.url.replace('http', 'ws', 1)}/_stcore/stream"
    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=headers):
        pass
    assert refused.value.response.status_code == 403
    _assert_guarded({name.lower(): value for name, value in refused.value.response.headers.raw_items()})


def test_websocket_of_the_page_itself_opens_guarded(site: Site) -> None:
    address = f"{site.url.replace('http', 'ws', 1)}/_stcore/stream"
    with connect(address, origin=site.url.upper().replace("HTTP", "http")) as opened:
        assert opened.response
        _assert_guarded({name.lower(): value for name, value in opened.response.headers.raw_items()})


@pytest.mark.parametrize("path", ["/", "/nowhere", "/_stcore/metrics", "/api/session"])
def test_websocket_to_anywhere_else_is_refused_and_the_refusal_guarded(site: Site, path: str) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(f"{site.url.replace('http', 'ws', 1)}{path}", origin=site.url),
    ):
        pass
    assert refused.value.response.status_code in {403, 404}
    _assert_guarded({name.lower(): value for name, value in refused.value.response.headers.raw_items()})
