"""Every select on projects."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from lib.db.paging import Rows, read_page
from lib.models.project import Project, ProjectStatus
from lib.models.run import OrchestrationRun
from lib.models.user import User
from lib.projects.views import MOST_RUNS_COUNTED

#: What `ProjectSummary` has, by its names. The runs' are worked out for the rows of the page only.
_RUNS = OrchestrationRun.organization_id == Project.organization_id, OrchestrationRun.project_id == Project.id
SUMMARY = {
    "id": Project.id,
    "name": Project.name,
    "status": Project.status,
    "priority": Project.priority,
    "owner": select(func.coalesce(User.full_name, User.username))
    .where(User.id == Project.created_by)
    .scalar_subquery(),
    "created_by": Project.created_by,
    "created_at": Project.created_at,
    "updated_at": Project.updated_at,
    "run_count": select(func.count())
    .select_from(select(OrchestrationRun.id).where(*_RUNS).limit(MOST_RUNS_COUNTED).correlate(Project).subquery())
    .correlate(Project)
    .scalar_subquery(),
    "last_run_at": select(OrchestrationRun.created_at)
    .where(*_RUNS)
    .order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc())
    .limit(1)
    .correlate(Project)
    .scalar_subquery(),
}


def _summaries(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    """The columns of `SUMMARY`, in that order. The condition is the planner's, as in lib.runs.queries."""
    return select(*SUMMARY.values()).where(Project.organization_id == organization_id)


def list_projects(
    session: Session,
    organization_id: UUID,
    *,
    status: ProjectStatus | None,
    search: str,
    cursor: str | None,
    limit: int,
) -> Rows:
    """A page of projects, the newest first."""
    statement = _summaries(organization_id)
    if status is not None:
        statement = statement.where(Project.status == status)
    if search:
        statement = statement.where(
            Project.name.icontains(search, autoescape=True) | Project.topic.icontains(search, autoescape=True)
        )
    return read_page(session, statement, key=(Project.created_at, Project.id), cursor=cursor, limit=limit)


def find_project(session: Session, organization_id: UUID, project_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One project as `list_projects` lists it, and the row behind it."""
    return session.execute(
        _summaries(organization_id).add_columns(Project).where(Project.id == project_id)
    ).one_or_none()


def load_project(session: Session, project_id: UUID, *, for_update: bool = False) -> Project | None:
    """The row, to change it (`for_update`: as it stands once it is locked) or to launch for it."""
    statement = select(Project).where(Project.id == project_id)
    if for_update:
        # without populate_existing a row that the session has read before would stay as it was then
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def list_active(session: Session, *, wanted: UUID | None, limit: int) -> list[Row[UUID, str]]:
    """Id and name of projects that can be launched for: `wanted` if it is one of them, and the newest."""
    active = select(Project.id, Project.name).where(Project.status == ProjectStatus.ACTIVE)
    newest = session.execute(active.order_by(Project.created_at.desc(), Project.id.desc()).limit(limit)).all()
    if wanted is None or any(row.id == wanted for row in newest):
        return list(newest)
    return [*session.execute(active.where(Project.id == wanted)), *newest][:limit]
