"""Who sits at this session, as far as a request can tell."""

from uuid import uuid4

import streamlit as st

from lib.access.actor import Origin
from lib.config import get_settings
from lib.web.addresses import client_address, trusted_networks

_LONGEST_USER_AGENT = 400


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
