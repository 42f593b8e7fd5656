"""Every select on projects."""

from uuid import UUID

from sqlalchemy import Row, Select, func, select, true
from sqlalchemy.orm import Session

from lib.db.paging import Rows, read_page
from lib.models.project import Project, ProjectStatus
from lib.models.run import OrchestrationRun
from lib.models.user import User


def _summaries() -> Select[Project, str | None, int, object]:
    runs = (
        select(func.count(OrchestrationRun.id), func.max(OrchestrationRun.created_at))
        .where(OrchestrationRun.organization_id == Project.organization_id, OrchestrationRun.project_id == Project.id)
        .lateral()
    )
    run_count, last_run_at = runs.c
    return (
        select(Project, func.coalesce(User.full_name, User.username), run_count, last_run_at)
        .join(User, User.id == Project.created_by)
        .join(runs, onclause=true())
    )


def list_projects(
    session: Session, *, status: ProjectStatus | None, search: str, cursor: str | None, limit: int
) -> Rows:
    """A page of projects: the row, its owner's name, how many runs, when the last one."""
    statement = _summaries()
    if status is not None:
        statement = statement.where(Project.status == status)
    if search:
        statement = statement.where(
            Project.name.icontains(search, autoescape=True) | Project.topic.icontains(search, autoescape=True)
        )
    return read_page(session, statement, key=(Project.created_at, Project.id), cursor=cursor, limit=limit)


def find_project(session: Session, project_id: UUID) -> Row[Project, str | None, int, object] | None:
    """One project, as `list_projects` lists it."""
    return session.execute(_summaries().where(Project.id == project_id)).one_or_none()


def load_project(session: Session, project_id: UUID, *, for_update: bool = False) -> Project | None:
    """The row, to change it (`for_update`: as it stands once it is locked) or to launch for it."""
    statement = select(Project).where(Project.id == project_id)
    if for_update:
        # without populate_existing a row that the session has read before would stay as it was then
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def list_active(session: Session, *, limit: int) -> list[Project]:
    """Projects that can be launched for, the newest first."""
    return list(
        session.scalars(
            select(Project)
            .where(Project.status == ProjectStatus.ACTIVE)
            .order_by(Project.created_at.desc(), Project.id.desc())
            .limit(limit)
        )
    )
