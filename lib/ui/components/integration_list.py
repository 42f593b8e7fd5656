"""Where operations go: the organization's integration connections, and the dialogs that change them."""

from collections.abc import Sequence
from typing import Final

import streamlit as st
from markupsafe import Markup

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.connections.integrations import service
from lib.connections.integrations.views import IntegrationEntry, IntegrationView
from lib.integrations.base import ConnectionForm
from lib.integrations.registry import find_kinds
from lib.ui import feedback, words
from lib.ui.components.audit_link import show_more
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.row_list import row_list
from lib.ui.components.status import CONNECTION, inline
from lib.ui.guard import require_actor

_MANAGE = Permission.CONNECTIONS_MANAGE
_EDIT, _TRY, _ACTIVATE, _DEACTIVATE, _DELETE = "Edit…", "Test", "Activate", "Deactivate…", "Delete…"
_CONTEXT: Final = Markup('<div class="ao-context">{}</div>')


def show_integrations(actor: Actor, integrations: Sequence[IntegrationView]) -> None:
    """Draw the rows; who may not manage them reads only, and who reads the trail gets there."""
    may_do = actor.may(_MANAGE) or actor.may(Permission.AUDIT_VIEW)
    with row_list("integrations"):
        for each in integrations:
            with st.container(gap="xxsmall"):
                if not may_do:
                    _show_facts(each)
                    continue
                left, right = st.columns([4, 1], vertical_alignment="center")
                with left, st.container(gap="xxsmall"):
                    _show_facts(each)
                with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", wrap=False):
                    _show_actions(actor, each)


def _show_facts(each: IntegrationView) -> None:
    state = "" if each.is_active else f" {inline(CONNECTION['inactive'])}"
    st.markdown(f"**{words.plain(words.short(each.name, most=120))}**{state}")
    kind, form = find_kinds().get(each.kind), _form(each.kind)
    label = form.label if form else each.kind
    ending = f"secret …{each.sealed_last4}" if each.sealed_last4 else "secret kept"
    facts = [label, each.target, *each.settings.values(), ending, f"named {each.slug} in templates"]
    told = words.line(" · ".join(filter(None, facts)))
    st.html(_CONTEXT.format(told if kind else f"{told} · this version does not know its kind"))


def _show_actions(actor: Actor, each: IntegrationView) -> None:
    form, may_manage = _form(each.kind), actor.may(_MANAGE)
    if (
        may_manage
        and form
        and form.is_testable
        and st.button(_TRY, icon=":material/network_check:", key=f"try-{each.slug}")
    ):
        with feedback.told():
            with st.spinner("Asking"):
                service.try_integration(require_actor(_MANAGE), each.id)
            feedback.succeeded("It answers, and knows the secret.")
            st.rerun()
    switch = _DEACTIVATE if each.is_active else _ACTIVATE
    options = [*([_EDIT] if form else []), switch, _DELETE] if may_manage else []
    chosen = show_more(options, "integration_connections", each.id, key=f"more-integration-{each.slug}")
    if chosen == _EDIT:
        show_edit_integration(each)
    elif chosen == _ACTIVATE:
        with feedback.told():
            service.set_active(require_actor(_MANAGE), each.id, is_active=True)
            feedback.succeeded("The integration is active again.")
            st.rerun()
    elif chosen == _DEACTIVATE:
        _ask_to_deactivate(actor, each)
    elif chosen == _DELETE:
        _ask_to_delete(actor, each)


@st.dialog("Add an integration")
def show_new_integration() -> None:
    """Ask for one; what was typed stays while something is wrong with it."""
    entered = _show_form("new-integration", action="Add integration")
    if entered:
        entry, slug = entered
        with feedback.told():
            service.create_integration(require_actor(_MANAGE), entry, slug=slug)
            feedback.succeeded("The integration is there. Operations in templates can name it now.")
            st.rerun()


@st.dialog("Edit integration")
def show_edit_integration(each: IntegrationView) -> None:
    """Ask for changes."""
    entered = _show_form(f"edit-integration-{each.id}", seen=each, action="Save changes")
    if entered:
        with feedback.told():
            service.update_integration(require_actor(_MANAGE), entered[0], seen=each)
            feedback.succeeded("The changes are saved.")
            st.rerun()


def _show_form(key: str, *, action: str, seen: IntegrationView | None = None) -> tuple[IntegrationEntry, str] | None:
    """Entry and short name in the run in which `action` was pressed. No st.form: the kind says what is asked for."""
    kind = seen.kind if seen else _show_kind(key)
    form = _form(kind)
    if form is None:
        return None
    left, right = st.columns([3, 2])
    name = left.text_input("Name", value=seen.name if seen else "", placeholder="Team channel", key=f"{key}-name")
    slug = right.text_input(
        "Short name",
        value=seen.slug if seen else "",
        placeholder="made of the name",
        disabled=seen is not None,
        help="How templates name it. It stays as it is.",
        key=f"{key}-slug",
    )
    target = _show_target(key, form, seen)
    settings = {
        each.name: st.text_input(
            each.label,
            value=seen.settings.get(each.name, "") if seen else "",
            placeholder=each.example,
            help=words.plain(each.help) if each.help else None,
            key=f"{key}-{kind}-{each.name}",
        )
        for each in form.settings
    }
    secret = _show_secret(key, form, kind, seen)
    if not st.button(action, type="primary", key=f"{key}-save"):
        return None
    return IntegrationEntry(kind=kind, name=name, target=target, settings=settings, secret=secret), slug


def _show_kind(key: str) -> str:
    labels = {name: kind.connection.label for name, kind in find_kinds().items() if kind.connection}
    chosen = st.segmented_control(
        "Kind",
        list(labels),
        default=next(iter(labels)),
        format_func=labels.__getitem__,
        required=True,
        key=f"{key}-kind",
    )
    return str(chosen)


def _show_target(key: str, form: ConnectionForm, seen: IntegrationView | None) -> str:
    if not form.target_label:
        return seen.target if seen else ""
    return st.text_input(
        form.target_label,
        value=seen.target if seen else "",
        placeholder=form.target_example,
        help=words.plain(form.target_help),
        key=f"{key}-target",
    )


def _show_secret(key: str, form: ConnectionForm, kind: str, seen: IntegrationView | None) -> str:
    ending = f" that ends with {seen.sealed_last4}" if seen and seen.sealed_last4 else ""
    return st.text_input(
        form.sealed.label,
        type="password",
        autocomplete="off",
        placeholder=f"Empty keeps the one{ending}" if seen else form.sealed.example,
        help=words.plain(f"{form.sealed.help} Kept encrypted and never shown again."),
        key=f"{key}-{kind}-secret",
    )


def _form(kind: str) -> ConnectionForm | None:
    found = find_kinds().get(kind)
    return found.connection if found else None


def _ask_to_deactivate(actor: Actor, each: IntegrationView) -> None:
    def deactivate(actor: Actor) -> str:
        service.set_active(actor, each.id, is_active=False)
        return "The integration is deactivated."

    show_confirm_dialog(
        f"Deactivate {words.short(each.name, most=60)}?",
        text=f"Operations that go by it fail until it is activated again. {_uses(actor, each)}",
        action="Deactivate it",
        on_confirm=deactivate,
        key=f"deactivate-integration-{each.id}",
    )


def _ask_to_delete(actor: Actor, each: IntegrationView) -> None:
    def delete(actor: Actor) -> str:
        service.delete_integration(actor, each.id)
        return "The integration and its secret are deleted."

    show_confirm_dialog(
        f"Delete {words.short(each.name, most=60)}?",
        text=f"The integration goes, and its secret with it; operations that go by it fail. {_uses(actor, each)}",
        action="Delete it",
        on_confirm=delete,
        key=f"delete-integration-{each.id}",
    )


def _uses(actor: Actor, each: IntegrationView) -> str:
    templates = service.count_templates(actor, each.id)
    return f"It is used by {words.count(templates, 'template')}." if templates else "No template uses it now."
