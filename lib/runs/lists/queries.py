"""Every select around the list of runs: what it can be narrowed to, how many there are, what a file of them says."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from lib.db.counting import count_each
from lib.db.paging import count_at_most, read_choices
from lib.models.people import people
from lib.models.project import Project
from lib.models.readable_templates import readable_templates
from lib.models.run import OrchestrationRun, RunStatus
from lib.models.schedule import Schedule
from lib.runs.queries import SUMMARY, RunFilter, narrow


def export_runs(organization_id: UUID, chosen: RunFilter) -> Select[*tuple[Any, ...]]:
    """What a file of runs says, and of which runs."""
    columns = (
        *(SUMMARY[name] for name in ("id", "title", "status", "project_id", "project_name", "user_id", "launched_by")),
        OrchestrationRun.template_id,
        SUMMARY["template_name"],
        OrchestrationRun.template_version,
        *(SUMMARY[name] for name in ("model", "created_at", "started_at", "completed_at", "execution_time_ms")),
        *(SUMMARY[name] for name in ("total_phases", "completed_phases", "total_tokens", "cost_usd")),
    )
    return narrow(select(*columns).where(OrchestrationRun.organization_id == organization_id), chosen)


def count_runs(session: Session, organization_id: UUID, *, chosen: RunFilter, most: int) -> int:
    """How many there are, counted no further than `most`."""
    found = narrow(select(OrchestrationRun.id).where(OrchestrationRun.organization_id == organization_id), chosen)
    return count_at_most(session, found, most=most)


def count_by_status(session: Session, organization_id: UUID, *, chosen: RunFilter, most: int) -> dict[RunStatus, int]:
    """How many there are in each status, whichever is chosen; the other filters hold."""
    texts = select(OrchestrationRun.title, OrchestrationRun.topic).where(
        OrchestrationRun.organization_id == organization_id
    )
    statements = {status: narrow(texts, replace(chosen, status=status, search="")) for status in RunStatus}
    return count_each(session, statements, search=chosen.search, most=most)


def list_for_bulk(
    session: Session,
    organization_id: UUID,
    *,
    chosen: RunFilter,
    statuses: Collection[RunStatus],
    made_by: UUID | None,
    is_retry: bool,
    limit: int,
) -> Sequence[Row[UUID, str]]:
    """Id and title of runs that something can be done to at once, the newest first."""
    run, again = OrchestrationRun, aliased(OrchestrationRun)
    found = narrow(
        select(run.id, SUMMARY["title"].label("title")).where(run.organization_id == organization_id), chosen
    )
    found = found.where(run.status.in_(statuses))
    if made_by is not None:
        found = found.where(run.user_id == made_by)
    if is_retry:
        child = exists().where(again.organization_id == organization_id, again.parent_run_id == run.id)
        found = found.where(~child)
    else:
        found = found.where(run.cancel_requested_at.is_(None))
    return session.execute(found.order_by(run.created_at.desc(), run.id.desc()).limit(limit)).all()


def list_standing(session: Session, organization_id: UUID, run_ids: Collection[UUID]) -> Sequence[Row[str, UUID]]:
    """How each of those stands that the reader can see, and whose it is."""
    run = OrchestrationRun
    found = select(run.status, run.user_id).where(run.organization_id == organization_id, run.id.in_(run_ids))
    return session.execute(found.order_by(run.created_at.desc(), run.id.desc())).all()


def is_retried(session: Session, organization_id: UUID, run_id: UUID) -> bool:
    """Whether the run was run again by now, whatever became of that one."""
    run = OrchestrationRun
    child = exists().where(run.organization_id == organization_id, run.parent_run_id == run_id)
    return bool(session.scalar(select(child)))


def list_projects(session: Session, organization_id: UUID, *, wanted: UUID | None, limit: int) -> dict[UUID, str]:
    """Projects to choose from, the newest first."""
    projects = select(Project.id, Project.name).where(Project.organization_id == organization_id)
    newest = projects.order_by(Project.created_at.desc(), Project.id.desc())
    return read_choices(session, newest, key=Project.id, wanted=wanted, limit=limit)


def list_people(session: Session, organization_id: UUID, *, wanted: UUID | None, limit: int) -> dict[UUID, str]:
    """Who has launched a run, by name."""
    has_launched = people.c.id.in_(_used(OrchestrationRun.user_id, organization_id))
    found = select(people.c.id, people.c.name).where(people.c.organization_id == organization_id, has_launched)
    return read_choices(session, found.order_by(people.c.name), key=people.c.id, wanted=wanted, limit=limit)


def list_templates(session: Session, organization_id: UUID, *, wanted: UUID | None, limit: int) -> dict[UUID, str]:
    """Templates that runs were launched from, by name."""
    template = readable_templates.c
    is_used = template.id.in_(_used(OrchestrationRun.template_id, organization_id))
    templates = select(template.id, template.name).where(is_used).order_by(template.name)
    return read_choices(session, templates, key=template.id, wanted=wanted, limit=limit)


def list_schedules(session: Session, organization_id: UUID, *, wanted: UUID | None, limit: int) -> dict[UUID, str]:
    """Schedules to choose from, the newest first; of one that is deleted the runs are still there."""
    schedules = select(Schedule.id, Schedule.title).where(Schedule.organization_id == organization_id)
    newest = schedules.order_by(Schedule.created_at.desc(), Schedule.id.desc())
    return read_choices(session, newest, key=Schedule.id, wanted=wanted, limit=limit)


def list_models(session: Session, organization_id: UUID, *, limit: int) -> list[str]:
    """Models that runs were launched with, by name."""
    return list(session.scalars(_used(OrchestrationRun.model, organization_id).limit(limit)))


def _used(column: InstrumentedAttribute[Any], organization_id: UUID) -> Select[Any]:
    """Each value of the column once, in order: from one to the next in the index (organization, column, …).

    DISTINCT and EXISTS read all the runs of a person or model that has many; this reads one of each.
    """
    by_value = select(column.label("value")).where(OrchestrationRun.organization_id == organization_id)
    by_value = by_value.order_by(column).limit(1)
    found = by_value.where(column.is_not(None)).cte("found", recursive=True)
    following = by_value.where(column > found.c.value).correlate(found).scalar_subquery()
    found = found.union_all(select(following).where(found.c.value.is_not(None)))
    return select(found.c.value).where(found.c.value.is_not(None))
