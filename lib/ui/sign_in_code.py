"""The second step of a sign-in: the code, for whoever has a second factor.

What the server remembers is that this tab's password was right, under a secret that the browser never sees; it is good
for five minutes and for nothing but trying codes.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import streamlit as st

from lib.errors import InvalidInput, LinkExpired
from lib.identity import second_factor
from lib.identity.fields import Field
from lib.ui import feedback, visitor

_PENDING: Final = "sign_in_pending"


def wait_for(pending: str) -> None:
    """Ask for the code from the next run on."""
    st.session_state[_PENDING] = pending


def is_waited_for() -> bool:
    """Whether this tab's password was right a moment ago and the code is still to come."""
    return isinstance(st.session_state.get(_PENDING), str)


def show_form(let_in: Callable[[UUID], None]) -> None:
    """Draw the form; whoever has the right code is `let_in`."""
    st.title("Enter your code", anchor=False)
    st.markdown(":gray[Your password is right. Enter the code that your authenticator app shows, or a recovery code.]")
    with st.form("sign-in-code", border=False):
        code = st.text_input(Field.CODE, autocomplete="one-time-code", max_chars=40)
        answer = st.container()
        is_sent = st.form_submit_button("Continue", type="primary", width="stretch")
    st.button("Start again", icon=":material/arrow_back:", type="tertiary", on_click=_stop_waiting)
    if is_sent:
        with answer, feedback.told():
            _verify(code, let_in)


def _verify(code: str, let_in: Callable[[UUID], None]) -> None:
    if not code.strip():
        raise InvalidInput("Enter the six digits of your authenticator app, or one of your recovery codes.")
    try:
        user_id = second_factor.sign_in(st.session_state[_PENDING], code, origin=visitor.current_origin())
    except LinkExpired:
        _stop_waiting()
        raise
    _stop_waiting()
    let_in(user_id)
    st.rerun()


def _stop_waiting() -> None:
    st.session_state.pop(_PENDING, None)
