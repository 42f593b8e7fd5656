"""What a launch would do, before it is done: what it will probably take, and every prompt."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import AnswersInvalid, InvalidInput, PlanInvalid
from lib.integrations.registry import find_kinds
from lib.runs.foresight import find_launch_warnings
from lib.runs.launch import LaunchRequest, Prepared, preview_launch
from lib.templates.operations import asks_approval
from lib.templates.plan import Plan
from lib.ui import feedback, words
from lib.ui.components.addressed_tabs import TAB
from lib.ui.components.budget_gauge import show_launch_gauges
from lib.ui.components.card import card
from lib.ui.components.estimate import show_estimate
from lib.ui.components.model_choice import show_own_models
from lib.ui.components.organization_forms import MODELS_TAB
from lib.ui.components.prompt_preview import show_prompts
from lib.ui.navigation import ORGANIZATION


def _show_operations(actor: Actor, prepared: Prepared) -> None:
    """What follows the phases, and whether that is done."""
    found = [(phase.name, each) for phase in prepared.plan.phases for each in phase.operations]
    if not found:
        return
    note = "done after its phases" if prepared.integration_enabled else "a dry run: nothing is done"
    with card("What follows", note=note):
        for name, each in found:
            kind = find_kinds().get(each.type)
            label = each.name or (kind.label if kind else each.type)
            told = f"{words.short(label, most=60)} · after {words.short(name, most=60)}"
            if prepared.integration_enabled and asks_approval(each):
                told += " · somebody approves it first"
            st.markdown(f"{kind.icon if kind else ''} {words.plain(told)}")
        if not prepared.integration_enabled:
            _say_why_dry(actor, prepared)


def _say_why_dry(actor: Actor, prepared: Prepared) -> None:
    if prepared.lets_operate:
        st.markdown(":gray[The switch “Do what follows the phases” is off: the run says what it would do.]")
        return
    st.markdown(":gray[Your organization's settings let no run do anything outside: it says what it would do.]")
    if actor.may(Permission.ORGANIZATION_EDIT):
        st.page_link(
            ORGANIZATION.file,
            label="To the organization's settings",
            icon=":material/arrow_forward:",
            query_params={TAB: MODELS_TAB},
        )


def show_launch_preview(actor: Actor, request: LaunchRequest | None) -> None:
    """Draw both cards, or what speaks against the launch; None is a choice that is still missing."""
    prepared = None
    with card("What it will probably take"), feedback.told(), _told_quietly():
        if request is None:
            st.markdown(":gray[Cost, time and calls, once project, template and model are chosen.]")
        else:
            prepared = preview_launch(actor, request)
            show_estimate(prepared.estimate, prepared.quota, key="launch")
            show_launch_warnings(
                actor,
                prepared.plan,
                cost_limit_usd=prepared.cost_limit_usd,
                integration_enabled=prepared.integration_enabled,
            )
    if prepared is None or request is None:
        return
    show_launch_gauges(actor, request.project_id, cost_usd=prepared.estimate.cost_usd)
    _show_operations(actor, prepared)
    with card("What the model will be asked"):
        show_own_models(prepared.plan)
        show_prompts(prepared.prompts)


def show_launch_warnings(
    actor: Actor,
    plan: Plan,
    *,
    cost_limit_usd: Decimal | None,
    integration_enabled: bool,
    taken_over: Collection[str] = (),
) -> None:
    """Draw where the run would stand still for long, a line each."""
    for warning in find_launch_warnings(
        actor,
        plan,
        cost_limit_usd=cost_limit_usd,
        integration_enabled=integration_enabled,
        taken_over=taken_over,
    ):
        st.markdown(f":orange[:material/warning:] {words.plain(warning)}")


@contextmanager
def _told_quietly() -> Iterator[None]:
    """Say in grey what the prompts still wait for: nobody has asked for a launch yet."""
    try:
        yield
    except AnswersInvalid as error:
        missing = [f"“{fault.label}”" for fault in error.faults if fault.is_missing]
        if missing:
            st.markdown(f":gray[{words.plain(f'Answer {words.together(missing)} to see the prompts.')}]")
        for fault in error.faults:
            if not fault.is_missing:
                st.markdown(f":gray[{words.plain(f'“{fault.label}” {fault.words}.')}]")
    except PlanInvalid:
        raise
    except InvalidInput as error:
        st.markdown(f":gray[{words.plain(error.message)}]")
