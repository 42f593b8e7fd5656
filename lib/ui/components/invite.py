"""Inviting people, and what came of it: a link that no mail has is shown once, for nobody can read it again.

The operator's dialogs show the links of first admins as these do.
"""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.access.permission_names import PERMISSIONS
from lib.access.permissions import Permission
from lib.mail.service import can_send
from lib.ui import address, feedback, words
from lib.ui.components import status
from lib.ui.components.confirm_dialog import is_confirmed
from lib.ui.components.permission_words import role_in_words
from lib.ui.components.shown_once import open_once
from lib.ui.guard import require_actor
from lib.users.invitations import MOST_AT_ONCE, invite, renew_invitation
from lib.users.rights import permissions_to_give, roles_to_invite
from lib.users.views import InvitationSummary, InviteOutcome

_HAND_OVER: Final = (
    "No mail is sent. A link is shown only here and only now, and is good once, for a week: copy it and hand it over "
    "yourself."
)
#: A list that is longer than so many lines scrolls, in so many pixels.
_MANY, _MOST_HEIGHT = 8, 220
_FAILED: Final = status.Status("Not invited", ":material/error:", "red", "✕")

Outcomes = Sequence[InviteOutcome]


def may_invite_somebody(actor: Actor) -> bool:
    """Whether there is anybody whom this person may invite. The people of the sample workspace are made up."""
    return bool(roles_to_invite(actor)) and not actor.is_sample


def show_invite(actor: Actor) -> None:
    """Open the form. Call it in the run in which its button was pressed."""
    open_form("Invite people", lambda: _ask(actor))


def show_new_link(invitation: InvitationSummary) -> None:
    """Ask whether a new link is to replace the one that was handed out, and show it."""
    open_form("New link", lambda: _ask_to_renew(invitation.id, invitation.email))


def open_form(title: str, ask: Callable[[], Outcomes | None]) -> None:
    """Open a dialog that asks until there are outcomes, and then shows them until it is closed."""
    open_once(title, ask, show_outcomes)


def ask_by_mail() -> bool:
    """Whether a new link is to go by mail; nothing is asked where no mail is sent."""
    explained = "Off shows the link here, to be handed over: for when a mail did not arrive."
    return can_send() and st.checkbox("Send it by mail", value=True, help=explained, key="by-mail")


def show_outcomes(outcomes: Outcomes) -> None:
    """Draw who was invited, by mail or with a link to hand over, and who was not and why."""
    mailed = [outcome for outcome in outcomes if outcome.is_mailed]
    if mailed:
        mails = words.count(len(mailed), "mail")
        st.markdown(words.plain(f"{mails} on the way, with a link that is good once, for a week."))
    if any(outcome.secret_path for outcome in outcomes):
        st.markdown(words.plain(_HAND_OVER))
    for outcome in outcomes:
        _show_outcome(outcome)
    _show_all_at_once([outcome for outcome in outcomes if outcome.secret_path])


def _show_all_at_once(handed_over: Outcomes) -> None:
    """Several links to be copied in one go, a person a line, as a sheet or a mail merge takes them.

    No file to download: what a button has ready for it is kept beside the session that asked.
    """
    if len(handed_over) > 1:
        lines = [f"{outcome.email}\t{address.absolute(outcome.secret_path)}" for outcome in handed_over]
        st.markdown(words.plain("All of them, to be copied at once: address and link, a person a line."))
        st.code("\n".join(lines), language=None, height=_MOST_HEIGHT if len(lines) > _MANY else "content")


def _show_outcome(outcome: InviteOutcome) -> None:
    if outcome.problem:
        st.markdown(
            f"{status.inline(_FAILED, text=words.short(outcome.email, most=120))}  \n"
            f":gray[{words.plain(outcome.problem)}]"
        )
        return
    st.markdown(status.inline(status.INVITATION["invited"], text=outcome.email))
    if outcome.secret_path:
        st.code(address.absolute(outcome.secret_path), language=None, wrap_lines=True)


def _ask(actor: Actor) -> Outcomes | None:
    """Draw the form; what was typed stays while something is wrong with all of it."""
    roles = [*reversed(roles_to_invite(actor))]
    with st.form("invite", border=False):
        addresses = st.text_area(
            "E-mail addresses",
            height=110,
            placeholder="nora@company.com\nomar@company.com",
            help=f"One a line, or with commas between them; {words.number(MOST_AT_ONCE)} at once at most.",
        )
        role = st.selectbox("Invite as", roles, index=min(1, len(roles) - 1), format_func=role_in_words)
        offered = permissions_to_give(actor)
        permissions = (
            st.multiselect("Permissions beside the role", offered, format_func=PERMISSIONS.__getitem__)
            if offered
            else []
        )
        is_sent = st.form_submit_button("Invite", type="primary")
    if is_sent:
        with feedback.told():
            return invite(require_actor(Permission.USERS_INVITE), addresses, role=role, permissions=permissions)
    return None


def _ask_to_renew(invitation_id: UUID, email: str) -> Outcomes | None:
    st.markdown(words.plain(f"The link that {email} was given stops working. The new one is good once, for a week."))
    by_mail = ask_by_mail()
    if is_confirmed("Make a new link", key="renew"):
        with feedback.told():
            return (renew_invitation(require_actor(Permission.USERS_INVITE), invitation_id, by_mail=by_mail),)
    return None
