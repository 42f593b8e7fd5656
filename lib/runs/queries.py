"""Every select on runs and their phases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Numeric, Row, Select, Uuid, case, cast, exists, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONPATH
from sqlalchemy.orm import Session, aliased, load_only

from lib.db.paging import Order, Rows, read_page
from lib.entry import clean_search
from lib.errors import NotSignedIn
from lib.models.people import people
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.review import RunReview
from lib.models.run import OrchestrationRun, RunStatus
from lib.models.schedule import Schedule
from lib.runs.operating.queries import standing
from lib.runs.states import LIVE_RUN_STATUSES
from lib.runs.views import RunSort, Turns
from lib.users.queries import person

#: Codes of the phases of a plan whose answers are JSON.
_JSON_PHASES: Final = cast('$.phases[*] ? (@.output.kind == "json").code', JSONPATH)
#: Whether operations are done after the phases; NULL where the plan has none.
_ACTS: Final = case(
    (
        func.jsonb_path_exists(OrchestrationRun.plan, cast("$.phases[*].operations[*]", JSONPATH)),
        OrchestrationRun.integration_enabled,
    )
)
#: What `RunSummary` has, by its names. Columns and not rows of the ORM: a list is read often and changed never.
SUMMARY = {
    "id": OrchestrationRun.id,
    # every launch gives a title; a run of an older version has its topic, which may be long
    "title": func.coalesce(OrchestrationRun.title, func.left(OrchestrationRun.topic, 255)),
    "status": OrchestrationRun.status,
    "is_waiting": (OrchestrationRun.status == RunStatus.QUEUED) & OrchestrationRun.admitted_at.is_(None),
    "priority": OrchestrationRun.priority,
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
#: What is read of a run to change how it stands.
_STEERED: Final = (
    OrchestrationRun.status,
    OrchestrationRun.user_id,
    OrchestrationRun.cancel_requested_at,
    OrchestrationRun.pause_requested_at,
    OrchestrationRun.priority,
    OrchestrationRun.worker_token,
)
#: The last run that a schedule launched by itself, where the reader can see it.
_noted = aliased(OrchestrationRun)
_IS_AFTER_NOTED: Final = (
    exists()
    .where(_noted.organization_id == Schedule.organization_id, _noted.id == Schedule.last_run_id)
    .where(tuple_(_noted.created_at, _noted.id) < tuple_(OrchestrationRun.created_at, OrchestrationRun.id))
    .correlate(Schedule, OrchestrationRun)
)
#: The schedule that it was launched for, as `ItsSchedule` takes it, where the reader can see it and it is not deleted.
#: Which run it launched by itself is noted for the last one alone: what is newer was launched by hand.
_SCHEDULE: Final = (
    select(
        func.json_build_object(
            *("id", Schedule.id, "title", Schedule.title),
            *("is_by_hand", Schedule.last_run_id.is_(None) | _IS_AFTER_NOTED),
        )
    )
    .where(Schedule.id == OrchestrationRun.schedule_id, Schedule.deleted_at.is_(None))
    .scalar_subquery()
)


#: When somebody last said something of one of its answers.
LAST_WORD: Final = (
    select(RunReview.said_at)
    .where(RunReview.organization_id == OrchestrationRun.organization_id, RunReview.run_id == OrchestrationRun.id)
    .order_by(RunReview.said_at.desc())
    .limit(1)
    .correlate(OrchestrationRun)
    .scalar_subquery()
)
#: Asked of the attempts only where the run does not know it.
_COUNTED: Final = func.coalesce(
    OrchestrationRun.cost_usd,
    case((OrchestrationRun.cost_limit_usd.is_not(None), func.api.most_spent(OrchestrationRun.id, type_=Numeric()))),
    type_=Numeric(),
)
#: As the index has it whose order is the line's: see api.admit_runs.
_WAITS: Final = text("orchestration_runs.status IN ('queued', 'running') AND orchestration_runs.admitted_at IS NULL")
_TURN: Final = text(
    "(orchestration_runs.created_at AT TIME ZONE 'UTC') + interval '24 hours' * "
    "array_position(ARRAY['urgent', 'high', 'normal', 'low'], orchestration_runs.priority::text)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs a list shows; None is all."""

    status: RunStatus | None = None
    project_id: UUID | None = None
    #: Who launched them.
    user_id: UUID | None = None
    template_id: UUID | None = None
    #: Launched for it, by itself or by hand.
    schedule_id: UUID | None = None
    model: str | None = None
    #: Launched then or later.
    since: datetime | None = None
    #: Launched earlier.
    before: datetime | None = None
    search: str = ""
    #: Those of these alone, as somebody ticked them.
    ids: tuple[UUID, ...] | None = None

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
        OrchestrationRun.schedule_id: chosen.schedule_id,
        OrchestrationRun.model: chosen.model,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if chosen.ids is not None:
        conditions.append(OrchestrationRun.id.in_(chosen.ids))
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
    """Runs that are queued or running: first those that hold a place, the newest first, then who comes next."""
    run = OrchestrationRun
    live = _summaries(organization_id).where(run.status.in_(LIVE_RUN_STATUSES))
    admitted = live.where(run.admitted_at.is_not(None)).order_by(run.created_at.desc()).limit(limit)
    found = list(session.execute(admitted).all())
    if len(found) < limit:  # two statements, for the line may be long, and each is in the order of an index
        waiting = live.where(_WAITS).order_by(_TURN, run.id).limit(limit - len(found))
        found += session.execute(waiting).all()
    return found


def find_run(session: Session, organization_id: UUID, run_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One run as `list_runs` lists it, what it was launched with, and how many workers live; no prompt, no answer."""
    statement = _summaries(organization_id).add_columns(
        OrchestrationRun.topic,
        _SEEN_TEMPLATE.label("template_id"),
        OrchestrationRun.inputs,
        OrchestrationRun.plan["inputs"].label("questions"),
        func.jsonb_path_query_array(OrchestrationRun.plan, _JSON_PHASES).label("json_phases"),
        OrchestrationRun.error_details,
        OrchestrationRun.cancel_requested_at,
        OrchestrationRun.pause_requested_at,
        person(OrchestrationRun.pause_requested_by).label("pauser"),
        OrchestrationRun.cost_limit_usd,
        _ACTS.label("integration_enabled"),
        _COUNTED.label("counted_usd"),
        LAST_WORD.label("last_word_at"),
        OrchestrationRun.parent_run_id,
        OrchestrationRun.forked_from_phase,
        OrchestrationRun.estimate,
        standing(OrchestrationRun.id).label("operations"),
        _SCHEDULE.label("schedule"),
        person(OrchestrationRun.user_id).label("launcher"),
        func.api.live_workers().label("live_workers"),
    )
    return session.execute(statement.where(OrchestrationRun.id == run_id)).one_or_none()


def load_run(session: Session, run_id: UUID, *, for_update: bool = False) -> OrchestrationRun | None:
    """The row, to change it; with `for_update` as it stands once it is locked."""
    statement = select(OrchestrationRun).where(OrchestrationRun.id == run_id).options(load_only(*_STEERED))
    if for_update:
        # without populate_existing a row that the session has read before would stay as it was then
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def lock_runs(session: Session, run_ids: Sequence[UUID]) -> Sequence[OrchestrationRun]:
    """Those of the rows that the person may change, locked in the order of their ids, as everybody does it."""
    run = OrchestrationRun
    statement = (
        select(run).where(run.id.in_(run_ids)).options(load_only(run.status, run.cancel_requested_at, run.worker_token))
    )
    return session.scalars(statement.order_by(run.id).with_for_update(of=run)).all()


def end_as_cancelled(session: Session, run_ids: Sequence[UUID]) -> None:
    """End runs that no worker holds."""
    session.execute(select(func.api.hold_counters(literal(list(run_ids), ARRAY(Uuid())))))
    each = func.unnest(literal(list(run_ids), ARRAY(Uuid())))
    session.execute(select(func.api.end_run(each, RunStatus.CANCELLED.value, None))).all()


def load_whole(session: Session, run_id: UUID) -> OrchestrationRun | None:
    """The row with everything that it was launched with."""
    return session.scalar(select(OrchestrationRun).where(OrchestrationRun.id == run_id))


def read_turns(session: Session, run_id: UUID | None = None) -> Turns:
    """How many of the organization's runs are under way and wait, and where this one stands among them."""
    turns = func.api.read_turns(run_id).table_valued("admitted", "most", "waiting", "place")
    found = session.execute(select(turns)).one_or_none()
    if found is None:
        raise NotSignedIn
    return Turns(admitted=found.admitted, most=found.most, waiting=found.waiting, place=found.place)


def has_any(session: Session, table: type[Project | OrchestrationRun]) -> bool:
    """Whether the organization has a row in the table."""
    return bool(session.scalar(select(exists(select(literal(1)).select_from(table)))))


def count_live_workers(session: Session) -> int:
    """Workers that are alive on this installation."""
    return session.scalar(select(func.api.live_workers())) or 0
