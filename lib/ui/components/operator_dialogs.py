"""What the installation's operator is asked before an organization is made, or governed.

Each dialog is a fragment, which may be used long after it was opened: every button asks who is there.
"""

from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.identity.fields import Field, suggest_slug
from lib.models.organization import Tier
from lib.organizations import operator
from lib.organizations.creation import create_organization, invite_first_admin
from lib.organizations.views import OrganizationSummary
from lib.ui import feedback, words
from lib.ui.components import status
from lib.ui.components.facts import show_facts
from lib.ui.components.invite import Outcomes, ask_by_mail, open_form, show_outcomes
from lib.ui.components.moment import moment_inline
from lib.ui.components.number_look import begin_with
from lib.ui.components.organization_table import say_people, say_quota
from lib.ui.guard import require_actor

_REASON_HELP: Final = "Its people read this when they sign in. Nothing is deleted."


def require_operator() -> Actor:
    """Who is signed in, and runs the installation. Raises `NotPermitted`."""
    actor = require_actor()
    operator.require_operator(actor)
    return actor


def show_new_organization() -> None:
    """Ask for an organization and its first admin, and show the link that the admin is to get."""
    open_form("New organization", _ask_for_organization)


def _ask_for_organization() -> Outcomes | None:
    with st.form("new-organization", border=False):
        name = st.text_input(Field.ORGANIZATION_NAME, placeholder="Northwind Research", autocomplete="off")
        left, right = st.columns(2)
        slug = left.text_input(Field.SLUG, placeholder="left empty, it is made from the name", autocomplete="off")
        tiers = list(Tier)
        tier = right.selectbox("Tier", tiers, index=tiers.index(Tier.FREE), format_func=str.capitalize)
        email = _ask_for_first_admin()
        is_sent = st.form_submit_button("Create organization", type="primary")
    if is_sent:
        with feedback.told():
            operator, short = require_operator(), slug or suggest_slug(name)
            return (create_organization(operator, name=name, slug=short, tier=tier, email=email).invited,)
    return None


def _ask_for_first_admin() -> str:
    explained = "They get a link, choose their name and password, and invite everybody else."
    return st.text_input(
        "E-mail of the first admin", placeholder="nora@northwind.com", autocomplete="off", help=explained
    )


def show_organization(listed: OrganizationSummary) -> None:
    """Open what the operator sees of an organization, and what they can change."""

    @st.dialog(words.plain(words.short(listed.name, most=80)), width="medium", on_dismiss="rerun")
    def look() -> None:
        with feedback.told():
            actor = require_operator()
            _show_organization(operator.get_organization(actor, listed.id), actor)

    look()


def _show_organization(organization: OrganizationSummary, actor: Actor) -> None:
    _show_facts(organization, time_zone=actor.time_zone)
    _show_tier(organization)
    _show_quota(organization)
    actions = operator.actions_for(actor, organization)
    if "invite" in actions:
        _show_first_admin(organization)
    if "suspend" in actions:
        _show_suspend(organization)
    with st.container(horizontal=True, gap="xsmall"):
        if "resume" in actions and st.button("End the suspension", icon=":material/play_circle:"):
            operator.resume_organization(require_operator(), organization.id)
            _done("The suspension is over. Its people can sign in, and its runs go on.")
        if "restore" in actions and st.button("Restore", icon=":material/restore_from_trash:"):
            operator.restore_organization(require_operator(), organization.id)
            _done("It does not end. Its people sign in as before.")


def _show_facts(organization: OrganizationSummary, *, time_zone: str) -> None:
    status.show_status(status.ORGANIZATION[organization.standing])
    facts = [
        ("Short name", organization.slug),
        ("People", say_people(organization)),
        ("Calls this month", say_quota(organization)),
        ("Created", moment_inline(organization.created_at, time_zone=time_zone)),
    ]
    if organization.suspension_reason:
        facts.append(("Suspended because", organization.suspension_reason))
    if organization.deletes_at:
        facts.append(("Ends", moment_inline(organization.deletes_at, time_zone=time_zone)))
    show_facts(facts)


def _show_tier(organization: OrganizationSummary) -> None:
    tiers = list(Tier)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        tier = st.selectbox(
            "Tier", tiers, index=tiers.index(organization.tier), format_func=str.capitalize, key="govern-tier"
        )
        is_pressed = st.button("Change tier", disabled=tier is organization.tier)
    if tier is not organization.tier:
        for said in operator.preview_tier(organization, tier):
            st.markdown(f":orange[:material/warning:] {words.plain(said)}")
    if is_pressed:
        operator.change_tier(require_operator(), organization.id, tier)
        _done(f"The tier is {tier.capitalize()} now.")


def _show_quota(organization: OrganizationSummary) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        limit = st.number_input(
            "Calls a month",
            value=None,
            step=1000,
            placeholder="No limit",
            key=begin_with("govern-quota", organization.quota.limit),
        )
        is_pressed = st.button("Set quota", disabled=limit == organization.quota.limit)
    if is_pressed:
        operator.set_quota(require_operator(), organization.id, limit)
        _done("The quota is set. Runs that waited for calls go on by themselves.")


def _show_first_admin(organization: OrganizationSummary) -> None:
    """Invite anew, as long as nobody has come. The link goes with the next thing that is done in the dialog."""
    with st.form("first-admin", border=False):
        email = _ask_for_first_admin()
        st.markdown(":gray[Nobody has come yet. A new link is good once, for a week, and ends the one before.]")
        by_mail = ask_by_mail()
        is_sent = st.form_submit_button("Make a new link")
    if is_sent:
        show_outcomes([invite_first_admin(require_operator(), organization.id, email=email, by_mail=by_mail)])


def _show_suspend(organization: OrganizationSummary) -> None:
    with st.expander("Suspend", icon=":material/pause_circle:", type="compact"), st.form("suspend", border=False):
        reason = st.text_area("Reason", height=80, help=_REASON_HELP, placeholder="The invoice of May is not paid.")
        st.markdown(":gray[Everybody of it is signed out, its runs wait. Ending the suspension lets all go on.]")
        is_sent = st.form_submit_button("Suspend the organization")
    if is_sent:
        operator.suspend_organization(require_operator(), organization.id, reason=reason)
        _done("It is suspended: nobody of it can sign in.")


def _done(said: str) -> None:
    feedback.succeeded(said)
    st.rerun()
