"""The session's cookie: set, looked at and deleted by routes, because a page of Streamlit can't.

    POST   /api/session    a ticket as the body -> 204 and the cookie of a new session, which ends the one that the
                           browser held, and `landing-page` where the person wants to land somewhere else than at the
                           root; 410 when the ticket is no longer good
    GET    /api/session    204 when the browser brought the cookie of a living session, else 401
    POST   /api/sign-out   204, the session ended and the cookie deleted

A POST from another site's page is answered 403, a database that does not answer 503.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from lib.access.actor import DEFAULT_LANDING_PAGE
from lib.config import get_settings
from lib.errors import DatabaseUnavailable, LinkExpired
from lib.identity import cookie, service, sessions
from lib.identity.policy import LONGEST_SESSION
from lib.web.origin import is_our_own
from lib.web.visitor import origin_of

_NEVER_KEPT: Final = {"cache-control": "no-store"}
_LONGEST_TICKET: Final = 200

Endpoint = Callable[[Request], Awaitable[Response]]


def _answer_errors(endpoint: Endpoint) -> Endpoint:
    @wraps(endpoint)
    async def answer(request: Request) -> Response:
        is_foreign = not is_our_own(
            request.headers.get("origin"),
            scheme=request.url.scheme,
            host=request.headers.get("host"),
            public_url=get_settings().public_url,
        )
        if request.method == "POST" and is_foreign:
            return _say("This address belongs to the dashboard's own pages.", 403)
        try:
            return await endpoint(request)
        except DatabaseUnavailable as error:
            return _say(error.message, 503)

    return answer


@_answer_errors
async def _redeem(request: Request) -> Response:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_TICKET:
            return _say("This is no ticket.", 413)
    try:
        ticket = body.decode("ascii")
        held = request.cookies.get(cookie.session_cookie_name())
        origin = origin_of(request)
        secret = await run_in_threadpool(service.redeem_ticket, ticket, origin=origin, replaced=held)
        actor = await run_in_threadpool(sessions.find_actor, secret, origin=origin)
    except UnicodeDecodeError:
        return _say("This is no ticket.", 400)
    except LinkExpired as error:
        return _say(error.message, 410)
    response = _done()
    if actor and actor.first_page != DEFAULT_LANDING_PAGE:
        response.headers["landing-page"] = f"/{actor.first_page}"
    response.set_cookie(
        cookie.session_cookie_name(),
        secret,
        max_age=int(LONGEST_SESSION.total_seconds()),
        path="/",
        secure=cookie.is_secure(),
        httponly=True,
        samesite="strict",
    )
    return response


@_answer_errors
async def _look(request: Request) -> Response:
    secret = request.cookies.get(cookie.session_cookie_name())
    is_living = secret is not None and await run_in_threadpool(sessions.is_living, secret, origin=origin_of(request))
    return _done() if is_living else _say("Nobody is signed in here.", 401)


@_answer_errors
async def _sign_out(request: Request) -> Response:
    secret = request.cookies.get(cookie.session_cookie_name())
    if secret:
        await run_in_threadpool(service.sign_out, secret, origin=origin_of(request))
    response = _done()
    response.delete_cookie(
        cookie.session_cookie_name(), path="/", secure=cookie.is_secure(), httponly=True, samesite="strict"
    )
    return response


def _done() -> Response:
    return Response(status_code=204, headers=_NEVER_KEPT)


def _say(text: str, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers=_NEVER_KEPT)


routes: list[Route] = [
    Route("/api/session", _redeem, methods=["POST"]),
    Route("/api/session", _look, methods=["GET"]),
    Route("/api/sign-out", _sign_out, methods=["POST"]),
]
