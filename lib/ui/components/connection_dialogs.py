"""The dialogs in which a connection is set up, edited, tested, given its models, switched off and deleted."""

from functools import partial

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections import service, trying
from lib.connections.structures import LastTest
from lib.connections.views import ConnectionUse, ConnectionView
from lib.ui import feedback, words
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.connection_form import show_connection_form
from lib.ui.components.default_shift import foresee_shift, offering, show_shift, with_shift
from lib.ui.components.facts import show_facts
from lib.ui.guard import require_actor

_MANAGE = Permission.CONNECTIONS_MANAGE
#: What the endpoint of the open dialog lists, as long as it is open.
_LISTED = "models-listed"


@st.dialog("Add a connection", width="medium")
def show_new_connection() -> None:
    """Ask for a connection; what was typed stays while something is wrong with it."""
    entered = show_connection_form("new-connection", action="Add connection")
    if entered:
        entry, slug = entered
        with feedback.told():
            actor = require_actor(_MANAGE)
            message = "The connection is there. Test it before somebody relies on it."
            feedback.succeeded(with_shift(actor, message, lambda: service.create_connection(actor, entry, slug=slug)))
            st.rerun()


@st.dialog("Edit connection", width="medium")
def show_edit_connection(connection: ConnectionView) -> None:
    """Ask for changes to a connection."""
    entered = show_connection_form(f"edit-{connection.id}", connection=connection, action="Save changes")
    if entered:
        with feedback.told():
            actor, entry = require_actor(_MANAGE), entered[0]
            save = partial(service.update_connection, actor, entry, seen=connection)
            feedback.succeeded(with_shift(actor, "The changes are saved.", save))
            st.rerun()


@st.dialog("Test connection")
def show_test(connection: ConnectionView) -> None:
    """Ask a model for one word, in earnest, and say what came back."""
    st.markdown(
        f":gray[Asks a model of {words.plain(connection.name)} for one word. It is a real call: it is in the usage, "
        "and may cost a fraction of a cent.]"
    )
    model = st.selectbox(
        "Model",
        list(connection.models),
        index=0 if connection.models else None,
        format_func=words.line,
        accept_new_options=True,
        placeholder="Type the name of a model",
        key=f"test-{connection.id}",
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if st.button("Close", key=f"close-{connection.id}"):
            st.rerun()
        is_asked = st.button("Ask it", type="primary", icon=":material/network_check:", key=f"ask-{connection.id}")
    if is_asked:
        with feedback.told():
            with st.spinner("Waiting for the answer"):
                tested = trying.test_connection(require_actor(_MANAGE), connection.id, model or "")
            show_result(tested)


def show_result(tested: LastTest) -> None:
    """Draw how a test went: what it took, or what went wrong, in words."""
    if not tested.has_worked:
        st.markdown(f":red[:material/error:] {words.plain(tested.message)}")
        return
    st.markdown(f":green[:material/check_circle:] {words.plain(tested.model)} answered.")
    total = (tested.prompt_tokens or 0) + (tested.completion_tokens or 0)
    show_facts(
        [
            ("Time", words.duration(tested.time_ms / 1000)),
            ("Tokens", words.number(total)),
            ("Cost", words.money(tested.cost_usd)),
            ("Endpoint", tested.endpoint),
        ]
    )


def show_models(connection: ConnectionView) -> None:
    """Choose what people are offered, from what the endpoint lists or typed. The endpoint is asked once."""
    st.session_state.pop(_LISTED, None)
    _choose_models(connection)


@st.dialog("Models on offer")
def _choose_models(connection: ConnectionView) -> None:
    if _LISTED not in st.session_state:
        st.session_state[_LISTED] = ()
        with feedback.told(), st.spinner(f"Asking {words.plain(connection.host)} for its models"):
            st.session_state[_LISTED] = trying.list_models_there(require_actor(_MANAGE), connection.id)
    found: tuple[str, ...] = st.session_state[_LISTED]
    if found:
        st.markdown(f":gray[{words.plain(connection.host)} lists {words.count(len(found), 'model')}.]")
    chosen = st.multiselect(
        "Models",
        list(dict.fromkeys((*connection.models, *found))),
        default=list(connection.models),
        format_func=words.line,
        accept_new_options=True,
        placeholder="Choose, or type a name and press Enter",
        help="The first one is proposed where nobody has set a default.",
        key=f"models-{connection.id}",
    )
    if connection.is_active:
        show_shift(offering(connection, *chosen))
    if st.button("Save", type="primary", key=f"save-models-{connection.id}"):
        with feedback.told():
            actor = require_actor(_MANAGE)
            save = partial(service.set_models, actor, tuple(chosen), seen=connection)
            feedback.succeeded(with_shift(actor, "The models are saved.", save))
            st.rerun()


def activate(connection: ConnectionView) -> None:
    """Switch a connection on, and say so; where that changes the default model, ask first."""

    def switch_on(actor: Actor) -> str:
        switch = partial(service.set_active, actor, connection.id, is_active=True)
        return with_shift(actor, "The connection is active again.", switch)

    with feedback.told():
        shift = foresee_shift(offering(connection, *connection.models))
        if not shift:
            feedback.succeeded(switch_on(require_actor(_MANAGE)))
            st.rerun()
        show_confirm_dialog(
            f"Activate {words.short(connection.name, most=60)}?",
            text=shift,
            action="Activate it",
            on_confirm=switch_on,
            key=f"activate-{connection.id}",
        )


def ask_to_deactivate(actor: Actor, connection: ConnectionView) -> None:
    """Name what uses it, and ask."""

    def deactivate(actor: Actor) -> str:
        switch = partial(service.set_active, actor, connection.id, is_active=False)
        return with_shift(actor, "The connection is deactivated.", switch)

    use, shift = service.find_uses(actor, connection.id), foresee_shift(offering(connection))
    show_confirm_dialog(
        f"Deactivate {words.short(connection.name, most=60)}?",
        text=f"Nobody can choose its models until it is activated again. {_in_words(use, shift)}",
        action="Deactivate it",
        on_confirm=deactivate,
        key=f"deactivate-{connection.id}",
    )


def ask_to_delete(actor: Actor, connection: ConnectionView) -> None:
    """Name what uses it, and ask."""

    def delete(actor: Actor) -> str:
        remove = partial(service.delete_connection, actor, connection.id)
        return with_shift(actor, "The connection and its key are deleted.", remove)

    use, shift = service.find_uses(actor, connection.id), foresee_shift(offering(connection))
    text = f"The connection goes, and its key with it. What its calls took and cost stays. {_in_words(use, shift)}"
    show_confirm_dialog(
        f"Delete {words.short(connection.name, most=60)}?",
        text=text,
        action="Delete it",
        on_confirm=delete,
        key=f"delete-{connection.id}",
    )


def _in_words(use: ConnectionUse, shift: str) -> str:
    """What would miss it, and what `shift` says of runs that name no model."""
    parts = [
        words.count(number, noun)
        for number, noun in (
            (use.runs, "unfinished run"),
            (use.projects, "project"),
            (use.templates, "template"),
        )
        if number
    ]
    if use.is_organization_default:
        parts.append("your organization's default model")
    if not parts:
        return shift or "Nothing uses it now."
    told = f"It is used by {words.together(parts)}."
    fails = "A run that asks it fails with a message that says so." if use.runs else ""
    return " ".join(filter(None, (told, fails, shift)))
