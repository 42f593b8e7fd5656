"""Every select on projects."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Row,
    ScalarSelect,
    Select,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from lib.db.counting import count_each
from lib.db.paging import Order, Rows, count_at_most, read_choices, read_page
from lib.entry import clean_search
from lib.models.archive import AWAY, Archive
from lib.models.people import people
from lib.models.project import PRIORITY_RANK, STATUS_RANK, Priority, Project, ProjectStatus
from lib.models.run import OrchestrationRun
from lib.projects.views import MOST_RUNS_COUNTED, ProjectSort
from lib.runs.states import FINAL_RUN_STATUSES
from lib.users.queries import person

#: What `ProjectSummary` has, by its names. The runs' are worked out for the rows of the page only.
_RUNS = OrchestrationRun.organization_id == Project.organization_id, OrchestrationRun.project_id == Project.id
_COUNTED = select(OrchestrationRun.cost_usd).where(*_RUNS).limit(MOST_RUNS_COUNTED).correlate(Project).subquery()
_LAST_RUN = (
    select(OrchestrationRun.created_at)
    .where(*_RUNS)
    .order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc())
    .limit(1)
    .correlate(Project)
    .scalar_subquery()
)
#: Archives that hold runs which are nowhere else, as far as the person sees archives.
_ARCHIVES = (
    Archive.organization_id == Project.organization_id,
    Archive.project_id == Project.id,
    Archive.status.in_(AWAY),
    Archive.away_count > 0,
)
SUMMARY = {
    "id": Project.id,
    "name": Project.name,
    "status": Project.status,
    "priority": Project.priority,
    "owner": select(people.c.name).where(people.c.id == Project.created_by).scalar_subquery(),
    "created_by": Project.created_by,
    "created_at": Project.created_at,
    "updated_at": Project.updated_at,
    "counted": select(
        array([cast(func.count(), Numeric), func.count(_COUNTED.c.cost_usd), func.sum(_COUNTED.c.cost_usd)])
    )
    .select_from(_COUNTED)
    .correlate(Project)
    .scalar_subquery(),
    "away": select(
        array(
            [
                cast(func.sum(Archive.away_count), Numeric),
                func.sum(Archive.away_cost_usd),
                cast(func.sum(Archive.away_unknown_costs), Numeric),
            ]
        )
    )
    .where(*_ARCHIVES)
    .correlate(Project)
    .scalar_subquery(),
    "last_run_at": func.greatest(_LAST_RUN, case((exists().where(*_ARCHIVES).correlate(Project), Project.last_run_at))),
}


def _rank(written: str) -> ColumnElement[int]:
    """As the index has it, to the letter: with parameters in it, a plan that is kept would not know it again."""
    return literal_column(written, Integer)


ORDERS: Final = {
    ProjectSort.NEWEST: Order("newest", Project.created_at, Project.id),
    ProjectSort.OLDEST: Order("oldest", Project.created_at, Project.id, is_descending=False),
    ProjectSort.NAME: Order("name", Project.name_key, Project.id, kind=str, is_descending=False),
    ProjectSort.PRIORITY: Order("priority", _rank(PRIORITY_RANK), Project.id, kind=int, is_descending=False),
    ProjectSort.STATUS: Order("status", _rank(STATUS_RANK), Project.id, kind=int, is_descending=False),
    ProjectSort.LAST_RUN: Order("last_run", Project.last_run_at, Project.id, is_nullable=True),
    ProjectSort.SPENT: Order("spent", Project.spent_millionths, Project.id, kind=int),
}
#: The same where somebody sees their own runs alone: of those, and not of what is kept for all.
_OWN_ORDERS: Final = {
    ProjectSort.LAST_RUN: Order("last_run", _LAST_RUN, Project.id, is_nullable=True, is_leakproof=False),
    ProjectSort.SPENT: Order(
        "spent",
        select(func.coalesce(func.sum(OrchestrationRun.cost_usd), 0))
        .where(*_RUNS, OrchestrationRun.status.in_(FINAL_RUN_STATUSES))
        .correlate(Project)
        .scalar_subquery(),
        Project.id,
        kind=Decimal,
        is_leakproof=False,
    ),
}
#: No index answers a search under a policy: so many of the newest projects that the other filters leave are read.
MOST_SEARCHED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFilter:
    """Which projects a list shows; None is all."""

    status: ProjectStatus | None = None
    priority: Priority | None = None
    #: Whose they are.
    created_by: UUID | None = None
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


def _summaries(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    """The columns of `SUMMARY`, in that order. The condition is the planner's, as in lib.runs.queries."""
    return select(*SUMMARY.values()).where(Project.organization_id == organization_id)


def list_projects(
    session: Session,
    organization_id: UUID,
    *,
    chosen: ProjectFilter,
    order: Order,
    cursor: str | None,
    limit: int,
) -> Rows:
    """A page of projects, in that order."""
    statement = narrow(_summaries(organization_id), organization_id, chosen)
    return read_page(session, statement, order=order, cursor=cursor, limit=limit)


def order_of(sort: ProjectSort, *, sees_own_only: bool) -> Order:
    """What a list is sorted by, for somebody who sees all runs of the organization or only their own."""
    return _OWN_ORDERS.get(sort, ORDERS[sort]) if sees_own_only else ORDERS[sort]


def narrow(
    statement: Select[*tuple[Any, ...]], organization_id: UUID, chosen: ProjectFilter
) -> Select[*tuple[Any, ...]]:
    """The statement for those projects of the organization alone that are chosen."""
    equal = {
        Project.status: chosen.status,
        Project.priority: chosen.priority,
        Project.created_by: chosen.created_by,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if chosen.search:
        conditions.append(Project.id.in_(_find(organization_id, conditions, chosen.search)))
    return statement.where(Project.organization_id == organization_id, *conditions)


def _find(organization_id: UUID, conditions: Sequence[ColumnElement[bool]], search: str) -> Select[UUID]:
    """Those among the newest `MOST_SEARCHED` whose name or topic has it."""
    texts = select(Project.id, Project.name, Project.topic)
    chosen = texts.where(Project.organization_id == organization_id, *conditions)
    newest = chosen.order_by(Project.created_at.desc(), Project.id.desc()).limit(MOST_SEARCHED).subquery()
    has_it = newest.c.name.icontains(search, autoescape=True) | newest.c.topic.icontains(search, autoescape=True)
    return select(newest.c.id).where(has_it)


def export_projects(organization_id: UUID, chosen: ProjectFilter) -> Select[*tuple[Any, ...]]:
    """What a file of projects says, and of which projects; their runs are counted to the last, also those away."""
    cost = OrchestrationRun.cost_usd

    def of_all_runs(figure: ColumnElement[Any]) -> ScalarSelect[Any]:
        return select(figure).where(*_RUNS).correlate(Project).scalar_subquery()

    def of_archives(figure: ColumnElement[Any]) -> ScalarSelect[Any]:
        return select(figure).where(*_ARCHIVES).correlate(Project).scalar_subquery()

    knows_some = Archive.away_count > Archive.away_unknown_costs
    here, away = of_all_runs(func.sum(cost)), of_archives(func.sum(Archive.away_cost_usd).filter(knows_some))
    columns = (
        *(SUMMARY[name] for name in ("id", "name", "status", "priority", "created_by", "owner")),
        of_all_runs(func.count(OrchestrationRun.id)),
        of_archives(func.coalesce(func.sum(Archive.away_count), 0)),
        func.coalesce(here + away, here, away),
        of_all_runs(func.count(OrchestrationRun.id).filter(cost.is_(None)))
        + of_archives(func.coalesce(func.sum(Archive.away_unknown_costs), 0)),
        *(SUMMARY[name] for name in ("last_run_at", "created_at", "updated_at")),
        Project.completed_at,
        Project.archived_at,
    )
    return narrow(select(*columns), organization_id, chosen)


def count_projects(session: Session, organization_id: UUID, *, chosen: ProjectFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    found = narrow(select(Project.id), organization_id, chosen)
    return count_at_most(session, found, most=most)


def count_by_status(
    session: Session, organization_id: UUID, *, chosen: ProjectFilter, most: int
) -> dict[ProjectStatus, int]:
    """How many there are in each status, whichever is chosen; the other filters hold."""
    texts = select(Project.name, Project.topic)
    statements = {
        status: narrow(texts, organization_id, replace(chosen, status=status, search="")) for status in ProjectStatus
    }
    return count_each(session, statements, search=chosen.search, most=most)


def list_owners(session: Session, organization_id: UUID, *, wanted: UUID | None, limit: int) -> dict[UUID, str]:
    """Who has a project, by name."""
    has_project = exists().where(Project.organization_id == organization_id, Project.created_by == people.c.id)
    owners = select(people.c.id, people.c.name).where(people.c.organization_id == organization_id, has_project)
    return read_choices(session, owners.order_by(people.c.name), key=people.c.id, wanted=wanted, limit=limit)


def find_project(session: Session, organization_id: UUID, project_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One project as `list_projects` lists it, the row behind it, and who made it."""
    statement = _summaries(organization_id).add_columns(Project, person(Project.created_by).label("maker"))
    return session.execute(statement.where(Project.id == project_id)).one_or_none()


def load_project(session: Session, project_id: UUID, *, for_update: bool = False) -> Project | None:
    """The row, to change it (`for_update`: as it stands once it is locked) or to launch for it."""
    statement = select(Project).where(Project.id == project_id)
    if for_update:
        # without populate_existing a row that the session has read before would stay as it was then
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def list_open_runs(session: Session, project_id: UUID, *, limit: int) -> list[str]:
    """What those runs of a project are called that have not ended, as far as the person sees them."""
    open_runs = select(OrchestrationRun.title).where(
        OrchestrationRun.project_id == project_id, OrchestrationRun.status.not_in(FINAL_RUN_STATUSES)
    )
    newest = open_runs.order_by(OrchestrationRun.created_at.desc(), OrchestrationRun.id.desc())
    return [title or "" for title in session.scalars(newest.limit(limit))]


def list_active(session: Session, *, wanted: UUID | None, limit: int) -> list[Row[UUID, str]]:
    """Id and name of projects that can be launched for: `wanted` if it is one of them, and the newest."""
    active = select(Project.id, Project.name).where(Project.status == ProjectStatus.ACTIVE)
    newest = session.execute(active.order_by(Project.created_at.desc(), Project.id.desc()).limit(limit)).all()
    if wanted is None or any(row.id == wanted for row in newest):
        return list(newest)
    return [*session.execute(active.where(Project.id == wanted)), *newest][:limit]
