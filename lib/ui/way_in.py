"""What stands in place of every page for whoever may see none: the sign-in form, or what their session is good for."""

from typing import Final

import streamlit as st

from lib.identity import sessions
from lib.identity.sessions import Enrollee
from lib.ui import door, sign_in, visitor
from lib.ui.components.enrolment import show_enrolment
from lib.ui.words import plain

_REQUIRED: Final = (
    "{} requires a second factor beside the password, and the time to set one up is over. Until you have one, nothing "
    "else is open to you."
)


def show_way_in() -> None:
    """Draw the sign-in form; for whoever is signed in without the second factor that is required, its set-up."""
    enrollee = None if sign_in.is_on_its_way() else _find_enrollee()
    if enrollee is None:
        sign_in.show_sign_in()
        return
    with door.narrow_column():
        st.title("Set up a second factor", anchor=False)
        st.markdown(f":gray[{plain(_REQUIRED.format(enrollee.organization_name))}]")
        show_enrolment(enrollee)
        st.button("Sign out", icon=":material/logout:", type="tertiary", on_click=sign_in.sign_out)


def _find_enrollee() -> Enrollee | None:
    origin = visitor.current_origin()
    found = (sessions.find_enrollee(session_id, origin=origin) for session_id in visitor.session_ids())
    return next((enrollee for enrollee in found if enrollee is not None), None)
