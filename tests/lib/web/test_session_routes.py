from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from lib.access.actor import Origin
from lib.config import get_settings
from lib.db import session
from lib.identity import sessions
from lib.identity.service import issue_ticket
from lib.web import session_routes
from tests import doors
from tests.cast import Cast, make_cast
from tests.conftest import Installation

APP = Starlette(routes=session_routes.routes)
ORIGIN = Origin(request_id=uuid4())


@pytest.fixture
def cast(installation: Installation) -> Cast:
    return make_cast(installation.database)


@pytest.fixture
def browser(serve: Callable[[ASGIApp], str], monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx2.Client]:
    """A browser on our own page: it keeps cookies and says where it is."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")  # uvicorn would believe this machine, as lib.serving forbids
    address = f"http://{serve(APP)}"
    with httpx2.Client(base_url=address, headers={"origin": address, "user-agent": "Firefox"}) as client:
        yield client


def _sign_in(browser: httpx2.Client, user_id: UUID, **headers: str) -> httpx2.Response:
    return browser.post("/api/session", content=issue_ticket(user_id), headers=headers)


def _session_rows(installation: Installation, user_id: UUID) -> list[Any]:
    statement = "SELECT host(ip_address), user_agent FROM user_sessions WHERE user_id = %s ORDER BY id"
    with doors.admin(installation.database) as connection:
        return connection.execute(statement, [user_id]).fetchall()


def _configure(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()


def test_ticket_becomes_a_cookie_that_no_script_and_no_other_site_gets(cast: Cast, browser: httpx2.Client) -> None:
    answer = _sign_in(browser, cast.max.user_id)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["cache-control"] == "no-store"
    cookie = SimpleCookie(answer.headers["set-cookie"])["orchestrator_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert (cookie["secure"], cookie["domain"]) == ("", "")
    assert int(cookie["max-age"]) == 30 * 86400
    actor = sessions.find_actor(cookie.value, origin=ORIGIN)
    assert actor
    assert actor.user_id == cast.max.user_id


def test_by_https_the_cookie_is_secure_and_bound_to_the_host(
    cast: Cast, browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure(monkeypatch, "ORCHESTRATOR_PUBLIC_URL", "https://orchestrator.example.com")
    answer = _sign_in(browser, cast.max.user_id, origin="https://orchestrator.example.com")
    cookie = SimpleCookie(answer.headers["set-cookie"])["__Host-orchestrator_session"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")

    value = {"cookie": f"__Host-orchestrator_session={cookie.value}"}
    assert browser.get("/api/session", headers=value).status_code == 204
    deleted = browser.post("/api/sign-out", headers=value).headers["set-cookie"]
    assert deleted.startswith("__Host-orchestrator_session=")
    assert "Secure" in deleted
    assert "Max-Age=0" in deleted


def test_session_is_of_the_browser_that_came(cast: Cast, browser: httpx2.Client, installation: Installation) -> None:
    _sign_in(browser, cast.max.user_id, **{"x-forwarded-for": "203.0.113.5"})
    assert _session_rows(installation, cast.max.user_id)[-1] == ("127.0.0.1", "Firefox")


def test_address_behind_a_trusted_proxy_is_the_browsers(
    cast: Cast, browser: httpx2.Client, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure(monkeypatch, "ORCHESTRATOR_TRUSTED_PROXIES", "127.0.0.0/8")
    _sign_in(browser, cast.max.user_id, **{"x-forwarded-for": "10.9.9.9, 203.0.113.5"})
    assert _session_rows(installation, cast.max.user_id)[-1][0] == "203.0.113.5"


def test_replayed_ticket_gets_no_cookie(cast: Cast, browser: httpx2.Client, installation: Installation) -> None:
    ticket = issue_ticket(cast.max.user_id)
    assert browser.post("/api/session", content=ticket).status_code == 204
    answer = browser.post("/api/session", content=ticket)
    assert answer.status_code == 410
    assert "set-cookie" not in answer.headers
    assert len(_session_rows(installation, cast.max.user_id)) == 2


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 410), (b"made-up", 410), (b"x" * 201, 413), (b"x" * 5_000_000, 413), (b"\xff\x00", 400)]
)
def test_what_is_no_ticket_gets_no_cookie(cast: Cast, browser: httpx2.Client, body: bytes, status: int) -> None:
    try:
        answer = browser.post("/api/session", content=body)
    except httpx2.TransportError:
        assert len(body) > 1_000_000  # answered and closed while we were still sending
        return
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "http://127.0.0.1:1", None])
def test_post_from_another_site_is_refused(cast: Cast, serve: Callable[[ASGIApp], str], origin: str | None) -> None:
    ticket, secret = issue_ticket(cast.max.user_id), cast.secret_of(cast.max)
    headers = {"cookie": f"orchestrator_session={secret}"} | ({} if origin is None else {"origin": origin})
    for path in ("/api/session", "/api/sign-out"):
        answer = httpx2.post(f"http://{serve(APP)}{path}", content=ticket, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert sessions.find_actor(secret, origin=ORIGIN)


def test_ticket_survives_a_foreign_attempt(cast: Cast, browser: httpx2.Client) -> None:
    ticket = issue_ticket(cast.max.user_id)
    assert browser.post("/api/session", content=ticket, headers={"origin": "https://evil.example"}).status_code == 403
    assert browser.post("/api/session", content=ticket).status_code == 204


def test_public_address_is_our_own_also_behind_a_proxy(
    cast: Cast, browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _configure(monkeypatch, "ORCHESTRATOR_PUBLIC_URL", "http://orchestrator.example.com:8080")
    assert _sign_in(browser, cast.max.user_id, origin="http://orchestrator.example.com:8080").status_code == 204
    assert _sign_in(browser, cast.max.user_id, origin="http://orchestrator.example.com").status_code == 403


def test_sign_in_renews_the_session_and_ends_the_one_that_the_browser_held(cast: Cast, browser: httpx2.Client) -> None:
    _sign_in(browser, cast.max.user_id)
    first = browser.cookies["orchestrator_session"]
    _sign_in(browser, cast.max.user_id)
    second = browser.cookies["orchestrator_session"]
    assert first != second
    assert sessions.find_actor(first, origin=ORIGIN) is None
    assert sessions.find_actor(second, origin=ORIGIN)
    assert sessions.find_actor(cast.secret_of(cast.max), origin=ORIGIN), "one of another browser goes on"


def test_cookie_that_somebody_planted_opens_nothing(cast: Cast, browser: httpx2.Client) -> None:
    """Whoever knows what a browser held before its sign-in knows nothing of what it holds after it."""
    charlies = cast.secret_of(cast.charlie)
    for planted in ("planted-" + "x" * 35, charlies):
        browser.cookies.clear()
        answer = browser.post(
            "/api/session",
            content=issue_ticket(cast.max.user_id),
            headers={"cookie": f"orchestrator_session={planted}"},
        )
        assert answer.status_code == 204
        assert sessions.find_actor(planted, origin=ORIGIN) is None
        actor = sessions.find_actor(browser.cookies["orchestrator_session"], origin=ORIGIN)
        assert actor
        assert actor.user_id == cast.max.user_id


def test_ticket_that_is_no_good_ends_no_session(cast: Cast, browser: httpx2.Client) -> None:
    _sign_in(browser, cast.max.user_id)
    assert browser.post("/api/session", content="made-up").status_code == 410
    assert sessions.find_actor(browser.cookies["orchestrator_session"], origin=ORIGIN)


def test_browser_can_ask_whether_its_cookie_was_kept(cast: Cast, browser: httpx2.Client) -> None:
    assert browser.get("/api/session").status_code == 401
    _sign_in(browser, cast.max.user_id)
    answer = browser.get("/api/session")
    assert (answer.status_code, answer.content) == (204, b"")
    browser.cookies.clear()
    browser.cookies.set("orchestrator_session", "forged")
    assert browser.get("/api/session").status_code == 401


def test_session_that_opens_the_set_up_of_a_second_factor_only_keeps_its_cookie(
    cast: Cast, browser: httpx2.Client, installation: Installation
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE organizations SET settings = jsonb_build_object('security_settings', "
            "jsonb_build_object('require_2fa', true, 'grace_days', 0))"
        )
    assert _sign_in(browser, cast.max.user_id).status_code == 204
    assert sessions.find_actor(browser.cookies["orchestrator_session"], origin=ORIGIN) is None
    assert browser.get("/api/session").status_code == 204
    assert browser.post("/api/sign-out").status_code == 204
    assert browser.get("/api/session").status_code == 401


def test_pending_sign_in_is_no_cookie(cast: Cast, browser: httpx2.Client) -> None:
    with session.identity_session() as opened:
        pending = sessions.open_pending(opened, cast.max.user_id, origin=ORIGIN)
    assert browser.get("/api/session", headers={"cookie": f"orchestrator_session={pending}"}).status_code == 401
    assert browser.post("/api/session", content=pending).status_code == 410


def test_sign_out_ends_the_session_and_deletes_the_cookie(cast: Cast, browser: httpx2.Client) -> None:
    _sign_in(browser, cast.max.user_id)
    secret = browser.cookies["orchestrator_session"]
    answer = browser.post("/api/sign-out")
    assert answer.status_code == 204
    assert answer.headers["cache-control"] == "no-store"
    assert "orchestrator_session" not in browser.cookies
    assert sessions.find_actor(secret, origin=ORIGIN) is None
    assert sessions.find_actor(cast.secret_of(cast.max), origin=ORIGIN)


@pytest.mark.parametrize("cookies", [{}, {"orchestrator_session": "forged"}])
def test_sign_out_without_a_session_is_fine(
    installation: Installation, browser: httpx2.Client, cookies: dict[str, str]
) -> None:
    for name, value in cookies.items():
        browser.cookies.set(name, value)
    assert browser.post("/api/sign-out").status_code == 204


def test_other_verbs_are_refused(installation: Installation, browser: httpx2.Client) -> None:
    assert browser.get("/api/sign-out").status_code == 405
    assert browser.delete("/api/session").status_code == 405


def test_database_that_does_not_answer_is_said(
    installation: Installation, browser: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.dispose()
    nowhere = "postgresql://orchestrator_identity:x@127.0.0.1:1/nowhere"
    _configure(monkeypatch, "ORCHESTRATOR_IDENTITY_DATABASE_URL", nowhere)
    answer = browser.post("/api/session", content="ticket")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
