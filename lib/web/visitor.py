"""Who asks a route, as far as a request can tell."""

from uuid import uuid4

from starlette.requests import Request

from lib.access.actor import Actor, Origin
from lib.config import get_settings
from lib.identity import cookie, sessions
from lib.web.addresses import client_address, trusted_networks

_LONGEST_USER_AGENT = 400


def origin_of(request: Request) -> Origin:
    """Address and browser, under a request id of its own."""
    agent = request.headers.get("user-agent")
    return Origin(
        request_id=uuid4(),
        ip_address=client_address(
            request.client.host if request.client else None,
            request.headers.getlist("x-forwarded-for"),
            trusted=trusted_networks(get_settings().trusted_proxies),
        ),
        user_agent=agent[:_LONGEST_USER_AGENT] if agent else None,
    )


def find_visitor(request: Request, *, is_used: bool = True) -> Actor | None:
    """Whoever's session the cookie names, where it lives; `is_used` counts the request as a use of it."""
    secret = request.cookies.get(cookie.session_cookie_name())
    return sessions.find_actor(secret, origin=origin_of(request), is_used=is_used) if secret else None
