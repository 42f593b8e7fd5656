"""The end of an organization: asked for, said on every page while it waits, and taken back."""

from datetime import datetime

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.organizations.service import WAITING_PERIOD, ask_deletion, take_deletion_back
from lib.organizations.views import OrganizationDetail
from lib.ui import feedback, words
from lib.ui.components.card import card
from lib.ui.guard import require_actor

_DAYS = WAITING_PERIOD.days
_WHAT_HAPPENS = (
    f"For {_DAYS} days everything works as ever, new runs too; every page says to admins when it ends, and any of them "
    "can take it back. Then nobody can sign in any more, and what runs is cancelled. The installation's operator can "
    "restore it until it is purged."
)


def show_notice(deletes_at: datetime, *, actor: Actor) -> None:
    """Draw, above every page, when the organization ends, for those who may take that back."""
    name = words.plain(words.short(actor.organization_name, most=80))
    when = words.plain(words.ago(deletes_at, now=clock.now()))
    day = words.plain(words.day(deletes_at, zone=actor.time_zone))
    with st.container(key="organization-ends", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f":orange[:material/warning:] **{name} ends {when}**, on {day}. :gray[Until then work goes on.]",
            width="stretch",
        )
        _show_take_back("take-end-back-here")


def show_end_card(organization: OrganizationDetail, *, actor: Actor) -> None:
    """Draw the way to ask for the end, or back from it."""
    with card("End of the organization"):
        if organization.is_sample:
            st.markdown(":gray[The sample workspace is removed from the Overview, by an operator.]")
        elif organization.deletes_at:
            day = words.plain(words.day(organization.deletes_at, zone=actor.time_zone))
            st.markdown(f"It ends on **{day}**. :gray[{_WHAT_HAPPENS}]")
            _show_take_back("take-end-back")
        else:
            st.markdown(f":gray[{_WHAT_HAPPENS}]")
            if st.button("Delete this organization…", icon=":material/delete:", key="ask-end"):
                _ask()


@st.dialog("Delete this organization?", on_dismiss="rerun")
def _ask() -> None:
    actor = require_actor(Permission.ORGANIZATION_EDIT)
    name = words.plain(words.short(actor.organization_name, most=80))
    st.markdown(f"**{name}** ends in {_DAYS} days, with its people, projects and runs. {_WHAT_HAPPENS}")
    with st.form("end-organization", border=False):
        typed = st.text_input(f"Type its short name, {words.plain(actor.organization_slug)}", autocomplete="off")
        is_sure = st.form_submit_button(f"Delete it in {_DAYS} days", type="primary")
    if is_sure:
        with feedback.told():
            ends_at = ask_deletion(require_actor(Permission.ORGANIZATION_EDIT), slug=typed)
            feedback.succeeded(f"It ends on {words.day(ends_at, zone=actor.time_zone)}. It can be taken back.")
            st.rerun()


def _show_take_back(key: str) -> None:
    if st.button("Take it back", key=key):
        with feedback.told():
            take_deletion_back(require_actor(Permission.ORGANIZATION_EDIT))
            feedback.succeeded("It was taken back: the organization goes on.")
            st.rerun()
