"""What people do with projects: make, read, edit, complete, archive, restore."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.cost_limit import clean_limit
from lib.db.paging import Page
from lib.db.session import tenant_session
from lib.entry import clean_line, clean_text
from lib.errors import Conflict, FieldPath, InvalidInput, NotFound
from lib.models.project import Priority, Project, ProjectStatus
from lib.projects import changes, queries
from lib.projects.queries import ProjectFilter
from lib.projects.states import PROJECT_MOVES
from lib.projects.structures import ProjectMetadata, ProjectSettings
from lib.projects.views import ProjectChoice, ProjectDetail, ProjectSort, ProjectSummary
from lib.users.views import Person
from lib.validation import read_stored, validate

MAX_NAME = 255
MAX_TOPIC = 20_000
MAX_DESCRIPTION = 20_000
#: So many runs a refusal names.
_MOST_NAMED = 3
#: What waits for the end of a project's runs.
_THEN: Final = {
    ProjectStatus.COMPLETED: "mark the project as completed",
    ProjectStatus.FAILED: "mark the project as failed",
    ProjectStatus.ARCHIVED: "archive the project",
}
#: What a form says of -> the model's attribute.
_COLUMNS: Final = {name: name for name in ("name", "topic", "description", "priority", "settings")} | {
    "metadata": "metadata_"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEntry:
    """What a person entered about a project, not yet checked."""

    name: str
    topic: str
    description: str = ""
    priority: str = Priority.MEDIUM
    metadata: Mapping[str, Any] = field(default_factory=dict)
    #: What is not named stays as it is.
    settings: Mapping[str, Any] = field(default_factory=dict)


def create_project(actor: Actor, entry: ProjectEntry) -> UUID:
    """Make a project and return its id. Raises `InvalidInput`, `NotPermitted`."""
    actor.require(Permission.PROJECTS_CREATE)
    columns = {_COLUMNS[name]: value for name, value in _check(entry).items()}
    with tenant_session(actor) as session:
        project = Project(organization_id=actor.organization_id, created_by=actor.user_id, **columns)
        session.add(project)
        session.flush()
        return project.id


def update_project(
    actor: Actor,
    project_id: UUID,
    entry: ProjectEntry,
    *,
    seen: ProjectEntry,
    over: changes.Values = MappingProxyType({}),
    leaves: Collection[FieldPath] = (),
) -> bool:
    """Write what differs from what was `seen`; the rest stays as it is now. Whether there was any.

    Raises `InvalidInput`, `NotFound`, `NotPermitted`, `Conflict`, and `ChangedMeanwhile` where somebody else has
    written one of these fields since; then nothing was written. Whoever was told of it either writes `over` what they
    were told, or `leaves` these fields as they are.
    """
    entered = changes.flatten(_check(entry))
    known = changes.flatten({**asdict(seen), "settings": {name: seen.settings.get(name) for name in entry.settings}})
    with tenant_session(actor) as session:
        project = _get(queries.load_project(session, project_id))
        actor.require(Permission.PROJECTS_EDIT, created_by=project.created_by)
        project = _get(queries.load_project(session, project_id, for_update=True))
        if project.status == ProjectStatus.ARCHIVED:
            message = "This project is archived. Restore it first, then edit it."
            raise Conflict(message)
        stored = {name: getattr(project, column) for name, column in _COLUMNS.items()}
        changed = changes.find_changed(entered, seen={**known, **over}, current=changes.flatten(stored), leaves=leaves)
        for path, value in changed.items():
            stored = changes.put(stored, path, value)
        for name in {path[0] for path in changed}:
            setattr(project, _COLUMNS[name], stored.get(name, {} if name in {"metadata", "settings"} else None))
        _read_metadata(project)  # together, the facts of two people may be too many
        return bool(changed)


def move_project(actor: Actor, project_id: UUID, status: ProjectStatus) -> ProjectStatus:
    """Complete, fail, archive or restore (`active`) a project, as `lib.projects.states` allows it; says what it is now.

    Restored, it is what it was before it was archived. Raises `NotFound`, `NotPermitted`, and `Conflict` when the
    project has moved on meanwhile.
    """
    with tenant_session(actor) as session:
        project = _get(queries.load_project(session, project_id))
        archives = ProjectStatus.ARCHIVED in {status, project.status}
        actor.require(
            Permission.PROJECTS_ARCHIVE if archives else Permission.PROJECTS_EDIT, created_by=project.created_by
        )
        # The row is locked only now: the policy lets nobody lock what they may not change.
        project = _get(queries.load_project(session, project_id, for_update=True))
        if status not in PROJECT_MOVES[ProjectStatus(project.status)]:
            message = f"This project is {project.status}; it can't become {status} from there. Reload to see it."
            raise Conflict(message)
        if status is not ProjectStatus.ACTIVE:
            _refuse_with_open_runs(session, project_id, then=_THEN[status])
        now, is_restored = clock.now(), project.status == ProjectStatus.ARCHIVED
        if is_restored:
            status = ProjectStatus(project.status_before_archive or ProjectStatus.ACTIVE)
        elif status is not ProjectStatus.ARCHIVED:
            project.completed_at = now if status is ProjectStatus.COMPLETED else None
        project.status = status
        project.archived_at = now if status is ProjectStatus.ARCHIVED else None
        project.archived_by = actor.user_id if status is ProjectStatus.ARCHIVED else None
        return status


def list_projects(
    actor: Actor,
    chosen: ProjectFilter | None = None,
    *,
    sort: ProjectSort = ProjectSort.NEWEST,
    cursor: str | None = None,
    limit: int = 25,
) -> Page[ProjectSummary]:
    """A page of the organization's projects. Raises `InvalidInput` for a cursor that is none of this order."""
    actor.require(Permission.PROJECTS_VIEW)
    chosen = chosen or ProjectFilter()
    with tenant_session(actor) as session:
        order = queries.order_of(sort, sees_own_only=actor.sees_own_only)
        page = queries.list_projects(
            session, actor.organization_id, chosen=chosen, order=order, cursor=cursor, limit=limit
        )
        return Page(tuple(ProjectSummary(**_summary(row)) for row in page.rows), page.newer, page.older)


def get_project(actor: Actor, project_id: UUID) -> ProjectDetail:
    """One project. Raises `NotFound`."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        row = queries.find_project(session, actor.organization_id, project_id)
        if row is None:
            raise NotFound("project")
        project: Project = row.Project
        is_archived = project.status == ProjectStatus.ARCHIVED
        return ProjectDetail(
            **_summary(row),
            maker=Person(**row.maker),
            topic=project.topic,
            description=project.description or "",
            metadata=_read_metadata(project),
            settings=_read_settings(project),
            completed_at=project.completed_at,
            archived_at=project.archived_at,
            may_edit=not is_archived and actor.may(Permission.PROJECTS_EDIT, created_by=project.created_by),
            may_archive=actor.may(Permission.PROJECTS_ARCHIVE, created_by=project.created_by),
            may_launch=project.status == ProjectStatus.ACTIVE and actor.may(Permission.ORCHESTRATIONS_RUN),
        )


def list_project_choices(actor: Actor, *, wanted: UUID | None = None, limit: int = 500) -> tuple[ProjectChoice, ...]:
    """The newest active projects, for which a run can be launched, and `wanted` however old it is."""
    actor.require(Permission.PROJECTS_VIEW)
    with tenant_session(actor) as session:
        return tuple(
            ProjectChoice(id=project.id, name=project.name)
            for project in queries.list_active(session, wanted=wanted, limit=limit)
        )


def entry_of(project: ProjectDetail) -> ProjectEntry:
    """The project as a form shows it: without what a newer version has stored."""
    extra = project.metadata.model_extra or {}
    return ProjectEntry(
        name=project.name,
        topic=project.topic,
        description=project.description,
        priority=project.priority,
        metadata={name: value for name, value in project.metadata.to_json().items() if name not in extra},
        settings=project.settings.to_json(),
    )


def _check(entry: ProjectEntry) -> dict[str, Any]:
    """The columns as they are stored, or `InvalidInput`."""
    try:
        priority = Priority(entry.priority)
    except ValueError:
        message = f"“{entry.priority}” is no priority. Choose one of: {', '.join(Priority)}."
        raise InvalidInput(message, field="Priority") from None
    return {
        "name": clean_line(entry.name, field="Name", longest=MAX_NAME),
        "topic": clean_text(entry.topic, field="Topic", longest=MAX_TOPIC),
        "description": clean_text(entry.description, field="Description", longest=MAX_DESCRIPTION, required=False)
        or None,
        "priority": priority,
        "metadata": validate(ProjectMetadata, entry.metadata, what="The metadata").to_json(),
        "settings": _check_settings(entry.settings),
    }


def _check_settings(entered: Mapping[str, Any]) -> dict[str, object]:
    limit = entered.get("cost_limit_usd")
    if isinstance(limit, int | float):
        clean_limit(Decimal(str(limit)))  # as wherever a run is launched; what is no number is told below
    return validate(ProjectSettings, entered, what="The settings").to_json()


def _refuse_with_open_runs(session: Session, project_id: UUID, *, then: str) -> None:
    """Raise `Conflict` that names them. Whoever launches meanwhile waits for the project's lock, and looks again."""
    count = session.scalar(select(func.api.count_open_runs(project_id))) or 0
    if not count:
        return
    named = [f"“{title}”" for title in queries.list_open_runs(session, project_id, limit=_MOST_NAMED)]
    if hidden := count - len(named):
        named.append(f"{hidden} more" if named else f"{hidden} of other people")
    who = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
    message = (
        f"{'A run is' if count == 1 else 'Runs are'} in progress for it: {who}. Wait for the end or cancel, then "
        f"{then}."
    )
    raise Conflict(message)


def _get(project: Project | None) -> Project:
    if project is None:
        raise NotFound("project")
    return project


def _read_metadata(project: Project) -> ProjectMetadata:
    return read_stored(ProjectMetadata, project.metadata_, what="The project's metadata")


def _read_settings(project: Project) -> ProjectSettings:
    return read_stored(ProjectSettings, project.settings, what="The project's settings")


def _summary(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    values = dict(zip(queries.SUMMARY, row, strict=False))  # pages have their key behind it
    run_count, known_cost_count, spent_usd = values.pop("counted")
    away, away_usd, away_unknown = (figure or Decimal(0) for figure in values.pop("away"))
    return values | {
        "run_count": int(run_count),
        "away_count": int(away),
        "known_cost_count": int(known_cost_count + away - away_unknown),
        "spent_usd": (spent_usd or Decimal(0)) + away_usd,
        "status": ProjectStatus(values["status"]),
        "priority": Priority(values["priority"]),
        "owner": values["owner"] or "",
    }
