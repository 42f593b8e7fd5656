"""The second factor on the Account page, and what reminds of one that is required."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.identity import second_factor
from lib.identity.fields import Field
from lib.identity.second_factor import SecondFactor
from lib.ui import feedback, guard, state, words
from lib.ui.components import enrolment
from lib.ui.components.card import card
from lib.ui.components.enrolment import WaitingCodes
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.navigation import ACCOUNT
from lib.ui.words import plain

#: Of ten: from so few on it is time for new ones.
_FEW: Final = 3


def show_reminder(actor: Actor) -> None:
    """Say in the sidebar until when a second factor has to be set up, where one is required and lacking.

    Not on a visit: the visitor's own Account, where that is done, is at home.
    """
    if actor.second_factor_due is not None and not actor.is_visiting:
        until = words.exact(actor.second_factor_due, zone=actor.time_zone)
        with st.sidebar.container(key="second-factor-due"):
            st.page_link(
                ACCOUNT.file,
                label=f":orange[Second factor needed]  \n:small[:gray[by {plain(until)}]]",
                icon=":material/shield_lock:",
            )


def show_card(actor: Actor) -> None:
    """Draw whether the person has one, and what can be done about it."""
    held = second_factor.get_second_factor(actor)
    with card("Second factor", note="on" if held.enabled_at else "off"):
        if held.enabled_at:
            _show_on(actor, held)
        else:
            _show_off(actor)


def _show_off(actor: Actor) -> None:
    st.markdown(":gray[A code of an app on your phone, asked for beside your password whenever you sign in.]")
    if actor.second_factor_due is not None:
        until = words.exact(actor.second_factor_due, zone=actor.time_zone)
        st.markdown(
            f":orange[:material/shield_lock:] {plain(actor.organization_name)} requires one. Set it up by "
            f"{plain(until)}; from then on nothing else is open to you."
        )
    if st.button("Set up", icon=":material/shield_lock:", key="second-factor-set-up"):
        enrolment.begin_anew()
        _set_up()


def _show_on(actor: Actor, held: SecondFactor) -> None:
    left = f"{words.number(held.codes_left)} of {words.number(second_factor.MOST_CODES)} left"
    show_facts([("Since", moment_inline(held.enabled_at, time_zone=actor.time_zone)), ("Recovery codes", left)])
    if held.codes_left <= _FEW:
        st.markdown(":orange[:material/warning:] Make new recovery codes: without your phone they are the only way in.")
    with st.container(horizontal=True, gap="xsmall"):
        if st.button("New recovery codes", key="second-factor-codes"):
            _renew_codes()
        if st.button("Turn off", key="second-factor-off"):
            _turn_off()


@st.dialog("Set up a second factor")
def _set_up() -> None:
    enrolment.show_enrolment(guard.require_actor())


@st.dialog("New recovery codes")
def _renew_codes() -> None:
    st.markdown("The old ones are worthless afterwards. To lose no way in, have the new ones at hand before you go on.")

    def renew(actor: Actor, password: str, code: str) -> str:
        codes = second_factor.renew_codes(actor, password=password, code=code)
        st.session_state[state.RECOVERY_CODES] = WaitingCodes(actor.user_id, codes)
        return "Your recovery codes are new."

    _ask_for_proof("second-factor-codes-proof", action="Make new codes", then=renew)


@st.dialog("Turn off the second factor?")
def _turn_off() -> None:
    st.markdown(
        "From then on your password alone lets in whoever has it, and your recovery codes are worthless. Where your "
        "organization requires a second factor, you are asked to set up another one: that is the way to a new phone."
    )

    def turn_off(actor: Actor, password: str, code: str) -> str:
        second_factor.turn_off(actor, password=password, code=code)
        return "Your second factor is off."

    _ask_for_proof("second-factor-off-proof", action="Turn off", then=turn_off)


def _ask_for_proof(key: str, *, action: str, then: Callable[[Actor, str, str], str]) -> None:
    with st.form(key, border=False):
        password = st.text_input(Field.CURRENT_PASSWORD, type="password", autocomplete="current-password")
        code = st.text_input("Code of the app, or a recovery code", autocomplete="one-time-code", max_chars=40)
        answer = st.container()
        is_sent = st.form_submit_button(action, type="primary", width="stretch")
    if is_sent:
        with answer, feedback.told():
            feedback.succeeded(then(guard.require_actor(), password, code))
            st.rerun()
