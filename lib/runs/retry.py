"""Retrying: a new run that takes over what a failed or cancelled one had completed, and goes on from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound, QuotaUsedUp
from lib.models.run import OrchestrationRun, PhaseStatus, RunStatus
from lib.projects.queries import load_project
from lib.runs import queries
from lib.runs.launch import check_models, get_active, make_phases
from lib.runs.service import watch_run
from lib.runs.states import RETRYABLE_RUN_STATUSES
from lib.runs.views import RunProgress
from lib.templates.plan import read_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryOffer:
    """Where a retry would begin, what it would take over, and what that took the first time."""

    phase_code: str
    phase_name: str
    #: Code -> the completed attempt, in the plan's order.
    reused: Mapping[str, UUID]
    reused_names: tuple[str, ...]
    saved_tokens: int
    #: None is unknown.
    saved_cost_usd: Decimal | None
    saved_ms: int


def find_retry(run: RunProgress) -> RetryOffer | None:
    """What a retry of the run would do; None where there is nothing to retry.

    It begins with the phase that failed, and without one with the first that was not completed and is still to be
    asked. What the plan itself skipped is looked at anew.
    """
    if run.summary.status not in RETRYABLE_RUN_STATUSES:
        return None
    done = [phase for phase in run.phases if phase.status is PhaseStatus.COMPLETED]
    left = [phase for phase in run.phases if phase.status is not PhaseStatus.COMPLETED and not phase.is_not_asked]
    if not left:
        return None
    failed = run.error.phase if run.error else None
    first = next((phase for phase in left if phase.code == failed), left[0])
    costs = [phase.newest.cost_usd for phase in done]
    known = [cost for cost in costs if cost is not None]
    return RetryOffer(
        phase_code=first.code,
        phase_name=first.name,
        reused={phase.code: phase.newest.id for phase in done},
        reused_names=tuple(phase.name for phase in done),
        saved_tokens=sum((p.newest.prompt_tokens or 0) + (p.newest.completion_tokens or 0) for p in done),
        saved_cost_usd=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        saved_ms=sum(phase.newest.execution_time_ms or 0 for phase in done),
    )


def retry_run(actor: Actor, run_id: UUID) -> UUID:
    """Put a run into the queue that goes on where this one ended, and return its id.

    Plan and inputs are those that were frozen at the first launch. What was completed is taken over and neither asked,
    paid nor counted again. Run, phases, audit and queue entry are one transaction; every model that is still to be
    asked is asked first whether it would answer. Raises `NotFound`, `NotPermitted`, `Conflict`, `QuotaUsedUp`,
    `ModelError`; then nothing was launched.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    seen = watch_run(actor, run_id)
    offer = find_retry(seen)
    if offer is None:
        message = f"Only a run that failed or was cancelled can be retried; this one is {seen.summary.status}."
        raise Conflict(message)
    with tenant_session(actor) as session:
        quota = queries.read_quota(session, actor.organization_id)
        if quota.limit is not None and quota.is_used_up:  # the run would only stand there paused
            raise QuotaUsedUp(quota.limit, quota.resets_at)
        plan = read_plan(_get(session, run_id).plan)
    check_models(actor, (phase for phase in plan.phases if phase.code not in offer.reused))
    with tenant_session(actor) as session:
        before = _get(session, run_id)
        run = OrchestrationRun(**_run_columns(actor, before, offer, _find_template(session, before)))
        session.add(run)
        session.flush()
        get_active(load_project(session, before.project_id))  # now: see launch_run
        session.add_all(make_phases(actor, run.id, plan, reused=offer.reused))
        session.flush()
        session.execute(select(func.api.enqueue_run(run.id)))
        return run.id


def _get(session: Session, run_id: UUID) -> OrchestrationRun:
    run = queries.load_whole(session, run_id)
    if run is None:
        raise NotFound("run")
    return run


def _find_template(session: Session, before: OrchestrationRun) -> UUID | None:
    """The template where it can still be seen; the plan holds all that is needed of it."""
    return session.scalar(select(func.api.find_template(before.template_id)))


def _run_columns(actor: Actor, before: OrchestrationRun, offer: RetryOffer, template_id: UUID | None) -> dict[str, Any]:
    return {
        "organization_id": actor.organization_id,
        "user_id": actor.user_id,
        "project_id": before.project_id,
        "title": before.title,
        "topic": before.topic,
        "status": RunStatus.QUEUED,
        "total_phases": before.total_phases,
        "completed_phases": len(offer.reused),
        "template_id": template_id,
        "template_version": before.template_version,
        "plan": before.plan,
        "inputs": before.inputs,
        "model": before.model,
        "priority": before.priority,
        "cost_limit_usd": before.cost_limit_usd,
        "parent_run_id": before.id,
        "forked_from_phase": offer.phase_code,
    }
