"""What was done to one thing, from the audit trail: who, what, when, and what changed."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.audit.service import Changes
from lib.audit.views import Change, Thing
from lib.ui import words
from lib.ui.components.audit_link import show_audit_link
from lib.ui.components.card import card
from lib.ui.components.moment import show_moment
from lib.ui.components.paged_table import page_button
from lib.ui.components.person import SYSTEM, person_in_words, show_person
from lib.ui.components.trail_diff import show_trail_diff

#: The query parameter that holds the cursor; the page's table has one of its own.
_CURSOR: Final = "changes"


def current_change() -> str | None:
    """Which page of changes the address asks for; None is the newest."""
    return st.query_params.get(_CURSOR)


def show_activity(actor: Actor, thing: Thing, page: Changes | None, *, names: Mapping[str, str]) -> None:
    """Draw a card of changes to the thing, each of which opens to what it was before and after, and the way to more.

    `names` are those of the fields; None is no page that there is.
    """
    items, newer, older = (page.items, page.newer, page.older) if page else ((), None, None)
    with card("Activity", note="from the audit trail", key="activity"):
        for change in items:
            _show_change(change, names=names, time_zone=actor.time_zone)
        if not items:
            st.markdown(":gray[Nothing is that far back any more.]")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            show_audit_link(actor, thing.kind, thing.id)
            if newer or older or current_change():
                st.space("stretch")
                is_newer_there = bool(newer) or not items
                for label, cursor, is_there in (
                    ("Newer", newer, is_newer_there),
                    ("Older", older, bool(older)),
                ):
                    page_button(
                        label,
                        cursor,
                        key=_CURSOR,
                        is_first=label == "Newer",
                        is_enabled=is_there,
                        parameter=_CURSOR,
                    )


def _show_change(change: Change, *, names: Mapping[str, str], time_zone: str) -> None:
    when = words.ago(change.created_at, now=clock.now())
    who = words.plain(person_in_words(change.person)) if change.person else SYSTEM
    label = f"**{who}** {words.plain(change.did)} :gray[· {words.plain(when)}]"
    with st.expander(label, type="compact", key=f"change-{change.id}", on_change="rerun") as opened:
        if not opened.open:
            return
        with st.container(horizontal=True, gap="small"):
            show_person(change.person, with_role=True)
            show_moment(change.created_at, time_zone=time_zone)
        show_trail_diff(change, names=names, zone=time_zone)
