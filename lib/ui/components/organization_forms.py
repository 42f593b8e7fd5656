"""The forms of the Organization page: each saves its own fields, and only those that its reader has changed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.organizations import tiers
from lib.organizations.fields import LABELS
from lib.organizations.service import change_organization, check_change
from lib.organizations.tiers import Feature
from lib.organizations.views import OrganizationDetail
from lib.ui import feedback, words
from lib.ui.components import organization_fields as fields
from lib.ui.components.drafts import Draft, close_draft, open_draft
from lib.ui.components.lock_out import ask_before_locking_out
from lib.ui.components.retention_preview import ask_before_shortening
from lib.ui.guard import require_actor

#: The tab with the form of models and messages, and the heading of its card.
MODELS_TAB: Final = "Models and messages"
_Entered = dict[str, Any]
#: What no part of this version heeds yet; it is kept until one does.
_NOT_YET: Final = "It is saved, but has no effect yet."
_STALE: Final = "Somebody else has changed this since you opened it. What you typed is still here."
_DAYS: Final = "Days that they are kept. What is older is removed once a day; empty is for ever."
_ALL_IS_KEPT: Final = (
    "Days that they are kept. Nothing of the sample workspace is removed by age: all of it is kept until an operator "
    "removes it."
)
_NAMES: Final = ("name", "slug")
_MODELS: Final = tuple(
    field
    for field in LABELS
    if field.startswith(("default_ai_model", "integration_enabled", "notification_preferences.", "publishing."))
)
_SECURITY: Final = tuple(field for field in LABELS if field.startswith("security_settings."))
_LIMITS: Final = (*(field for field in LABELS if field.startswith("retention.")), "limits.concurrent_runs")


def show_names_form(organization: OrganizationDetail) -> None:
    """Draw name and short name."""

    def draw(draft: Draft) -> _Entered:
        slug_help = "Stands in addresses. The one before leads here for ever, and nobody else gets it."
        return {
            "name": fields.text(draft, "name"),
            "slug": fields.text(draft, "slug", explained=slug_help),
        }

    _show_form("organization-names", organization, _NAMES, draw, action="Save names")


def show_models_form(organization: OrganizationDetail) -> None:
    """Draw the default model, integrations, messages and publishing."""
    may_publish = tiers.allows(organization.tier, Feature.PUBLIC_PUBLISHING)
    if may_publish:
        about_publishing = "Somebody else of the organization looks at a template before it is public."
    else:
        about_publishing = f"Publishing to everybody is not part of the tier {organization.tier.capitalize()}."

    def draw(draft: Draft) -> _Entered:
        left, right = st.columns(2, gap="medium")
        with left:
            entered: _Entered = {"default_ai_model": fields.model(draft, "default_ai_model")}
            about = "Runs write files, send messages and call other services. Off, they say what they would do."
            entered |= _toggles(draft, "integration_enabled", explained=about)
        with right:
            st.markdown(f":gray[Where the organization is told of its own affairs. {_NOT_YET}]")
            entered |= _toggles(draft, "notification_preferences.email", "notification_preferences.slack")
            st.markdown(f":gray[{about_publishing}]")
            entered |= _toggles(draft, "publishing.requires_approval", is_disabled=not may_publish)
        return entered

    _show_form("organization-models", organization, _MODELS, draw, action="Save models and messages")


def show_security_form(organization: OrganizationDetail) -> None:
    """Draw what sign-in asks of people, and what members see."""

    def draw(draft: Draft) -> _Entered:
        left, right = st.columns(2, gap="medium")
        with left:
            about = "Whoever has none by then is offered nothing else but setting it up."
            entered = _toggles(draft, "security_settings.require_2fa", explained=about)
            field = "security_settings.grace_days"
            entered[field] = fields.number(draft, field, explained="From the day it is required; 0 is at once.")
            field = "security_settings.email_domains"
            entered[field] = fields.domains(draft, field)
        with right:
            about = (
                "Members find only runs of their own, and projects that they made or launched runs for. Managers and "
                "admins find everything."
            )
            entered |= _toggles(draft, "security_settings.members_see_own_only", explained=about)
            field = "security_settings.session_timeout"
            entered[field] = fields.minutes(draft, field)
            field = "security_settings.min_password_length"
            entered[field] = fields.number(draft, field, explained="In characters, for new passwords.")
        return entered

    def ask_first(draft: Draft, entered: _Entered) -> bool:
        return ask_before_locking_out(entered, seen=draft.seen, save=lambda actor: _save(actor, draft, entered))

    _show_form("organization-security", organization, _SECURITY, draw, action="Save security", ask_first=ask_first)


def show_limits_form(organization: OrganizationDetail) -> None:
    """Draw how long things are kept, and how much may run."""

    def kept(draft: Draft, field: str) -> _Entered:
        bound = tiers.find_bound(organization.tier, field)
        most = None if bound is None else f"The tier allows {words.number(bound)} days at most."
        return {
            field: fields.number(draft, field, empty="For ever", explained=most, is_disabled=organization.is_sample)
        }

    def draw(draft: Draft) -> _Entered:
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown(f":gray[{_ALL_IS_KEPT if organization.is_sample else _DAYS}]")
            entered = kept(draft, "retention.audit_days")
            entered |= kept(draft, "retention.usage_days")
            entered |= kept(draft, "retention.run_days")
        with right:
            st.markdown(":gray[What may run at a time. What it may cost stands under Budgets.]")
            field = "limits.concurrent_runs"
            empty = _bound(organization, field, endless="No limit")
            entered[field] = fields.number(draft, field, empty=empty)
        return entered

    def ask_first(draft: Draft, entered: _Entered) -> bool:
        check_change(organization.tier, entered, seen=draft.seen)
        return ask_before_shortening(
            entered,
            seen=draft.seen,
            save=lambda actor: _save(actor, draft, entered),
            leave=lambda: close_draft(draft.name),
        )

    action = "Save retention and limits"
    _show_form("organization-limits", organization, _LIMITS, draw, action=action, ask_first=ask_first)


def _toggles(draft: Draft, *names: str, explained: str | None = None, is_disabled: bool = False) -> _Entered:
    return {name: fields.toggle(draft, name, explained=explained, is_disabled=is_disabled) for name in names}


def _show_form(
    name: str,
    organization: OrganizationDetail,
    names: Sequence[str],
    draw: Callable[[Draft], _Entered],
    *,
    action: str,
    ask_first: Callable[[Draft, _Entered], bool] | None = None,
) -> None:
    """Draw it. `ask_first` says whether it has asked something, so that nothing is saved before that is answered."""
    current = {field: organization.values[field] for field in names}
    draft = open_draft(name, current)
    with st.form(name, border=False):
        entered = draw(draft)
        is_saved = st.form_submit_button(action, type="primary")
    if is_saved:
        with feedback.told():
            if ask_first is None or not ask_first(draft, entered):
                feedback.succeeded(_save(require_actor(Permission.ORGANIZATION_EDIT), draft, entered))
                st.rerun()
    if draft.seen != current:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":orange[:material/sync_problem:] {_STALE}", width="content")
            st.button("Show what it is now", key=f"{name}-anew", on_click=close_draft, args=(name,))


def _save(actor: Actor, draft: Draft, entered: Mapping[str, Any]) -> str:
    """Save it, and say whether anything was changed."""
    is_changed = change_organization(actor, entered, seen=draft.seen)
    close_draft(draft.name)
    return "The changes are saved." if is_changed else "Nothing was changed."


def _bound(organization: OrganizationDetail, field: str, *, endless: str) -> str:
    """What an empty field means in this tier."""
    bound = tiers.find_bound(organization.tier, field)
    return endless if bound is None else f"As the tier allows: {words.number(bound)}"
