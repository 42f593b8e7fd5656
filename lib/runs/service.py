"""What people do with runs that are there: read them, watch them, cancel and continue them."""

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.errors import Conflict, NotFound
from lib.models.project import Project
from lib.models.run import OrchestrationRun, PhaseStatus, RunPriority, RunStatus
from lib.organizations.queries import read_quota
from lib.runs import queries
from lib.runs.attempts.queries import find_earlier, find_texts, list_figures, list_writing
from lib.runs.overview_views import LiveRun, Overview
from lib.runs.queries import RunFilter
from lib.runs.states import COST_STOPS, FINAL_RUN_STATUSES, PAUSABLE_RUN_STATUSES
from lib.runs.structures import ErrorDetails, RunEstimate, RunInputs, TokenUsage
from lib.runs.views import (
    AttemptFigures,
    AttemptTexts,
    EarlierTexts,
    ItsSchedule,
    Pause,
    PhaseFigures,
    ReviewFigures,
    RunProgress,
    RunSort,
    RunSummary,
)
from lib.templates.inputs import whole
from lib.users.views import Person
from lib.validation import read_stored

RUNNING_SHOWN, RECENT_SHOWN = 5, 8


def get_overview(actor: Actor) -> Overview:
    """What the first page shows. Raises `NotPermitted`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        live = [_summary(row) for row in queries.list_live(session, actor.organization_id, limit=RUNNING_SHOWN)]
        writing = list_writing(session, [run.id for run in live]) if live else []
        recent = queries.list_runs(session, actor.organization_id, chosen=RunFilter(), cursor=None, limit=RECENT_SHOWN)
        return Overview(
            running=tuple(
                LiveRun(summary=run, writing=tuple(name for run_id, name in writing if run_id == run.id))
                for run in live
            ),
            recent=tuple(_summary(row) for row in recent.rows),
            quota=read_quota(session, actor.organization_id),
            has_projects=queries.has_any(session, Project),
            has_runs=bool(recent.rows),
            live_workers=queries.count_live_workers(session),
            turns=queries.read_turns(session) if any(run.is_waiting for run in live) else None,
        )


def list_runs(
    actor: Actor,
    chosen: RunFilter | None = None,
    *,
    sort: RunSort = RunSort.NEWEST,
    cursor: str | None = None,
    limit: int = 25,
) -> Page[RunSummary]:
    """A page of the organization's runs. Raises `InvalidInput` for a cursor that is none of this order."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    chosen = chosen or RunFilter()
    with tenant_session(actor) as session:
        page = queries.list_runs(session, actor.organization_id, chosen=chosen, sort=sort, cursor=cursor, limit=limit)
        return Page(tuple(_summary(row) for row in page.rows), page.newer, page.older)


def watch_run(actor: Actor, run_id: UUID) -> RunProgress:
    """One run and how its attempts stand, without their texts. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        row = queries.find_run(session, actor.organization_id, run_id)
        if row is None:
            raise NotFound("run")
        phases = _phases(list_figures(session, run_id), json_codes=row.json_phases)
        return RunProgress(**_see_run(session, actor, row), phases=phases)


def get_texts(actor: Actor, run_id: UUID, attempt_id: UUID) -> AttemptTexts:
    """Prompt and answer of one attempt, as far as they are written. Raises `NotFound`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return _read_texts(session, run_id, attempt_id)


def find_earlier_texts(actor: Actor, run_id: UUID, attempt_id: UUID) -> EarlierTexts | None:
    """Prompt and answer of the attempt before: in this run, or in the one that it goes on from; None at the first."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        row = find_earlier(session, run_id, attempt_id)
        if row is None:
            return None
        texts = _read_texts(session, row.run_id, row.id)
        return EarlierTexts(number=row.attempt, is_of_other_run=row.run_id != run_id, texts=texts)


def cancel_run(actor: Actor, run_id: UUID) -> None:
    """Ask for a run's end. What no worker holds ends here; a model call under way ends within a second.

    Raises `NotFound`, `NotPermitted`, and `Conflict` when the run has ended already.
    """
    with tenant_session(actor) as session:
        cancel_within(session, actor, run_id)


def cancel_within(session: Session, actor: Actor, run_id: UUID) -> None:
    """The same as part of a transaction that does more."""
    run = _get(queries.load_run(session, run_id))
    actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id)
    run = _get(queries.load_run(session, run_id, for_update=True))
    if run.status in FINAL_RUN_STATUSES:
        message = f"This run has ended already: it is {run.status}."
        raise Conflict(message)
    run.cancel_requested_at = run.cancel_requested_at or clock.now()
    session.flush()
    if run.is_held:
        session.execute(select(func.pg_notify("orchestrator_cancel", "")))
    else:
        session.execute(select(func.api.end_run(run_id, RunStatus.CANCELLED.value, None)))


def resume_run(actor: Actor, run_id: UUID) -> None:
    """Put a paused run back into the queue; one that is still to pause goes on once the calls under way have ended.

    Raises `NotFound`, `NotPermitted`, `Conflict`.
    """
    actor.require(Permission.ORCHESTRATIONS_RUN)
    with tenant_session(actor) as session:
        run = _get(queries.load_run(session, run_id))
        actor.require(Permission.ORCHESTRATIONS_CANCEL, created_by=run.user_id)
        run = _get(queries.load_run(session, run_id, for_update=True))
        if run.status == RunStatus.RUNNING and run.pause_requested_at and not run.cancel_requested_at:
            session.execute(select(func.api.withdraw_pause(run_id)))
            return
        if run.status != RunStatus.PAUSED:
            message = f"Only a paused run can be continued; this one is {run.status}. Reload to see it."
            raise Conflict(message)
        if run.error_details.get("kind") in COST_STOPS:
            message = "The run would only stop again for its cost. Let it spend more, or end it."
            raise Conflict(message)
        run.status = RunStatus.QUEUED
        session.flush()
        session.execute(select(func.api.enqueue_run(run_id)))


def _get(run: OrchestrationRun | None) -> OrchestrationRun:
    if run is None:
        raise NotFound("run")
    return run


def _see_run(session: Session, actor: Actor, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """What `RunProgress` says of the run itself."""
    summary = _summary(row)
    answers = RunInputs.model_validate(row.inputs, extra="ignore").values
    return _see_rights(actor, summary, row) | {
        "summary": summary,
        "launcher": Person(**row.launcher),
        "topic": row.topic,
        "template_id": row.template_id,
        "inputs": tuple(
            (question["label"], str(whole(answers[question["name"]])))
            for question in row.questions or ()
            if answers.get(question["name"]) is not None
        ),
        "answers": answers,
        "error": _error(row.error_details),
        "is_cancel_requested": row.cancel_requested_at is not None,
        "pause": Pause(by=row.pauser and Person(**row.pauser), asked_at=row.pause_requested_at)
        if row.pause_requested_at
        else None,
        "cost_limit_usd": row.cost_limit_usd,
        "counted_usd": row.counted_usd,
        "live_workers": row.live_workers,
        "turns": queries.read_turns(session, summary.id) if summary.is_waiting else None,
        "parent_run_id": row.parent_run_id,
        "begins_with": row.forked_from_phase,
        "operations": tuple(row.operations),
        "integration_enabled": row.integration_enabled,
        "estimate": _read_estimate(row.estimate),
        "last_word_at": row.last_word_at,
        "schedule": ItsSchedule(**row.schedule | {"id": UUID(row.schedule["id"])})
        if row.schedule and actor.may_some(Permission.ORCHESTRATIONS_RUN)
        else None,
    }


def _see_rights(actor: Actor, summary: RunSummary, row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """What the person may do to the run as it stands."""
    may_steer = summary.status not in FINAL_RUN_STATUSES and actor.may(
        Permission.ORCHESTRATIONS_CANCEL, created_by=summary.user_id
    )
    may_spend = may_steer and actor.may_some(Permission.ORCHESTRATIONS_RUN)
    is_paused = summary.status is RunStatus.PAUSED
    is_to_pause = (
        summary.status is RunStatus.RUNNING and row.pause_requested_at is not None and row.cancel_requested_at is None
    )
    is_stopped_by_cost = row.error_details.get("kind") in COST_STOPS
    return {
        "may_cancel": may_steer and row.cancel_requested_at is None,
        "may_resume": may_spend and (is_to_pause or (is_paused and not is_stopped_by_cost)),
        "may_pause": may_steer
        and summary.status in PAUSABLE_RUN_STATUSES
        and row.cancel_requested_at is None
        and row.pause_requested_at is None,
        "may_raise_limit": may_spend and row.cost_limit_usd is not None,
        "may_finish": may_steer and is_paused and summary.completed_phases > 0,
        "may_retry": summary.status in FINAL_RUN_STATUSES and actor.may_some(Permission.ORCHESTRATIONS_RUN),
        "may_prioritize": may_steer and summary.status is RunStatus.QUEUED,
    }


def _read_estimate(stored: Any) -> RunEstimate | None:
    """None where it can't be read: a person's SQL may have written it, and nothing of the run hangs on it."""
    try:
        return RunEstimate.model_validate(stored) if stored else None
    except ValidationError:
        return None


def _summary(row: Row[*tuple[Any, ...]]) -> RunSummary:
    values = dict(zip(queries.SUMMARY, row, strict=False))  # pages have their key behind it
    kinds = {"status": RunStatus(values["status"]), "priority": RunPriority(values["priority"])}
    return RunSummary(**values | kinds)


def _read_texts(session: Session, run_id: UUID, attempt_id: UUID) -> AttemptTexts:
    row = find_texts(session, run_id, attempt_id)
    if row is None:
        raise NotFound("attempt")
    return AttemptTexts(prompt=row[0], response=row[1], original=row[2])


def _phases(rows: Iterable[Row[*tuple[Any, ...]]], *, json_codes: Collection[str]) -> tuple[PhaseFigures, ...]:
    found = []
    for _, group in groupby(rows, key=lambda row: row.phase_code):
        attempts = list(group)
        newest = attempts[-1]
        found.append(
            PhaseFigures(
                code=newest.phase_code,
                name=newest.phase_name,
                position=newest.position,
                depends_on=tuple(newest.depends_on),
                attempts=tuple(_attempt(row) for row in attempts),
                is_json=newest.phase_code in json_codes,
            )
        )
    return tuple(found)


def _attempt(row: Row[*tuple[Any, ...]]) -> AttemptFigures:
    tokens = read_stored(TokenUsage, row.token_usage, what="The attempt's token usage") if row.token_usage else None
    return AttemptFigures(
        id=row.id,
        number=row.attempt,
        status=PhaseStatus(row.status),
        model=row.model or "",
        started_at=row.started_at,
        completed_at=row.completed_at,
        execution_time_ms=row.execution_time_ms,
        prompt_tokens=tokens.prompt_tokens if tokens else None,
        completion_tokens=tokens.completion_tokens if tokens else None,
        cost_usd=row.cost_usd,
        finish_reason=row.finish_reason,
        error=_error(row.error_details),
        reused_from=row.reused_from,
        review=ReviewFigures(
            id=row.review_id, requested_at=row.requested_at, due_at=row.due_at, decided_at=row.decided_at
        )
        if row.review_id
        else None,
        redo_comment=row.redo_comment,
        is_edited=row.is_edited,
        has_prompt=row.has_prompt,
        response_bytes=row.response_bytes,
    )


def _error(details: Mapping[str, Any]) -> ErrorDetails | None:
    return read_stored(ErrorDetails, details, what="The run's error") if details else None
