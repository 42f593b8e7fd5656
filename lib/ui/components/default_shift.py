"""Saying that a change of the connections gives another model to runs that name none: before it is made, and after."""

from collections.abc import Callable

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.defaults import DefaultModel, OfferChange, read_default
from lib.connections.views import ConnectionView
from lib.ui.guard import require_actor
from lib.ui.words import plain


def offering(connection: ConnectionView, *models: str) -> OfferChange:
    """What it is for the connection to offer these models and no others; none, when it goes."""
    return OfferChange(connection_id=connection.id, slug=connection.slug, name=connection.name, models=models)


def foresee_shift(change: OfferChange) -> str:
    """What the change would do to runs that name no model, in words; empty where they go on as before."""
    actor = require_actor(Permission.CONNECTIONS_VIEW)
    return _in_words(read_default(actor), read_default(actor, after=change))


def show_shift(change: OfferChange) -> None:
    """Draw it, where there is something to say."""
    if said := foresee_shift(change):
        st.markdown(f":orange[:material/swap_horiz:] {plain(said)}")


def with_shift(actor: Actor, message: str, change: Callable[[], object]) -> str:
    """Make the change; returns `message`, and what became of runs that name no model."""
    before = read_default(actor)
    change()
    return " ".join(filter(None, (message, _in_words(before, read_default(actor)))))


def _in_words(before: DefaultModel | None, after: DefaultModel | None) -> str:
    if before is None:
        return f"Runs that name no model will use “{after.label}”; until now they have none." if after else ""
    if after is None:
        return f"Runs that name no model will have none instead of “{before.label}”: nothing else is on offer."
    if before.choice != after.choice:
        return f"Runs that name no model will use “{after.label}” instead of “{before.label}”."
    if before.is_offered and not after.is_offered:
        return (
            f"Runs that name no model will not start: your organization's default, “{before.label}”, is not on offer "
            "then. Choose another default on the Organization page."
        )
    if after.is_offered and not before.is_offered:
        return f"Runs that name no model will start again, with your organization's default, “{after.label}”."
    return ""
