"""Recovery codes that were made a moment ago: over whatever page is open, until the person says that they have them."""

import streamlit as st

from lib.access.actor import Actor
from lib.ui import guard, state
from lib.ui.components.enrolment import WaitingCodes


def show_waiting_codes(actor: Actor) -> None:
    """Draw this person's, where some wait; nobody can read them again afterwards."""
    waiting = st.session_state.get(state.RECOVERY_CODES)
    if isinstance(waiting, WaitingCodes) and waiting.user_id == actor.user_id:
        _show(waiting.codes)


@st.dialog("Your recovery codes", dismissible=False)
def _show(codes: tuple[str, ...]) -> None:
    guard.require_actor()
    text = "\n".join(codes)
    st.markdown(
        "Without your phone, each of them lets you in once, in place of the app's code. They are shown now and never "
        "again: keep them where you keep what matters, and not on the phone."
    )
    st.code(text, language=None)
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        st.download_button(
            "Download",
            data=guard.for_later(lambda _: f"{text}\n".encode()),
            file_name="recovery-codes.txt",
            mime="text/plain",
            icon=":material/download:",
            on_click="ignore",
        )
        if st.button("I have them", type="primary", key="recovery-codes-kept"):
            st.session_state.pop(state.RECOVERY_CODES, None)
            st.rerun()
