"""Addresses that name an organization, "/o/acme/run?run=…": whether they are the reader's own.

The route (`lib.web.deep_paths`) has led here to the page, with the short name as a parameter.
"""

import streamlit as st

from lib.access.actor import Actor
from lib.config import get_settings
from lib.errors import AnotherOrganization
from lib.organizations.service import is_own_slug
from lib.web.deep_paths import ORGANIZATION, ORGANIZATIONS


def leave(actor: Actor) -> None:
    """Go on to the page without the parameter where it names the reader's organization, by its name of today or before.

    Raises `AnotherOrganization` for every other name, whether it is anybody's or not.
    """
    asked = st.query_params.get(ORGANIZATION)
    if asked is None:
        return
    if asked != actor.organization_slug and not is_own_slug(actor, asked):
        raise AnotherOrganization(actor.organization_name)
    del st.query_params[ORGANIZATION]


def address_of(slug: str) -> str:
    """The address to give away, under the address that people use."""
    here = get_settings().public_url or "/".join((st.context.url or "").split("/")[:3])
    return f"{here.rstrip('/')}/{ORGANIZATIONS}/{slug}"
