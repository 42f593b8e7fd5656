"""Setting up a second factor, step by step: the password, the picture for the app, its first code."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import segno
import streamlit as st
from markupsafe import Markup

from lib.identity import second_factor
from lib.identity.fields import Field
from lib.identity.second_factor import Enrolment
from lib.identity.sessions import Holder
from lib.ui import feedback, state

_BEGUN: Final = "second_factor_begun"
#: Many scanners read it dark on light only, so it stays so in the dark theme; the four modules around it are quiet.
_PICTURE: Final = Markup(
    '<img src="{}" width="196" height="196" alt="QR code for your authenticator app; the key below says the same">'
)
_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class _Begun:
    """What waits for the app's first code, in this tab, for this person."""

    user_id: UUID
    enrolment: Enrolment


@dataclass(frozen=True, slots=True)
class WaitingCodes:
    """Recovery codes that this person has not put away yet."""

    user_id: UUID
    codes: tuple[str, ...]


def begin_anew() -> None:
    """Forget what was begun in this tab before."""
    st.session_state.pop(_BEGUN, None)


def show_enrolment(who: Holder) -> None:
    """Draw the step that comes next. After the last one the page is drawn anew, and the codes wait in `state`."""
    place = st.empty()  # the next step takes the place of the one before, also in a dialog, which would close
    if _begun_by(who) is None:
        with place.container():
            _ask_for_password(who)
    if (enrolment := _begun_by(who)) is not None:
        with place.container():
            _ask_for_code(who, enrolment)


def _begun_by(who: Holder) -> Enrolment | None:
    begun = st.session_state.get(_BEGUN)
    return begun.enrolment if isinstance(begun, _Begun) and begun.user_id == who.user_id else None


def _ask_for_password(who: Holder) -> None:
    with st.form("second-factor-begin", border=False):
        st.markdown(
            "You need an authenticator app on your phone, such as Google Authenticator, Microsoft Authenticator, Aegis "
            "or 2FAS, or a password manager that makes such codes."
        )
        password = st.text_input(Field.CURRENT_PASSWORD, type="password", autocomplete="current-password")
        answer = st.container()
        is_sent = st.form_submit_button("Continue", type="primary", width="stretch")
    if is_sent:
        with answer, feedback.told():
            st.session_state[_BEGUN] = _Begun(who.user_id, second_factor.begin(who, password=password))


def _ask_for_code(who: Holder, enrolment: Enrolment) -> None:
    st.markdown("**1.** Scan this with the app.")
    picture = segno.make(enrolment.link, micro=False).svg_data_uri(border=4, light="#ffffff", scale=4)
    st.html(_PICTURE.format(picture))
    st.markdown(":gray[Or enter this key in the app by hand:]")
    st.code(_in_groups(enrolment.secret), language=None, wrap_lines=True)
    with st.form("second-factor-confirm", border=False):
        st.markdown(
            "**2.** Enter the code that the app shows now. It turns the second factor on and ends your other sessions."
        )
        code = st.text_input(Field.CODE, autocomplete="one-time-code", max_chars=20, placeholder="123 456")
        answer = st.container()
        is_sent = st.form_submit_button("Turn on", type="primary", width="stretch")
    if is_sent:
        with answer, feedback.told():
            codes = second_factor.confirm(who, code)
            begin_anew()
            st.session_state[state.RECOVERY_CODES] = WaitingCodes(who.user_id, codes)
            feedback.succeeded("Your second factor is on.")
            st.rerun()


def _in_groups(secret: str) -> str:
    return " ".join(secret[start : start + _GROUP] for start in range(0, len(secret), _GROUP))
