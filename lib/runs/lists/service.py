"""Around the list of runs: what it can be narrowed to, how many there are, and all of them as a file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.exports import export_list
from lib.db.session import tenant_session
from lib.exports import Column, ExportFormat, Kind
from lib.models.run import RunStatus
from lib.runs.lists import queries
from lib.runs.queries import ORDERS, RunFilter
from lib.runs.views import RunSort

#: Of each kind, no more are offered to choose from.
MOST_CHOICES = 500

#: The columns of a file, as `queries.export_runs` finds them.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("title", Kind.TEXT),
    Column("status", Kind.WORD),
    Column("project_id", Kind.WORD),
    Column("project", Kind.TEXT),
    Column("launched_by_id", Kind.WORD),
    Column("launched_by", Kind.TEXT),
    Column("template_id", Kind.WORD),
    Column("template", Kind.TEXT),
    Column("template_version", Kind.INTEGER),
    Column("model", Kind.TEXT),
    Column("created_at", Kind.MOMENT),
    Column("started_at", Kind.MOMENT),
    Column("completed_at", Kind.MOMENT),
    Column("execution_time_ms", Kind.INTEGER),
    Column("total_phases", Kind.INTEGER),
    Column("completed_phases", Kind.INTEGER),
    Column("total_tokens", Kind.INTEGER),
    Column("cost_usd", Kind.DOLLARS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChoices:
    """What a list of runs can be narrowed to, by id: nothing that the person could not see in it."""

    projects: Mapping[UUID, str]
    people: Mapping[UUID, str]
    templates: Mapping[UUID, str]
    models: tuple[str, ...]
    schedules: Mapping[UUID, str]


def list_run_choices(actor: Actor, wanted: RunFilter | None = None) -> RunChoices:
    """At most `MOST_CHOICES` of each; of what is `wanted`, that too, if the person can see it."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    wanted, organization_id = wanted or RunFilter(), actor.organization_id
    with tenant_session(actor) as session:
        return RunChoices(
            projects=queries.list_projects(session, organization_id, wanted=wanted.project_id, limit=MOST_CHOICES),
            people=queries.list_people(session, organization_id, wanted=wanted.user_id, limit=MOST_CHOICES),
            templates=queries.list_templates(session, organization_id, wanted=wanted.template_id, limit=MOST_CHOICES),
            models=tuple(queries.list_models(session, organization_id, limit=MOST_CHOICES)),
            schedules=queries.list_schedules(session, organization_id, wanted=wanted.schedule_id, limit=MOST_CHOICES),
        )


def count_runs(actor: Actor, chosen: RunFilter, *, most: int) -> int:
    """How many runs the filters leave, counted no further than `most`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_runs(session, actor.organization_id, chosen=chosen, most=most)


def count_runs_by_status(actor: Actor, chosen: RunFilter, *, most: int) -> Mapping[RunStatus, int]:
    """How many runs of each status the other filters leave; `most` + 1 are more, one that is missing is unknown."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_by_status(session, actor.organization_id, chosen=chosen, most=most)


def export_runs(actor: Actor, chosen: RunFilter, *, sort: RunSort, file_format: ExportFormat) -> bytes:
    """The runs that the filters leave, as they stand at one moment, as a file; recorded as `orchestrations.export`."""
    actor.require(Permission.ORCHESTRATIONS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        return export_list(
            session,
            queries.export_runs(actor.organization_id, chosen),
            order=ORDERS[sort],
            columns=COLUMNS,
            file_format=file_format,
            resource_type="orchestrations",
            filters=asdict(chosen),
        )
