"""The first-time set-up: the screen behind the link that `orchestrator up` prints for an empty installation."""

import logging
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Literal

import streamlit as st

from lib.errors import InvalidInput, LinkExpired
from lib.identity import fields, setup
from lib.identity.fields import Field
from lib.identity.policy import SecurityPolicy
from lib.samples.service import load_sample
from lib.ui import feedback, sign_in, visitor
from lib.ui.words import plain

logger = logging.getLogger(__name__)

_OUTCOME: Final = "set_up_outcome"
_PASSWORD_AGAIN: Final = "Password again"  # noqa: S105 - a label
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
    with st.container(horizontal_alignment="center", key="signin"), st.container(width=380, gap="small"):
        sign_in.show_logo()
        try:
            setup.check_setup(token)
        except LinkExpired as error:
            st.title("This link is no longer good", anchor=False)
            st.markdown(plain(error.message))
            if setup.is_set_up():
                st.link_button("Go to the dashboard", "/", icon=":material/arrow_forward:")
            return
        st.title("Set up AI Orchestrator", anchor=False)
        st.markdown(f":gray[{_INTRODUCTION}]")
        _Form(outcome).show(token)


def _add_sample() -> bool:
    """Whether it could be made. The set-up is done by now, and stays so."""
    try:
        load_sample()
    except Exception:  # whatever it is: the person is told, and the log has it
        logger.exception("The sample workspace could not be made")
        return False
    return True


class _Form:
    """The form: its fields, each with a place below for what is wrong with it."""

    def __init__(self, outcome: _Outcome) -> None:
        self._outcome = outcome
        self._places: dict[str, st.delta_generator.DeltaGenerator] = {}

    def show(self, token: str) -> None:
        """Draw it, and do what it says when it was sent."""
        with st.form("set-up", border=False):
            name = self._ask(Field.ORGANIZATION_NAME, completes="organization", example="Northwind Research")
            slug = self._ask(Field.SLUG, completes="off", example="left empty, it is made from the name")
            entered = {
                "organization_name": name,
                "slug": slug or fields.suggest_slug(name),
                "full_name": self._ask(Field.FULL_NAME, completes="name", example="Alice Larsen"),
                "email": self._ask(Field.EMAIL, completes="email", example="name@company.com"),
                "username": self._ask(Field.USERNAME, completes="username", example="alice"),
                "password": self._ask(
                    Field.PASSWORD, completes="new-password", kind="password", example=_PASSWORD_RULE
                ),
            }
            again = self._ask(_PASSWORD_AGAIN, completes="new-password", kind="password")
            # nothing made up appears unasked; the first steps of the Overview offer it again
            has_sample = st.checkbox(_SAMPLE, help=_WHAT_SAMPLE_IS)
            answer = st.container()
            is_sent = st.form_submit_button("Set up", type="primary", width="stretch")
        if is_sent:
            with answer, feedback.told():
                self._send(token, entered, again=again, has_sample=has_sample)

    def _ask(
        self, label: str, *, completes: str, example: str = "", kind: Literal["default", "password"] = "default"
    ) -> str:
        typed = st.text_input(label, type=kind, autocomplete=completes, placeholder=example, max_chars=1024)
        self._places[label] = st.empty()
        return typed

    def _send(self, token: str, entered: dict[str, str], *, again: str, has_sample: bool) -> None:
        faults = dict(setup.find_faults(**entered))
        if again != entered["password"]:
            faults.setdefault(_PASSWORD_AGAIN, "This is not the same password. Type both again.")
        if not faults:
            origin = visitor.current_origin()
            doing = "Setting up, and making ninety days of work" if has_sample else "Setting up"
            with st.spinner(doing), self._outcome.busy:
                if not self._outcome.is_done:
                    setup.set_up(token, **entered, origin=origin)
                    self._finish(entered, has_sample=has_sample)
            st.rerun()
        for label, message in faults.items():
            with self._places[label], feedback.told():
                raise InvalidInput(message)

    def _finish(self, entered: dict[str, str], *, has_sample: bool) -> None:
        self._outcome.email, self._outcome.is_done = entered["email"], True
        self._outcome.note = f"{entered['organization_name']} is set up. Sign in to begin."
        if has_sample and not _add_sample():
            self._outcome.note += " The sample workspace could not be made; the Overview offers it again."
