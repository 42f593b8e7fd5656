"""The rows of the sample workspace: who is there, what they work on, and ninety days of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from lib.access.permissions import Role
from lib.models.project import ProjectStatus
from lib.models.run import RunStatus
from lib.models.schedule import CatchUp, Overlap
from lib.samples import trail
from lib.samples.budgeting import add_budgets
from lib.samples.content import SamplePerson, SampleProject, SampleSchedule, SampleTemplate, Workspace
from lib.samples.launches import Launch, Operated, SampleTemplateRow
from lib.samples.rows import Row, Rows
from lib.samples.steering import run_again
from lib.samples.telling import add_webhooks
from lib.samples.work import make_run
from lib.schedules.timetable import Timetable
from lib.templates.builtin import list_builtin_templates

DAYS = 90
#: The organization is older than its first run.
_FOUNDED_DAYS_AGO = DAYS + 5
_RUNS_A_WORKDAY = (3, 8)
_RUNS_A_DAY_OFF = (0, 1)
_SATURDAY = 5
#: What happens while somebody looks: the newest runs, minutes ago.
_NOW = {
    RunStatus.PAUSED: 190,
    RunStatus.WAITING_REVIEW: 55,
    RunStatus.RUNNING: 2,
    RunStatus.QUEUED: 1,
}
#: So long ago one began that has stopped for its cost.
_STOPPED_MINUTES_AGO = 240
#: Runs after which something is done outside, or would be.
_OPERATED_MINUTES_AGO = {Operated.DRY_RUN: 2 * 24 * 60, Operated.FAILED: 25 * 60, Operated.WAITING: 100}
#: A finished project has had its last run by then.
_FINISHED_DAYS_AGO = 25
_BUILT_IN = "Project plan"
_SCHEDULED_DAYS_AGO = 14
#: Between two versions of a template.
_DAYS_A_VERSION = 21


@dataclass(frozen=True, slots=True)
class _Team:
    """Whom and what the launches choose from."""

    organization_id: UUID
    people: Mapping[str, UUID]
    projects: Mapping[str, UUID]
    #: The versions of each, with the moment from which on it was offered.
    templates: Mapping[str, Sequence[tuple[datetime, SampleTemplateRow]]]

    def offered(self, name: str, moment: datetime) -> SampleTemplateRow:
        """The version that was launched from then."""
        return [version for since, version in self.templates[name] if since <= moment][-1]


def make_rows(workspace: Workspace, *, now: datetime) -> Mapping[str, list[Row]]:
    """Rows by table, for `api.load_sample`. The same `now` gives the same rows, to the last letter."""
    rows = Rows(now=now)
    founded = rows.days_ago(_FOUNDED_DAYS_AGO)
    organization_id = rows.key(founded)
    people = {
        # in the order of their keys, as the file has them: who comes first of a role is whom one looks around as
        person.username: _add_person(rows, organization_id, person, founded + timedelta(milliseconds=number))
        for number, person in enumerate(workspace.people)
    }
    templates = _add_templates(rows, workspace, organization_id, people)
    projects = {
        project.name: _add_project(rows, organization_id, project, people[project.owner], number)
        for number, project in enumerate(workspace.projects)
    }
    team = _Team(organization_id, people, projects, templates)
    runs = [make_run(rows, workspace, launch) for launch in _launches(rows, workspace, team)]
    runs.append(run_again(rows, workspace, people, runs))
    runs += [make_run(rows, workspace, launch) for launch in _operated_launches(rows, workspace, team)]
    rows.tables["orchestration_runs"].sort(key=lambda run: run["created_at"])
    _add_organization(rows, workspace, organization_id, founded)
    trail.add_trail(rows, workspace, organization_id=organization_id, people=people, projects=projects, runs=runs)
    for schedule in workspace.schedules:
        _add_schedule(rows, team, schedule)
    add_budgets(rows, workspace.budgets, organization_id=organization_id, people=people, projects=projects)
    names = {people[each.username]: each.full_name for each in workspace.people}
    add_webhooks(rows, workspace.webhooks, organization_id=organization_id, people=names)
    return rows.tables


def _add_organization(rows: Rows, workspace: Workspace, organization_id: UUID, founded: datetime) -> None:
    month = rows.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    calls = [row for row in rows.tables["api_usage"] if row["phase_execution_id"]]  # an operation is none to a model
    used = sum(1 for row in calls if row["created_at"] >= month)
    rows.add(
        "organizations",
        made=founded,
        id=organization_id,
        **workspace.organization.model_dump(mode="json"),
        api_quota_used=used,
        created_at=founded,
    )


def _add_person(rows: Rows, organization_id: UUID, person: SamplePerson, founded: datetime) -> UUID:
    gone = person.deactivated_days_ago
    return rows.add(
        "users",
        made=founded,
        organization_id=organization_id,
        email=person.email,
        username=person.username,
        full_name=person.full_name,
        role=person.role,
        created_at=founded + rows.seconds(7200),
        email_verified_at=founded + rows.seconds(9000),
        last_login_at=rows.days_ago(gone + 1 if gone else rows.chance.uniform(0, 3)),
        deactivated_at=rows.days_ago(gone) if gone else None,
    )


def _add_templates(
    rows: Rows, workspace: Workspace, organization_id: UUID, people: Mapping[str, UUID]
) -> dict[str, list[tuple[datetime, SampleTemplateRow]]]:
    (built_in,) = (each for each in list_builtin_templates() if each.name == _BUILT_IN)
    ours = SampleTemplate(
        name="Our project plan",
        owner=workspace.people[0].username,
        category=built_in.category,
        tags=built_in.tags,
        description=built_in.description,
        phases=tuple(built_in.data.to_json()["phases"]),  # type: ignore[arg-type]  # a list of mappings
    )
    return {
        _BUILT_IN if template is ours else template.name: _add_template(
            rows, template, {"organization_id": organization_id, "created_by": people[template.owner]}
        )
        for template in (ours, *workspace.templates)
    }


def _add_template(
    rows: Rows, template: SampleTemplate, owner: Mapping[str, UUID]
) -> list[tuple[datetime, SampleTemplateRow]]:
    """One template with all its versions, the newest of which is offered."""
    moments = [rows.days_ago(DAYS + 2 - number * _DAYS_A_VERSION) for number in range(len(template.versions))]
    newest, first = template.versions[-1][1], moments[0]
    template_id = rows.add(
        "orchestration_templates",
        made=first,
        **owner,
        created_at=first,
        name=template.name,
        description=template.description,
        category=template.category,
        tags=list(template.tags),
        template_data=newest.to_json(),
        version=len(moments),
        status=template.status,
    )
    made = []
    for number, (moment, (note, data)) in enumerate(zip(moments, template.versions, strict=True), 1):
        rows.add(
            "template_versions",
            made=moment,
            **owner,
            created_at=moment,
            template_id=template_id,
            version=number,
            note=note or None,
            template_data=data.to_json(),
        )
        made.append((moment, SampleTemplateRow(template_id, template.name, number, data)))
    return made


def _add_project(rows: Rows, organization_id: UUID, project: SampleProject, owner: UUID, number: int) -> UUID:
    finished = (
        rows.days_ago(_FINISHED_DAYS_AGO - 2 - number / 2) if project.status is not ProjectStatus.ACTIVE else None
    )
    is_archived = project.status is ProjectStatus.ARCHIVED
    made = rows.days_ago(DAYS + 1 - number * 2)
    return rows.add(
        "projects",
        made=made,
        organization_id=organization_id,
        created_by=owner,
        name=project.name,
        description=project.description,
        topic=project.topic,
        status=project.status,
        priority=project.priority,
        metadata=project.metadata.to_json(),
        created_at=made,
        completed_at=finished if project.status is ProjectStatus.COMPLETED else None,
        archived_at=finished if is_archived else None,
        archived_by=owner if is_archived else None,
    )


def _add_schedule(rows: Rows, team: _Team, schedule: SampleSchedule) -> None:
    """One that is switched off: the sample runs nothing by itself."""
    made, owner = rows.days_ago(_SCHEDULED_DAYS_AGO), team.people[schedule.owner]
    rows.add(
        "schedules",
        made=made,
        organization_id=team.organization_id,
        project_id=team.projects[schedule.project],
        template_id=team.offered(schedule.template, made).id,
        user_id=owner,
        created_by=owner,
        title=schedule.title,
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        catch_up=CatchUp.LATEST,
        overlap=Overlap.SKIP,
        inputs={},
        is_active=False,
        next_run_at=Timetable(cron=schedule.cron, time_zone=schedule.time_zone).after(rows.now),
        refusals=0,
        created_at=made,
        updated_at=made,
    )


def _launches(rows: Rows, workspace: Workspace, team: _Team) -> list[Launch]:
    """All launches in order of time: so many a day, more on workdays, and those of this very hour."""
    last = rows.now - timedelta(minutes=_STOPPED_MINUTES_AGO)
    moments = []
    for days in range(DAYS, -1, -1):
        is_off = (rows.now - timedelta(days=days)).weekday() >= _SATURDAY
        count = rows.chance.randint(*(_RUNS_A_DAY_OFF if is_off else _RUNS_A_WORKDAY))
        moments += [moment for _ in range(count) if (moment := rows.days_ago(days)) < last - timedelta(hours=1)]
    launches = [_launch(rows, workspace, team, moment) for moment in sorted(moments)]
    # one of yesterday's or before was not good enough for whoever read it
    reviewed = max(range(len(launches)), key=lambda place: (len(launches[place].template.data.phases) > 1, place))
    launches[reviewed] = replace(launches[reviewed], status=RunStatus.COMPLETED, is_rejected_once=True)
    now = [
        _launch(rows, workspace, team, rows.now - timedelta(minutes=minutes), status=status)
        for status, minutes in _NOW.items()
    ]
    stopped = _launch(rows, workspace, team, last, status=RunStatus.PAUSED)
    priced = max(workspace.models, key=lambda name: workspace.models[name].prices)
    return [*launches, replace(stopped, model=priced, is_over_limit=True), *now]


def _operated_launches(rows: Rows, workspace: Workspace, team: _Team) -> Iterator[Launch]:
    """Those after whose last phase something is done."""
    for story, minutes in _OPERATED_MINUTES_AGO.items():
        launch = _launch(rows, workspace, team, rows.now - timedelta(minutes=minutes))
        yield replace(launch, status=RunStatus.COMPLETED, operated=story)


def _launch(
    rows: Rows, workspace: Workspace, team: _Team, moment: datetime, *, status: RunStatus | None = None
) -> Launch:
    days_ago = (rows.now - moment) / timedelta(days=1)
    project = rows.choose(
        {
            each: each.weight
            for number, each in enumerate(workspace.projects)
            if days_ago < DAYS - number * 2 and (each.status is ProjectStatus.ACTIVE or days_ago > _FINISHED_DAYS_AGO)
        }
        or {workspace.projects[0]: 1}
    )
    person = rows.choose({each: each.weight for each in workspace.people})
    # what goes on now is really taken up by a worker: the local model is the one that is there
    local = next(name for name in workspace.models if name.startswith("local:"))
    return Launch(
        organization_id=team.organization_id,
        project_id=team.projects[project.name],
        project_name=project.name,
        project_description=project.description,
        user_id=team.people[person.username],
        template=team.offered(rows.pick(project.templates), moment),
        model=local if status else rows.choose({name: model.weight for name, model in workspace.models.items()}),
        topic=rows.pick(project.topics),
        moment=moment,
        status=status,
        reviewers=tuple(
            team.people[each.username]
            for each in workspace.people
            if each.username != person.username and each.role is not Role.VIEWER and not each.deactivated_days_ago
        ),
    )
