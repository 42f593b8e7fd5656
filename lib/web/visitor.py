"""Who asks a route, as far as a request can tell."""

from uuid import uuid4

from starlette.requests import Request

from lib.access.actor import Origin
from lib.config import get_settings
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
