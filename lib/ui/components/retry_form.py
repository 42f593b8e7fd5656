"""What can be chosen of a run that goes on from another one: from where, by which plan, with what."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from lib.providers.catalog import Catalog
from lib.providers.errors import ErrorKind
from lib.runs.replan import AFTER_THE_LAST, Difference
from lib.runs.retry_views import CostLimit, RetryDesk, RetryRequest
from lib.templates.plan import Plan
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.cost_limit import show_cost_limit
from lib.ui.components.launch_questions import show_input
from lib.ui.components.operations_switch import show_operations_switch

#: Stands for the start and for the model as before; no code and no model is called so.
_NONE = ""
#: Stands for no phase at all: only what was not done after them.
_OPERATIONS = "\n"
_LONGEST_NAME, _MOST_NAMED = 60, 6


@dataclass(frozen=True, slots=True)
class Entered:
    """Topic and answers, None where they are as before."""

    topic: str | None
    inputs: Mapping[str, object] | None


def show_retry_form(desk: RetryDesk, catalog: Catalog) -> RetryRequest:
    """Draw the choices; returns them as they stand.

    The keys of what depends on another choice have it in them: another plan has other prompts and questions.
    """
    key = f"retry-{desk.run.summary.id}"
    is_latest = _choose_plan(desk, key=key)
    plan = desk.plan_of(is_latest=is_latest)
    key = f"{key}-{plan.template_version}" if is_latest else key
    left, right = st.columns(2)
    with left:
        begins_with = _choose_phase(desk, plan, key=key)
    with right:
        model = _choose_model(desk, catalog, key=key)
    prompt = _show_prompt(plan, begins_with, key=key)
    entered = _show_entries(desk, is_latest=is_latest, key=key)
    cost_limit = show_cost_limit(
        desk.run.cost_limit_usd,
        key=f"retry-{desk.run.summary.id}-cost-limit",
        explained="As for the run before. What is reused costs nothing; what is asked anew counts against it.",
    )
    is_on = None
    if any(phase.operations for phase in plan.phases):
        is_on = show_operations_switch(is_on=desk.integration_enabled, is_allowed=desk.lets_operate, key=key)
    return RetryRequest(
        run_id=desk.run.summary.id,
        begins_with=begins_with,
        is_latest=is_latest,
        shown_version=plan.template_version if is_latest else None,
        model=model,
        topic=entered.topic,
        inputs=entered.inputs,
        prompt=prompt,
        cost_limit=CostLimit(cost_limit),
        integration_enabled=is_on,
    )


def _choose_plan(desk: RetryDesk, *, key: str) -> bool:
    if desk.latest is None:
        return False
    labels = {
        False: f"As it was, version {words.number(desk.frozen.template_version)}",
        True: f"Latest, version {words.number(desk.latest.template_version)}",
    }
    chosen = st.segmented_control(
        "Template", list(labels), default=False, format_func=labels.__getitem__, key=f"{key}-plan", required=True
    )
    if chosen:
        told = "; ".join(_say(difference) for difference in desk.differences) or "Its phases say the same"
        st.markdown(f":gray[{words.plain(told)}.]")
    return bool(chosen)


def _say(difference: Difference) -> str:
    return f"{difference.what}: {words.some(difference.names, most=_MOST_NAMED, longest=_LONGEST_NAME)}"


def _choose_phase(desk: RetryDesk, plan: Plan, *, key: str) -> str | None:
    phases = {phase.code: phase for phase in desk.run.phases}
    options = [_NONE, *plan.codes]
    if desk.begins_with == AFTER_THE_LAST:
        options = [_OPERATIONS, *options]

    def say(code: str) -> str:
        if code == _NONE:
            return "The start: everything is asked anew"
        if code == _OPERATIONS:
            return "What was not done: no phase is asked anew"
        name = f"{plan.get_phase(code).position + 1} {words.short(plan.get_phase(code).name, most=_LONGEST_NAME)}"
        stood = status.PHASE[phases[code].status].word.lower() if code in phases else "new"
        return f"{name} ({stood})"

    default = _OPERATIONS if _OPERATIONS in options else desk.begins_with if desk.begins_with in options else _NONE
    chosen = st.selectbox("From", options, index=options.index(default or _NONE), format_func=say, key=f"{key}-from")
    return AFTER_THE_LAST if chosen == _OPERATIONS else chosen or None


def _choose_model(desk: RetryDesk, catalog: Catalog, *, key: str) -> str | None:
    before = desk.run.summary.model
    labels = {str(model.choice): model.full_label for model in catalog.models}
    options = [_NONE, *(model for model in labels if model != before)]
    chosen = st.selectbox(
        "Model",
        options,
        format_func=lambda model: (
            words.line(f"{labels[model]} · {model.partition(':')[0]}") if model else f"As before: {words.line(before)}"
        ),
        help="Phases with a model of their own keep it, but for the one that it begins with.",
        key=f"{key}-model",
    )
    if not chosen and (why := _doubt_model(desk, is_offered=before in labels)):
        st.markdown(f":orange[:material/warning: {why} Choose another one, or have it put right first.]")
    return chosen or None


def _doubt_model(desk: RetryDesk, *, is_offered: bool) -> str | None:
    """Why the model as before would probably fail again; None where nothing speaks against it."""
    if not is_offered:
        return "This model is not among those on offer any more."
    if desk.run.error and desk.run.error.kind == ErrorKind.MODEL_NOT_FOUND:
        return "The run before failed because its endpoint does not know the model."
    return None


def _show_prompt(plan: Plan, begins_with: str | None, *, key: str) -> str | None:
    """The prompt of the phase that it begins with; None as long as nobody has changed it, or where it asks none."""
    if begins_with == AFTER_THE_LAST:
        return None
    phase = plan.get_phase(begins_with) if begins_with else plan.phases[0]
    with st.expander(f"Prompt of {words.plain(words.short(phase.name, most=_LONGEST_NAME))}", type="compact"):
        text = st.text_area(
            "Prompt",
            value=phase.prompt,
            height=160,
            help="For the new run alone; the template stays as it is.",
            key=f"{key}-prompt-{phase.code}",
        )
    return None if text.strip() == phase.prompt.strip() else text


def _show_entries(desk: RetryDesk, *, is_latest: bool, key: str) -> Entered:
    questions = desk.questions_of(is_latest=is_latest)
    with st.expander("Topic and inputs" if questions else "Topic", type="compact"):
        topic = st.text_area("Topic", value=desk.topic, height=90, key=f"{key}-topic")
        inputs = {question.name: show_input(question, key=f"{key}-in-{question.name}") for question in questions}
    is_same = topic.strip() == desk.topic.strip()
    return Entered(topic=None if is_same else topic, inputs=inputs or None)
