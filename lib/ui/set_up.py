"""The first-time set-up: the screen behind the link that `orchestrator up` prints for an empty installation."""

import logging
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import streamlit as st

from lib.errors import LinkExpired
from lib.identity import fields, setup
from lib.identity.fields import Field
from lib.identity.policy import SecurityPolicy
from lib.samples.service import load_sample
from lib.ui import door, feedback, sign_in, visitor
from lib.ui.components.field_form import NOT_THE_SAME, PASSWORD_AGAIN, FieldForm

logger = logging.getLogger(__name__)

_OUTCOME: Final = "set_up_outcome"
_PASSWORD_RULE: Final = f"At least {SecurityPolicy().min_password_length} characters; spaces count."
_SAMPLE: Final = "Add a sample workspace to look around in"
_WHAT_SAMPLE_IS: Final = "Invented people, projects and runs in an organization apart from yours. One click removes it."
_INTRODUCTION: Final = "Name your organization and yourself. You will be its admin, and operator of this installation."


@dataclass(slots=True)
class _Outcome:
    """What came of the form that was sent from this tab.

    The second click of a double click begins another run beside the one that sets everything up, which ends at its
    next call to Streamlit. So the other one waits, and the outcome stands here before that call.
    """

    busy: Lock = field(default_factory=Lock)
    email: str = ""
    #: What the sign-in form has to say; empty before it is done, and again once it was handed on.
    note: str = ""
    is_done: bool = False


def show_set_up() -> None:
    """Draw the form for the link in the address, or say why the link is no longer good; at last, the sign-in form."""
    outcome: _Outcome = st.session_state.setdefault(_OUTCOME, _Outcome())
    with outcome.busy:
        is_done = outcome.is_done
    if is_done:
        if outcome.note:
            sign_in.expect(outcome.email, note=outcome.note, target="/")
            outcome.note = ""
        sign_in.show_sign_in()
        return
    token = st.query_params.get("token", "")
    with door.narrow_column():
        try:
            setup.check_setup(token)
        except LinkExpired as error:
            door.show_expired(error)
            if setup.is_set_up():
                door.show_way_on("Go to the dashboard")
            return
        st.title("Set up AI Orchestrator", anchor=False)
        st.markdown(f":gray[{_INTRODUCTION}]")
        _show_form(token, outcome)


def _add_sample() -> bool:
    """Whether it could be made. The set-up is done by now, and stays so."""
    try:
        load_sample()
    except Exception:  # whatever it is: the person is told, and the log has it
        logger.exception("The sample workspace could not be made")
        return False
    return True


def _show_form(token: str, outcome: _Outcome) -> None:
    form = FieldForm()
    with st.form("set-up", border=False):
        name = form.ask(Field.ORGANIZATION_NAME, completes="organization", example="Northwind Research")
        slug = form.ask(Field.SLUG, completes="off", example="left empty, it is made from the name")
        entered = {
            "organization_name": name,
            "slug": slug or fields.suggest_slug(name),
            "full_name": form.ask(Field.FULL_NAME, completes="name", example="Alice Larsen"),
            "email": form.ask(Field.EMAIL, completes="email", example="name@company.com"),
            "username": form.ask(Field.USERNAME, completes="username", example="alice"),
            "password": form.ask(Field.PASSWORD, completes="new-password", kind="password", example=_PASSWORD_RULE),
        }
        again = form.ask(PASSWORD_AGAIN, completes="new-password", kind="password")
        # nothing made up appears unasked; the first steps of the Overview offer it again
        has_sample = st.checkbox(_SAMPLE, help=_WHAT_SAMPLE_IS)
        answer = st.container()
        is_sent = st.form_submit_button("Set up", type="primary", width="stretch")
    if is_sent:
        with answer, feedback.told(), form.told():
            faults = dict(setup.find_faults(**entered))
            if again != entered["password"]:
                faults.setdefault(PASSWORD_AGAIN, NOT_THE_SAME)
            if not faults:
                _set_up(token, entered, outcome, has_sample=has_sample)
            form.show_faults(faults)


def _set_up(token: str, entered: dict[str, str], outcome: _Outcome, *, has_sample: bool) -> None:
    """Set the installation up, and go on to the sign-in form."""
    origin = visitor.current_origin()
    doing = "Setting up, and making ninety days of work" if has_sample else "Setting up"
    with st.spinner(doing), outcome.busy:
        if not outcome.is_done:
            setup.set_up(token, **entered, origin=origin)
            outcome.email, outcome.is_done = entered["email"], True
            outcome.note = f"{entered['organization_name']} is set up. Sign in to begin."
            if has_sample and not _add_sample():
                outcome.note += " The sample workspace could not be made; the Overview offers it again."
    st.rerun()
