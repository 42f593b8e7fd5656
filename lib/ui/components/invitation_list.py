"""Who is invited and has not come yet."""

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.ui import words
from lib.ui.components import invite, status
from lib.ui.components.audit_link import show_more
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.paged_table import begin_at_the_beginning, show_page_buttons
from lib.ui.components.people_filters import INVITED
from lib.ui.components.person import person_inline
from lib.ui.components.row_list import row, row_list
from lib.users.invitations import revoke_invitation
from lib.users.views import InvitationStatus, InvitationSummary

_DETAIL = Markup("{}, invited by {} · {} {}")
_RENEW, _REVOKE = "New link…", "Take back…"


def show_invitations(
    invitations: Sequence[InvitationSummary],
    *,
    time_zone: str,
    newer: str | None = None,
    older: str | None = None,
    has_more: bool = False,
) -> None:
    """Draw a card of invitations, each with what this person may do about it, and where there are any, its pages.

    `has_more` is for the beginning of the list, under another one: it offers to show them all.
    """
    with card("Invited", note="they come in once they use their link", key="invitations"), row_list("invitations"):
        for invitation in invitations:
            _show_invitation(invitation, time_zone=time_zone)
    if has_more:
        st.button(
            "Show all who are invited",
            key="all-invitations",
            on_click=begin_at_the_beginning,
            kwargs={"status": INVITED},
        )
    on_page = f"{words.count(len(invitations), 'invitation')} on this page"
    show_page_buttons(on_page, key="invitations", newer=newer, older=older)


def _show_invitation(invitation: InvitationSummary, *, time_zone: str) -> None:
    is_expired = invitation.status is InvitationStatus.EXPIRED
    more = len(invitation.permissions)
    detail = _DETAIL.format(
        invitation.role.capitalize() + (f" + {words.count(more, 'permission')}" if more else ""),
        person_inline(invitation.invited_by),
        "its link ended" if is_expired else "its link ends",
        moment_inline(invitation.expires_at, time_zone=time_zone),
    )
    with row(invitation.email, detail=detail, status=status.INVITATION[invitation.status]):
        options = [_RENEW, _REVOKE] if invitation.may_manage else []
        chosen = show_more(options, "invitations", invitation.id, key=f"invitation-{invitation.id}")
    if chosen == _RENEW:
        invite.show_new_link(invitation)
    elif chosen == _REVOKE:
        _ask_to_revoke(invitation)


def _ask_to_revoke(invitation: InvitationSummary) -> None:
    def revoke(actor: Actor) -> str:
        revoke_invitation(actor, invitation.id)
        return "The invitation is taken back."

    show_confirm_dialog(
        "Take this invitation back?",
        text=f"The link that {invitation.email} was given stops working at once. They can be invited again.",
        action="Take it back",
        on_confirm=revoke,
        key="revoke-invitation",
    )
