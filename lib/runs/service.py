"""What people do with runs that are there: read them, watch them, cancel and continue them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.entry import clean_search
from lib.errors import Conflict, NotFound
from lib.models.project import Project
from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStatus, RunStatus
from lib.runs import queries
from lib.runs.queries import RunFilter
from lib.runs.states import FINAL_RUN_STATUSES
from lib.runs.structures import ErrorDetails, RunInputs, TokenUsage
from lib.runs.views import AttemptView, LiveRun, Overview, PhaseView, RunDetail, RunSummary
from lib.validation import read_stored

RUNNING_SHOWN, RECENT_SHOWN = 5, 8


def get_overview(actor: Actor) -> Overview:
    """What the first page shows. Raises `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        live = queries.list_live(session, limit=RUNNING_SHOWN)
        writing = queries.list_writing(session, [row[0].id for row in live])
        recent = queries.list_runs(session, RunFilter(), cursor=None, limit=RECENT_SHOWN)
        organization = queries.read_quota(session, actor.organization_id)
        is_over = organization.quota_resets_at <= clock.now()
        return Overview(
            running=tuple(
                LiveRun(
                    summary=_summary(row),
                    writing=tuple(name for run_id, name in writing if run_id == row[0].id),
                )
                for row in live
            ),
            recent=tuple(_summary(row) for row in recent.rows),
            quota_used=0 if is_over else organization.api_quota_used,
            quota_limit=organization.api_quota_limit,
            quota_resets_at=organization.quota_resets_at,
            has_projects=queries.has_any(session, Project),
            has_runs=bool(recent.rows),
            live_workers=queries.count_live_workers(session),
        )


def list_runs(
    actor: Actor, chosen: RunFilter | None = None, *, cursor: str | None = None, limit: int = 25
) -> Page[RunSummary]:
    """A page of the organization's runs, the newest first."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    chosen = chosen or RunFilter()
    chosen = replace(chosen, search=clean_search(chosen.search))
    with tenant_session(actor) as session:
        page = queries.list_runs(session, chosen, cursor=cursor, limit=limit)
        return Page(tuple(_summary(row) for row in page.rows), page.newer, page.older)


def get_run(actor: Actor, run_id: UUID) -> RunDetail:
    """One run with its phases and their attempts, answers as far as they are written. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        row = queries.find_run(session, run_id)
        if row is None:
            raise NotFound("run")
        run = row[0]
        status = RunStatus(run.status)
        may_steer = status not in FINAL_RUN_STATUSES and actor.may(
            Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id
        )
        answers = RunInputs.model_validate(run.inputs, extra="ignore").values
        return RunDetail(
            summary=_summary(row),
            topic=run.topic,
            template_version=run.template_version,
            inputs=tuple(
                (question["label"], str(answers[question["name"]]))
                for question in row[4] or ()
                if answers.get(question["name"]) is not None
            ),
            phases=_phases(queries.list_attempts(session, run_id)),
            error=_error(run.error_details),
            is_cancel_requested=run.cancel_requested_at is not None,
            live_workers=queries.count_live_workers(session),
            may_cancel=may_steer and run.cancel_requested_at is None,
            may_resume=may_steer and status is RunStatus.PAUSED and actor.may_some(Permission.ORCHESTRATIONS_RUN),
        )


def cancel_run(actor: Actor, run_id: UUID) -> None:
    """Ask for a run's end. What no worker holds ends here; a model call under way ends within a second.

    Raises `NotFound`, `NotPermitted`, and `Conflict` when the run has ended already.
    """
    with tenant_session(actor) as session:
        run = _get(queries.load_run(session, run_id))
        actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id)
        run = _get(queries.load_run(session, run_id, for_update=True))
        if run.status in FINAL_RUN_STATUSES:
            message = f"This run has ended already: it is {run.status}."
            raise Conflict(message)
        run.cancel_requested_at = run.cancel_requested_at or clock.now()
        session.flush()
        if run.status == RunStatus.RUNNING:
            session.execute(select(func.pg_notify("orchestrator_cancel", "")))
        else:
            session.execute(select(func.api.end_run(run_id, RunStatus.CANCELLED.value, None)))


def resume_run(actor: Actor, run_id: UUID) -> None:
    """Put a paused run back into the queue. Raises `NotFound`, `NotPermitted`, `Conflict`."""
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        run = _get(queries.load_run(session, run_id))
        actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id)
        run = _get(queries.load_run(session, run_id, for_update=True))
        if run.status != RunStatus.PAUSED:
            message = f"Only a paused run can be continued; this one is {run.status}. Reload to see it."
            raise Conflict(message)
        run.status = RunStatus.QUEUED
        session.flush()
        session.execute(select(func.api.enqueue_run(run_id)))


def _get(run: OrchestrationRun | None) -> OrchestrationRun:
    if run is None:
        raise NotFound("run")
    return run


def _summary(row: Any) -> RunSummary:
    run, project_name, person, template_name = row[:4]
    return RunSummary(
        id=run.id,
        title=run.title or run.topic,
        status=RunStatus(run.status),
        project_id=run.project_id,
        project_name=project_name,
        user_id=run.user_id,
        launched_by=person,
        template_name=template_name or "",
        model=run.model or "",
        created_at=run.created_at,
        started_at=run.started_at,
        completed_at=run.completed_at,
        total_phases=run.total_phases,
        completed_phases=run.completed_phases,
        total_tokens=run.total_tokens,
        cost_usd=run.cost_usd,
        execution_time_ms=run.execution_time_ms,
    )


def _phases(rows: Iterable[tuple[PhaseExecution, str | None]]) -> tuple[PhaseView, ...]:
    found = []
    for _, group in groupby(rows, key=lambda row: row[0].phase_code):
        attempts = list(group)
        newest = attempts[-1][0]
        found.append(
            PhaseView(
                code=newest.phase_code,
                name=newest.phase_name,
                position=newest.position,
                depends_on=tuple(newest.depends_on),
                attempts=tuple(_attempt(*attempt) for attempt in attempts),
            )
        )
    return tuple(found)


def _attempt(attempt: PhaseExecution, written: str | None) -> AttemptView:
    usage = attempt.token_usage
    tokens = read_stored(TokenUsage, usage, what="The attempt's token usage") if usage else None
    return AttemptView(
        id=attempt.id,
        number=attempt.attempt,
        status=PhaseStatus(attempt.status),
        prompt=attempt.prompt_text,
        response=attempt.response_text or written or "",
        model=attempt.model or "",
        started_at=attempt.started_at,
        completed_at=attempt.completed_at,
        execution_time_ms=attempt.execution_time_ms,
        prompt_tokens=tokens.prompt_tokens if tokens else None,
        completion_tokens=tokens.completion_tokens if tokens else None,
        cost_usd=attempt.cost_usd,
        finish_reason=attempt.finish_reason,
        error=_error(attempt.error_details),
    )


def _error(details: Mapping[str, Any]) -> ErrorDetails | None:
    return read_stored(ErrorDetails, details, what="The run's error") if details else None
