"""Who sits at this session, as far as a request can tell."""

from collections.abc import Iterator
from uuid import uuid4

import streamlit as st

from lib.access.actor import Origin
from lib.config import get_settings
from lib.identity.cookie import session_cookie_name
from lib.ui import state
from lib.web.addresses import client_address, trusted_networks

_LONGEST_USER_AGENT = 400


def session_ids() -> Iterator[str]:
    """The tab's own session comes first: after signing in again, the cookie of this connection is the old one."""
    remembered = state.peek(state.SESSION_ID)
    cookie = st.context.cookies.get(session_cookie_name())
    for session_id in dict.fromkeys((remembered, cookie)):
        if isinstance(session_id, str):
            yield session_id


def current_origin() -> Origin:
    """Address and browser of this session, under a request id of its own.

    The id stands beside everything that this script run, fragment run or callback changes.
    """
    headers = st.context.headers
    agent = headers.get("User-Agent")
    return Origin(
        request_id=uuid4(),
        ip_address=client_address(
            st.context.ip_address,
            headers.get_all("X-Forwarded-For"),
            trusted=trusted_networks(get_settings().trusted_proxies),
        ),
        user_agent=agent[:_LONGEST_USER_AGENT] if agent else None,
    )
