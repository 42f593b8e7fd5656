"""Every select on runs and their phases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, exists, func, literal, select
from sqlalchemy.orm import Session, aliased, load_only

from lib.db.paging import Order, Rows, read_page
from lib.entry import clean_search
from lib.errors import NotSignedIn
from lib.models.organization import Organization
from lib.models.people import people
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.run import OrchestrationRun, PhaseExecution, PhaseStatus, PhaseStream, RunStatus
from lib.organizations.views import Quota
from lib.runs.states import LIVE_RUN_STATUSES
from lib.runs.views import RunSort
from lib.users.queries import person

#: What `RunSummary` has, by its names. Columns and not rows of the ORM: a list is read often and changed never.
SUMMARY = {
    "id": OrchestrationRun.id,
    # every launch gives a title; a run of an older version has its topic, which may be long
    "title": func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255)),
    "status": OrchestrationRun.status,
    "project_id": OrchestrationRun.project_id,
    "project_name": select(Project.name).where(Project.id == OrchestrationRun.project_id).scalar_subquery(),
    "user_id": OrchestrationRun.user_id,
    "launched_by": select(people.c.name).where(people.c.id == OrchestrationRun.user_id).scalar_subquery(),
    "template_name": func.coalesce(OrchestrationRun.plan["template_name"].astext, ""),
    "template_version": OrchestrationRun.template_version,
    "model": func.coalesce(OrchestrationRun.model, ""),
    "created_at": OrchestrationRun.created_at,
    "started_at": OrchestrationRun.started_at,
    "completed_at": OrchestrationRun.completed_at,
    "total_phases": OrchestrationRun.total_phases,
    "completed_phases": OrchestrationRun.completed_phases,
    "total_tokens": OrchestrationRun.total_tokens,
    "cost_usd": OrchestrationRun.cost_usd,
    "execution_time_ms": OrchestrationRun.execution_time_ms,
}


#: The template that the run was launched from, where the reader can see it and it is not deleted.
_SEEN_TEMPLATE: Final = (
    select(readable_templates.c.id).where(readable_templates.c.id == OrchestrationRun.template_id).scalar_subquery()
)
#: The answer, or as far as it is written.
_WRITTEN = func.coalesce(PhaseExecution.response_text, PhaseStream.response_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs a list shows; None is all."""

    status: RunStatus | None = None
    project_id: UUID | None = None
    #: Who launched them.
    user_id: UUID | None = None
    template_id: UUID | None = None
    model: str | None = None
    #: Launched then or later.
    since: datetime | None = None
    #: Launched earlier.
    before: datetime | None = None
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


ORDERS: Final = {
    RunSort.NEWEST: Order("newest", OrchestrationRun.created_at, OrchestrationRun.id),
    RunSort.OLDEST: Order("oldest", OrchestrationRun.created_at, OrchestrationRun.id, is_descending=False),
    RunSort.COST: Order(
        "cost", OrchestrationRun.cost_usd, OrchestrationRun.id, kind=Decimal, is_nullable=True, is_leakproof=False
    ),
    RunSort.LONGEST: Order(
        "longest", OrchestrationRun.execution_time_ms, OrchestrationRun.id, kind=int, is_nullable=True
    ),
}


def _summaries(organization_id: UUID) -> Select[*tuple[Any, ...]]:
    """The columns of `SUMMARY`, in that order.

    The policies would do without the condition, but to the planner theirs is unknown until it runs: it takes every
    organization for one of average size, and sorts a large one whole where it could read 25 rows from an index. Names
    are looked up for the rows of the page: each joined table brings conditions whose effect it can't estimate.
    """
    return select(*SUMMARY.values()).where(OrchestrationRun.organization_id == organization_id)


def list_runs(
    session: Session,
    organization_id: UUID,
    *,
    chosen: RunFilter,
    cursor: str | None,
    limit: int,
    sort: RunSort = RunSort.NEWEST,
) -> Rows:
    """A page of runs, in that order."""
    statement = narrow(_summaries(organization_id), chosen)
    return read_page(session, statement, order=ORDERS[sort], cursor=cursor, limit=limit)


def narrow(statement: Select[*tuple[Any, ...]], chosen: RunFilter) -> Select[*tuple[Any, ...]]:
    """The statement for those runs alone that are chosen."""
    equal = {
        OrchestrationRun.status: chosen.status,
        OrchestrationRun.project_id: chosen.project_id,
        OrchestrationRun.user_id: chosen.user_id,
        OrchestrationRun.template_id: chosen.template_id,
        OrchestrationRun.model: chosen.model,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if chosen.since is not None:
        conditions.append(OrchestrationRun.created_at >= chosen.since)
    if chosen.before is not None:
        conditions.append(OrchestrationRun.created_at < chosen.before)
    if chosen.search:
        conditions.append(
            OrchestrationRun.title.icontains(chosen.search, autoescape=True)
            | OrchestrationRun.topic.icontains(chosen.search, autoescape=True)
        )
    return statement.where(*conditions)


def list_live(session: Session, organization_id: UUID, *, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Runs that are queued or running, the newest first."""
    statement = (
        _summaries(organization_id)
        .where(OrchestrationRun.status.in_(LIVE_RUN_STATUSES))
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


def find_run(session: Session, organization_id: UUID, run_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One run as `list_runs` lists it, what it was launched with, and how many workers live; no prompt, no answer."""
    statement = _summaries(organization_id).add_columns(
        OrchestrationRun.topic,
        _SEEN_TEMPLATE.label("template_id"),
        OrchestrationRun.inputs,
        OrchestrationRun.plan["inputs"].label("questions"),
        OrchestrationRun.error_details,
        OrchestrationRun.cancel_requested_at,
        OrchestrationRun.parent_run_id,
        person(OrchestrationRun.user_id).label("launcher"),
        func.api.live_workers().label("live_workers"),
    )
    return session.execute(statement.where(OrchestrationRun.id == run_id)).one_or_none()


def list_figures(session: Session, run_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """Every attempt of a run in the plan's order, without its texts: their length is read, not they."""
    statement = (
        select(
            PhaseExecution.id,
            PhaseExecution.phase_code,
            PhaseExecution.phase_name,
            PhaseExecution.position,
            PhaseExecution.depends_on,
            PhaseExecution.attempt,
            PhaseExecution.status,
            PhaseExecution.model,
            PhaseExecution.started_at,
            PhaseExecution.completed_at,
            PhaseExecution.execution_time_ms,
            PhaseExecution.token_usage,
            PhaseExecution.cost_usd,
            PhaseExecution.finish_reason,
            PhaseExecution.error_details,
            PhaseExecution.reused_from,
            PhaseExecution.prompt_text.is_not(None).label("has_prompt"),
            func.coalesce(func.octet_length(_WRITTEN), 0).label("response_bytes"),
        )
        .outerjoin(PhaseStream, PhaseStream.phase_execution_id == PhaseExecution.id)
        .where(PhaseExecution.run_id == run_id)
        .order_by(PhaseExecution.position, PhaseExecution.phase_code, PhaseExecution.attempt)
    )
    return session.execute(statement).all()


def find_texts(session: Session, run_id: UUID, attempt_id: UUID) -> Row[str | None, str] | None:
    """Prompt and answer of one attempt, as far as they are written."""
    return session.execute(
        select(PhaseExecution.prompt_text, func.coalesce(_WRITTEN, ""))
        .outerjoin(PhaseStream, PhaseStream.phase_execution_id == PhaseExecution.id)
        .where(PhaseExecution.run_id == run_id, PhaseExecution.id == attempt_id)
    ).one_or_none()


def find_earlier(session: Session, run_id: UUID, attempt_id: UUID) -> Row[UUID, UUID, int] | None:
    """Run, id and number of the attempt before this one: of this run, or else the newest of the run it goes on from."""
    this, earlier = aliased(PhaseExecution), PhaseExecution
    parent = select(OrchestrationRun.parent_run_id).where(OrchestrationRun.id == run_id).scalar_subquery()
    statement = (
        select(earlier.run_id, earlier.id, earlier.attempt)
        .join(this, this.phase_code == earlier.phase_code)
        .where(this.run_id == run_id, this.id == attempt_id)
        .where(((earlier.run_id == run_id) & (earlier.attempt < this.attempt)) | (earlier.run_id == parent))
        .order_by((earlier.run_id == run_id).desc(), earlier.attempt.desc())
    )
    return session.execute(statement.limit(1)).one_or_none()


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


def load_whole(session: Session, run_id: UUID) -> OrchestrationRun | None:
    """The row with everything that it was launched with."""
    return session.scalar(select(OrchestrationRun).where(OrchestrationRun.id == run_id))


def read_quota(session: Session, organization_id: UUID) -> Quota:
    """What the organization has used in this period. Raises `NotSignedIn` when who asks is gone by now."""
    columns = (Organization.api_quota_used, Organization.api_quota_limit, Organization.quota_resets_at)
    found = session.execute(select(*columns).where(Organization.id == organization_id)).one_or_none()
    if found is None:
        raise NotSignedIn
    return Quota.read(*found)


def has_any(session: Session, table: type[Project | OrchestrationRun]) -> bool:
    """Whether the organization has a row in the table."""
    return bool(session.scalar(select(exists(select(literal(1)).select_from(table)))))


def count_live_workers(session: Session) -> int:
    """Workers that are alive on this installation."""
    return session.scalar(select(func.api.live_workers())) or 0
