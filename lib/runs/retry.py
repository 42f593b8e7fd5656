"""Running again: a new run that takes over what one that has ended had completed, and goes on from there."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.budgets.gauges import refuse_used_up
from lib.connections.offers import read_traits
from lib.cost_limit import clean_limit
from lib.db.session import tenant_session
from lib.entry import clean_text
from lib.errors import Conflict, NotFound, QuotaUsedUp, RetriedAlready
from lib.models.run import OrchestrationRun, PhaseStatus, RunStatus
from lib.organizations.queries import read_quota, read_settings
from lib.projects.queries import load_project
from lib.projects.service import MAX_TOPIC
from lib.projects.structures import ProjectSettings
from lib.providers.base import ModelChoice
from lib.runs import queries
from lib.runs.attempts.queries import list_responses
from lib.runs.estimating.service import estimate_plan, read_past
from lib.runs.launch import check_models, get_active
from lib.runs.lists.queries import is_retried
from lib.runs.phases import make_phases
from lib.runs.replan import AFTER_THE_LAST, TraitsOf, change_model, change_prompt, find_differences, find_reused
from lib.runs.retry_views import Prepared, RetryDesk, RetryRequest
from lib.runs.service import watch_run
from lib.runs.states import FINAL_RUN_STATUSES
from lib.runs.structures import RunInputs
from lib.runs.titles import name_retry
from lib.runs.views import RunProgress
from lib.templates.access import read_data
from lib.templates.inputs import validate_inputs
from lib.templates.operations import refuse_unsupported
from lib.templates.plan import Plan, PlannedPhase, make_plan, read_plan
from lib.templates.previews import preview_again
from lib.templates.queries import can_launch, find_readable
from lib.templates.rendering import PhaseAnswer, PromptContext
from lib.validation import read_stored


def find_begin(run: RunProgress) -> str | None:
    """Where a retry begins unless somebody says otherwise: the phase that failed, or the first that was not completed.

    None, which is the start, where the run was completed, and `AFTER_THE_LAST` where all of them were and the run was
    not: an operation failed, or never began. What the plan itself skipped is looked at anew; nothing begins there.
    """
    left = [phase.code for phase in run.phases if phase.status is not PhaseStatus.COMPLETED and not phase.is_not_asked]
    failed = run.error.phase if run.error else None
    if not left and run.summary.status is not RunStatus.COMPLETED:
        return AFTER_THE_LAST
    return failed if failed in left else next(iter(left), None)


def open_retry(actor: Actor, run_id: UUID) -> RetryDesk:
    """What a person who may launch can choose. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    run = _get_ended(actor, run_id)
    traits_of = read_traits(actor)
    with tenant_session(actor) as session:
        before = _get(session, run_id)
        frozen = read_plan(before.plan)
        latest = _plan_latest(session, actor, before, traits_of)
        is_newer = latest is not None and latest.template_version != before.template_version
        lets_operate = read_settings(session, actor.organization_id).integration_enabled
    return RetryDesk(
        run=run,
        frozen=frozen,
        latest=latest if is_newer else None,
        differences=tuple(find_differences(frozen, latest)) if latest and is_newer else (),
        topic=before.topic,
        values=_read_inputs(before).values,
        begins_with=find_begin(run),
        integration_enabled=before.integration_enabled,
        lets_operate=lets_operate,
    )


def preview_retry(actor: Actor, request: RetryRequest) -> Prepared:
    """Everything that a retry would do, without doing it. Raises what `retry_run` raises, but for model and quota."""
    run = _get_ended(actor, request.run_id)
    traits_of = read_traits(actor)
    with tenant_session(actor) as session:
        before = _get(session, request.run_id)
        get_active(load_project(session, before.project_id))
        plan = _make_plan(session, actor, before, request, traits_of)
        inputs, topic = _enter(before, request, plan)
        phases = {phase.code: phase for phase in run.phases}
        completed = {code for code, phase in phases.items() if phase.status is PhaseStatus.COMPLETED}
        frozen = read_plan(before.plan)
        codes = find_reused(plan, before=frozen, completed=completed, begins_with=request.begins_with)
        reused = {code: phases[code] for code in codes}
        answers = list_responses(session, [phase.newest.id for phase in reused.values()])
        quota = read_quota(session, actor.organization_id)
        lets_operate = read_settings(session, actor.organization_id).integration_enabled
        template_id = session.scalar(select(func.api.find_template(before.template_id)))
        past = read_past(session, actor.organization_id, template_id, plan)
    context = PromptContext(
        topic=topic,
        project_name=inputs.project.name,
        project_description=inputs.project.description,
        inputs=inputs.values,
        answers={code: _as_answer(plan.get_phase(code), answers[code]) for code in codes},
    )
    prompts = {prompt.code: prompt.prompt for prompt in preview_again(actor.organization_id, plan, context)}
    is_same = topic == before.topic and inputs == _read_inputs(before)
    return Prepared(
        plan=plan,
        model=request.model or before.model or "",
        template_id=template_id,
        topic=topic,
        inputs=inputs,
        reused=reused,
        written_before=() if is_same else tuple(phase.name for phase in reused.values()),
        prompt=prompts[request.begins_with or plan.phases[0].code],
        estimate=estimate_plan(actor, plan, context, asked=[code for code in prompts if code not in reused], past=past),
        quota=quota,
        title=name_retry(before.title),
        cost_limit_usd=before.cost_limit_usd if request.cost_limit is None else clean_limit(request.cost_limit.usd),
        integration_enabled=lets_operate
        and (before.integration_enabled if request.integration_enabled is None else request.integration_enabled),
    )


def _as_answer(phase: PlannedPhase, response: str) -> PhaseAnswer:
    return PhaseAnswer(phase.code, phase.name, response, output=phase.output)


def retry_run(
    actor: Actor, request: RetryRequest, *, checked: set[ModelChoice] | None = None, is_first: bool = False
) -> UUID:
    """Put a run into the queue that goes on where the request says, and return its id.

    What is reused is neither asked, paid nor counted again. Run, phases, audit and queue entry are one transaction;
    every model that is still to be asked is asked first whether it would answer, but for those that `checked` holds,
    to which they are added. `is_first` is for who may change that run and means it once: two at once launch one. Raises
    `NotFound`, `NotPermitted`, `Conflict`, `RetriedAlready`, `InvalidInput`, `PlanInvalid`, `PlanNotSupported`,
    `QuotaUsedUp`, `BudgetUsedUp`, `ModelError`; then nothing was launched.
    """
    prepared = preview_retry(actor, request)
    quota = prepared.quota
    if quota.limit is not None and quota.is_used_up:  # the run would only stand there paused
        raise QuotaUsedUp(quota.limit, quota.resets_at)
    refuse_used_up(actor, watch_run(actor, request.run_id).summary.project_id)
    asked = (phase for phase in prepared.plan.phases if phase.code not in prepared.reused)
    check_models(actor, asked, checked=checked)
    with tenant_session(actor) as session:
        if is_first:
            _refuse_second(session, actor, request.run_id)
        before = _get(session, request.run_id)
        run = OrchestrationRun(**_run_columns(actor, before, request, prepared))
        session.add(run)
        session.flush()
        get_active(load_project(session, before.project_id))  # now: see launch_run
        reused = {code: phase.newest.id for code, phase in prepared.reused.items()}
        session.add_all(make_phases(actor, run.id, prepared.plan, reused=reused))
        session.flush()
        session.execute(select(func.api.enqueue_run(run.id)))
        return run.id


def _refuse_second(session: Session, actor: Actor, run_id: UUID) -> None:
    """Whoever runs it again at the same time waits for its row, and sees what the first one launched."""
    if queries.load_run(session, run_id, for_update=True) is None:
        raise NotFound("run")
    if is_retried(session, actor.organization_id, run_id):
        raise RetriedAlready


def _get_ended(actor: Actor, run_id: UUID) -> RunProgress:
    actor.require(Permission.ORCHESTRATIONS_RUN)
    run = watch_run(actor, run_id)
    if run.summary.status not in FINAL_RUN_STATUSES:
        message = f"Only a run that has ended can be run again; this one is {run.summary.status}."
        raise Conflict(message)
    return run


def _get(session: Session, run_id: UUID) -> OrchestrationRun:
    run = queries.load_whole(session, run_id)
    if run is None:
        raise NotFound("run")
    return run


def _plan_latest(session: Session, actor: Actor, before: OrchestrationRun, traits_of: TraitsOf) -> Plan | None:
    """What the template says now, for the run's model; None where the person can't launch it."""
    if before.template_id is None or before.model is None or not can_launch(session, actor, before.template_id):
        return None
    template = find_readable(session, before.template_id)
    project = load_project(session, before.project_id)
    if template is None or project is None:
        return None
    settings = read_stored(ProjectSettings, project.settings, what="The project's settings")
    return make_plan(
        read_data(actor, template),
        template_name=template.name,
        template_version=template.version,
        model=ModelChoice.parse(before.model),
        traits_of=traits_of,
        reviewers=settings.reviewer_ids,
    )


def _make_plan(
    session: Session, actor: Actor, before: OrchestrationRun, request: RetryRequest, traits_of: TraitsOf
) -> Plan:
    plan: Plan | None = read_plan(before.plan)
    if request.is_latest:
        plan = _plan_latest(session, actor, before, traits_of)
    if plan is None:
        raise NotFound("template")
    if request.is_latest and request.shown_version not in {None, plan.template_version}:
        message = (
            f"The template's latest version is {plan.template_version} by now, and no longer {request.shown_version}. "
            "Nothing was launched; look at it again, then launch."
        )
        raise Conflict(message)
    if request.model is not None and request.model != before.model:
        model = ModelChoice.parse(request.model)
        plan = change_model(plan, model, begins_with=request.begins_with, traits_of=traits_of)
    if request.prompt is not None:
        plan = change_prompt(plan, request.begins_with or plan.phases[0].code, request.prompt)
    refuse_unsupported(plan)
    return plan


def _enter(before: OrchestrationRun, request: RetryRequest, plan: Plan) -> tuple[RunInputs, str]:
    """Inputs and topic; of inputs that nobody entered anew, those that the plan asks for."""
    kept = _read_inputs(before)
    asked = {question.name for question in plan.inputs}
    given = {name: value for name, value in kept.values.items() if name in asked} | dict(request.inputs or {})
    topic = before.topic if request.topic is None else clean_text(request.topic, field="Topic", longest=MAX_TOPIC)
    return RunInputs(project=kept.project, values=validate_inputs(plan.inputs, given)), topic


def _read_inputs(before: OrchestrationRun) -> RunInputs:
    return RunInputs.model_validate(before.inputs, extra="ignore")


def _run_columns(actor: Actor, before: OrchestrationRun, request: RetryRequest, prepared: Prepared) -> dict[str, Any]:
    is_on = prepared.integration_enabled
    return {
        "organization_id": actor.organization_id,
        "user_id": actor.user_id,
        "project_id": before.project_id,
        "title": prepared.title,
        "topic": prepared.topic,
        "status": RunStatus.QUEUED,
        "total_phases": len(prepared.plan.phases),
        "completed_phases": len(prepared.reused),
        "template_id": prepared.template_id,
        "template_version": prepared.plan.template_version,
        "plan": prepared.plan.to_json(),
        "inputs": prepared.inputs.model_dump(mode="json"),
        "model": prepared.model or None,
        "priority": before.priority,
        "cost_limit_usd": prepared.cost_limit_usd,
        "integration_enabled": before.integration_enabled if request.integration_enabled is None else is_on,
        "parent_run_id": before.id,
        "forked_from_phase": request.begins_with,
        "estimate": prepared.estimate.model_dump(mode="json"),
    }
