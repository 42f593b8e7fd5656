"""The sample workspace's audit trail: what people would have done in these ninety days, beside launching."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from lib.models.project import ProjectStatus
from lib.models.run import RunStatus
from lib.samples.content import Workspace
from lib.samples.rows import Rows
from lib.samples.work import MadeRun

_BROWSERS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1",
)
#: RFC 5737 keeps these addresses from being anybody's.
_NETWORK = "192.0.2."
#: One sign-in for so many days a person, and one wrong password for so many sign-ins.
_DAYS_A_SIGN_IN, _SIGN_INS_A_REFUSAL = 4, 25
_ENDS = {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}


class _Trail:
    """Adds rows, each with the address and the browser that its person always has."""

    def __init__(self, rows: Rows, organization_id: UUID, people: Mapping[str, UUID]) -> None:
        self._rows = rows
        self._organization_id = organization_id
        self._places = {user_id: (number + 10, rows.pick(_BROWSERS)) for number, user_id in enumerate(people.values())}

    def add(self, action: str, *, by: UUID, moment: Any, of: UUID, old: Any = None, new: Any = None) -> None:
        address, browser = self._places[by]
        self._rows.add(
            "audit_logs",
            made=moment,
            organization_id=self._organization_id,
            user_id=by,
            action=action,
            resource_type="users" if action.startswith("identity.") else action.partition(".")[0],
            resource_id=of,
            old_values=old or {},
            new_values=new or {},
            ip_address=f"{_NETWORK}{address}",
            user_agent=browser,
            created_at=moment,
        )


def add_trail(
    rows: Rows,
    workspace: Workspace,
    *,
    organization_id: UUID,
    people: Mapping[str, UUID],
    projects: Mapping[str, UUID],
    runs: Sequence[MadeRun],
) -> None:
    """Write it, in no order: readers sort by time."""
    trail = _Trail(rows, organization_id, people)
    _add_people(trail, rows, workspace, people)
    for project in workspace.projects:
        _add_project(trail, rows, people[project.owner], projects[project.name], project.status)
    for run in runs:
        _add_run(trail, run)


def _add_people(trail: _Trail, rows: Rows, workspace: Workspace, people: Mapping[str, UUID]) -> None:
    founder = people[workspace.people[0].username]
    for row, person in zip(rows.tables["users"], workspace.people, strict=True):
        user_id = people[person.username]
        made = {"email": person.email, "full_name": person.full_name, "role": person.role}
        trail.add("users.create", by=founder, moment=row["created_at"], of=user_id, new=made)
        gone = person.deactivated_days_ago or 0
        if gone:
            moment = row["deactivated_at"]
            new = {"deactivated_at": moment.isoformat()}
            trail.add("users.update", by=founder, moment=moment, of=user_id, new=new)
        for days in range(gone + 1, 90, _DAYS_A_SIGN_IN):
            moment = rows.days_ago(days + rows.chance.uniform(0, _DAYS_A_SIGN_IN - 1))
            if rows.chance.randrange(_SIGN_INS_A_REFUSAL) == 0:
                trail.add("identity.sign_in_refused", by=user_id, moment=moment - timedelta(seconds=21), of=user_id)
            trail.add("identity.sign_in", by=user_id, moment=moment, of=user_id)


def _add_project(trail: _Trail, rows: Rows, owner: UUID, project_id: UUID, status: ProjectStatus) -> None:
    (row,) = (each for each in rows.tables["projects"] if each["id"] == project_id)
    made = {key: row[key] for key in ("name", "topic", "priority", "description")}
    trail.add("projects.create", by=owner, moment=row["created_at"], of=project_id, new=made | {"status": "active"})
    if status is not ProjectStatus.ACTIVE:
        moment = row["completed_at"] or row["archived_at"] or rows.days_ago(20)
        trail.add(
            "projects.update", by=owner, moment=moment, of=project_id, old={"status": "active"}, new={"status": status}
        )


def _add_run(trail: _Trail, run: MadeRun) -> None:
    launch = run.launch
    chosen = {
        "project_id": str(launch.project_id),
        "topic": launch.topic,
        "template_id": str(launch.template.id),
        "template_version": launch.template.version,
        "model": launch.model,
        "total_phases": run.total_phases,
    }
    trail.add("orchestrations.launch", by=launch.user_id, moment=launch.moment, of=run.id, new=chosen)
    if run.status in _ENDS and run.ended is not None:
        ended: dict[str, Any] = {"status": run.status, "total_tokens": run.tokens}
        if run.cost_usd is not None:
            ended["cost_usd"] = float(run.cost_usd)
        trail.add(
            "orchestrations.end", by=launch.user_id, moment=run.ended, of=run.id, old={"status": "running"}, new=ended
        )
