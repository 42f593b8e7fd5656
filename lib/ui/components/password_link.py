"""A link for a new password, for a person who has none that they remember."""

from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.mail.service import can_send
from lib.ui import address, feedback, words
from lib.ui.components.confirm_dialog import is_confirmed
from lib.ui.components.shown_once import open_once
from lib.ui.guard import require_actor
from lib.users.password_links import make_password_link
from lib.users.views import PasswordLink, PersonDetail

_EXPLAINED: Final = (
    "A link by which {name} sets a new password, good once, for an hour. One that they had before stops working; their "
    "password and their sessions stay until they set a new one. The audit trail notes that you made it."
)
_BY_MAIL: Final = "It goes by mail to {email}, and nobody else sees it."
_SHOWN: Final = (
    "No mail is sent here, so the link is shown to you. Whoever has it can sign in as {name}, unless a second factor "
    "stands in the way: hand it to them alone."
)
_ONCE: Final = "This link is shown only here and only now. Copy it and hand it over yourself:"


def show_password_link(person: PersonDetail) -> None:
    """Ask whether a link is to be made, and show it where no mail has it. Call it where its action was chosen."""
    open_once(f"Reset the password of {words.short(person.name, most=60)}?", lambda: _ask(person), _show)


def _ask(person: PersonDetail) -> PasswordLink | None:
    st.markdown(words.plain(_EXPLAINED.format(name=person.name)))
    where = _BY_MAIL if can_send() else _SHOWN
    st.markdown(words.plain(where.format(name=person.name, email=person.email)))
    if is_confirmed("Make the link", key="password-link"):
        with feedback.told():
            return make_password_link(require_actor(Permission.USERS_EDIT), person.id)
    return None


def _show(made: PasswordLink) -> None:
    if made.is_mailed:
        st.markdown(words.plain(f"A mail to {made.email} is on its way. Its link is good once, for an hour."))
        return
    st.markdown(words.plain(_ONCE))
    st.code(address.absolute(made.secret_path), language=None, wrap_lines=True)
