"""Around the list of projects: what it can be narrowed to, how many there are, and all of them as a file."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Final
from uuid import UUID

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.exports import export_list
from lib.db.session import tenant_session
from lib.exports import Column, ExportFormat, Kind
from lib.models.project import ProjectStatus
from lib.projects import queries
from lib.projects.queries import ProjectFilter
from lib.projects.views import ProjectSort

#: No more are offered to choose from.
MOST_CHOICES = 500

#: The columns of a file, as `queries.export_projects` finds them.
COLUMNS: Final = (
    Column("id", Kind.WORD),
    Column("name", Kind.TEXT),
    Column("status", Kind.WORD),
    Column("priority", Kind.WORD),
    Column("owner_id", Kind.WORD),
    Column("owner", Kind.TEXT),
    Column("runs", Kind.INTEGER),
    Column("runs_in_archives", Kind.INTEGER),
    Column("spent_usd", Kind.DOLLARS),
    Column("runs_of_unknown_cost", Kind.INTEGER),
    Column("last_run_at", Kind.MOMENT),
    Column("created_at", Kind.MOMENT),
    Column("updated_at", Kind.MOMENT),
    Column("completed_at", Kind.MOMENT),
    Column("archived_at", Kind.MOMENT),
)


def list_owners(actor: Actor, *, wanted: UUID | None = None) -> Mapping[UUID, str]:
    """At most `MOST_CHOICES` people who have a project, by id; `wanted` too, if the person can see them."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        return queries.list_owners(session, actor.organization_id, wanted=wanted, limit=MOST_CHOICES)


def count_projects(actor: Actor, chosen: ProjectFilter, *, most: int) -> int:
    """How many projects the filters leave, counted no further than `most`."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_projects(session, actor.organization_id, chosen=chosen, most=most)


def count_projects_by_status(actor: Actor, chosen: ProjectFilter, *, most: int) -> Mapping[ProjectStatus, int]:
    """How many projects of each status the other filters leave; `most` + 1 are more, one that is missing is unknown."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        return queries.count_by_status(session, actor.organization_id, chosen=chosen, most=most)


def is_search_cut(actor: Actor, chosen: ProjectFilter) -> bool:
    """Whether a search looks at the newest of these projects only, because there are more than `MOST_SEARCHED`."""
    actor.require(Permission.PROJECTS_VIEW)
    if not chosen.search:
        return False
    with tenant_session(actor) as session:
        there, most = replace(chosen, search=""), queries.MOST_SEARCHED
        return queries.count_projects(session, actor.organization_id, chosen=there, most=most + 1) > most


def export_projects(actor: Actor, chosen: ProjectFilter, *, sort: ProjectSort, file_format: ExportFormat) -> bytes:
    """The projects that the filters leave, as they stand at one moment, as a file; recorded as `projects.export`."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor, is_one_moment=True) as session:
        return export_list(
            session,
            queries.export_projects(actor.organization_id, chosen),
            order=queries.order_of(sort, sees_own_only=actor.sees_own_only),
            columns=COLUMNS,
            file_format=file_format,
            resource_type="projects",
            filters=asdict(chosen),
        )
