"""Every select on runs and their phases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, literal, select
from sqlalchemy.orm import Session, load_only

from lib.db.paging import Rows, read_page
from lib.errors import NotSignedIn
from lib.models.organization import Organization
from lib.models.project import Project
from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStatus, PhaseStream, RunStatus
from lib.models.user import User

_LISTED = (
    OrchestrationRun.id,
    OrchestrationRun.title,
    OrchestrationRun.topic,
    OrchestrationRun.status,
    OrchestrationRun.project_id,
    OrchestrationRun.user_id,
    OrchestrationRun.model,
    OrchestrationRun.created_at,
    OrchestrationRun.started_at,
    OrchestrationRun.completed_at,
    OrchestrationRun.total_phases,
    OrchestrationRun.completed_phases,
    OrchestrationRun.total_tokens,
    OrchestrationRun.cost_usd,
    OrchestrationRun.execution_time_ms,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs a list shows; None is all."""

    status: RunStatus | None = None
    project_id: UUID | None = None
    search: str = ""


def _summaries() -> Select[OrchestrationRun, str, str, str]:
    """A run without its large columns, the project's name, the person's, the template's."""
    return (
        select(
            OrchestrationRun,
            Project.name,
            func.coalesce(User.full_name, User.username),
            OrchestrationRun.plan["template_name"].astext,
        )
        .join(Project, Project.id == OrchestrationRun.project_id)
        .join(User, User.id == OrchestrationRun.user_id)
        .options(load_only(*_LISTED))
    )


def list_runs(session: Session, chosen: RunFilter, *, cursor: str | None, limit: int) -> Rows:
    """A page of runs, the newest first."""
    statement = _summaries()
    if chosen.status is not None:
        statement = statement.where(OrchestrationRun.status == chosen.status)
    if chosen.project_id is not None:
        statement = statement.where(OrchestrationRun.project_id == chosen.project_id)
    if chosen.search:
        statement = statement.where(
            OrchestrationRun.title.icontains(chosen.search, autoescape=True)
            | OrchestrationRun.topic.icontains(chosen.search, autoescape=True)
        )
    key = (OrchestrationRun.created_at, OrchestrationRun.id)
    return read_page(session, statement, key=key, cursor=cursor, limit=limit)


def list_live(session: Session, *, limit: int) -> Sequence[Row[OrchestrationRun, str, str, str]]:
    """Runs that are queued or running, the newest first."""
    statement = (
        _summaries()
        .where(OrchestrationRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]))
        .order_by(OrchestrationRun.created_at.desc())
        .limit(limit)
    )
    return session.execute(statement).all()


def list_writing(session: Session, run_ids: Sequence[UUID]) -> Sequence[Row[UUID, str]]:
    """The phases of these runs that are being written: run and name."""
    statement = (
        select(PhaseExecution.run_id, PhaseExecution.phase_name)
        .where(PhaseExecution.run_id.in_(run_ids), PhaseExecution.status == PhaseStatus.RUNNING)
        .order_by(PhaseExecution.position)
    )
    return session.execute(statement).all()


def find_run(session: Session, run_id: UUID) -> Row[OrchestrationRun, str, str, str, Any] | None:
    """One run, as `list_runs` lists it, and the questions that its template asked; not its prompts and answers."""
    statement = (
        _summaries()
        .add_columns(OrchestrationRun.plan["inputs"])
        .where(OrchestrationRun.id == run_id)
        .options(
            load_only(
                OrchestrationRun.template_version,
                OrchestrationRun.inputs,
                OrchestrationRun.error_details,
                OrchestrationRun.cancel_requested_at,
            )
        )
    )
    return session.execute(statement).one_or_none()


def list_attempts(session: Session, run_id: UUID) -> Sequence[Row[PhaseExecution, str | None]]:
    """Every attempt of a run in the plan's order, with the answer so far where one is being written."""
    statement = (
        select(PhaseExecution, PhaseStream.response_text)
        .outerjoin(PhaseStream, PhaseStream.phase_execution_id == PhaseExecution.id)
        .where(PhaseExecution.run_id == run_id)
        .order_by(PhaseExecution.position, PhaseExecution.phase_code, PhaseExecution.attempt)
    )
    return session.execute(statement).all()


def load_run(session: Session, run_id: UUID, *, for_update: bool = False) -> OrchestrationRun | None:
    """The row, to change it; with `for_update` as it stands once it is locked."""
    statement = (
        select(OrchestrationRun)
        .where(OrchestrationRun.id == run_id)
        .options(load_only(OrchestrationRun.status, OrchestrationRun.user_id, OrchestrationRun.cancel_requested_at))
    )
    if for_update:
        # without populate_existing a row that the session has read before would stay as it was then
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def read_quota(session: Session, organization_id: UUID) -> Organization:
    """The organization's row, for its quota. Raises `NotSignedIn` when who asks is gone by now."""
    organization = session.scalar(select(Organization).where(Organization.id == organization_id))
    if organization is None:
        raise NotSignedIn
    return organization


def has_any(session: Session, table: type[Project | OrchestrationRun]) -> bool:
    """Whether the organization has a row in the table."""
    return bool(session.scalar(select(exists(select(literal(1)).select_from(table)))))


def count_live_workers(session: Session) -> int:
    """Workers that are alive on this installation."""
    return session.scalar(select(func.api.live_workers())) or 0
