"""Whole runs, each with everything that hangs on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.providers.base import ModelChoice
from lib.runs.structures import ProjectAtLaunch, RunInputs
from lib.samples.content import Workspace
from lib.samples.launches import Launch, Operated
from lib.samples.operating import operate, with_operations
from lib.samples.rows import Row, Rows
from lib.samples.walk import Walk, milliseconds
from lib.templates.plan import Plan, make_plan
from lib.templates.rendering import PromptContext
from lib.templates.structure import ReviewGate

#: Of a hundred runs, how many end badly, and how.
_FAILED_RUNS, _CANCELLED_RUNS = 5, 3
#: Not for want of calls: those runs a worker continues by itself as soon as there are some.
_PAUSED = {"kind": "person", "message": "The run was paused by hand. It goes on when somebody continues it."}
_STOPPED = {
    "kind": "cost_limit",
    "message": "The run has spent as much as its cost limit allows. Nothing further begins before that is raised.",
}


@dataclass(frozen=True, slots=True)
class MadeRun:
    """What the trail tells of a run."""

    id: UUID
    launch: Launch
    status: RunStatus
    total_phases: int
    ended: datetime | None
    tokens: int
    cost_usd: Decimal | None


def make_run(rows: Rows, workspace: Workspace, launch: Launch) -> MadeRun:
    """One run with everything that hangs on it."""
    run_id = rows.key(launch.moment)
    plan = make_plan(
        launch.template.data,
        template_name=launch.template.name,
        template_version=launch.template.version,
        model=ModelChoice.parse(launch.model),
    )
    status = launch.status or _outcome(rows)
    turning = _turning(rows, launch, len(plan.phases))
    if status is RunStatus.WAITING_REVIEW or launch.is_rejected_once:
        plan = _with_review(plan, turning)
    if launch.operated:
        plan = with_operations(plan, workspace)
    at_launch = ProjectAtLaunch(name=launch.project_name, description=launch.project_description)
    context = PromptContext(topic=launch.topic, project_name=at_launch.name, project_description=at_launch.description)
    walk = Walk(rows, workspace, launch, plan, run_id, status, turning, context)
    walk.walk()
    if launch.operated:
        operate(walk)
    _add_run(walk, at_launch)
    return MadeRun(run_id, launch, walk.status, len(plan.phases), walk.ended, walk.tokens, walk.cost_usd)


def _add_run(walk: Walk, at_launch: ProjectAtLaunch) -> None:
    launch, plan, status = walk.launch, walk.plan, walk.status
    completed = [row for row in walk.phases.values() if row["status"] is PhaseStatus.COMPLETED]
    ended = walk.ended
    is_paused = status is RunStatus.PAUSED
    is_paused_by_hand = is_paused and not launch.is_over_limit
    rate = Decimal(100 * len(completed)) / len(plan.phases)
    walk.rows.add(
        "orchestration_runs",
        made=launch.moment,
        id=walk.run_id,
        organization_id=launch.organization_id,
        project_id=launch.project_id,
        user_id=launch.user_id,
        title=launch.topic,
        topic=launch.topic,
        status=status,
        total_phases=len(plan.phases),
        completed_phases=len(completed),
        success_rate=str(round(rate, 2)) if ended else "0",
        execution_time_ms=milliseconds(ended - walk.started) if ended else None,
        results=_results(walk.phases, completed=len(completed)) if ended else {},
        error_details=(_PAUSED if is_paused_by_hand else _STOPPED) if is_paused else walk.error,
        pause_requested_at=max(walk.ends.values()) if is_paused_by_hand else None,
        pause_requested_by=launch.user_id if is_paused_by_hand else None,
        created_at=launch.moment,
        started_at=None if status is RunStatus.QUEUED else walk.started,
        completed_at=ended,
        cancel_requested_at=ended if status is RunStatus.CANCELLED else None,
        template_id=launch.template.id,
        template_version=launch.template.version,
        inputs=RunInputs(project=at_launch).model_dump(mode="json"),
        plan=plan.to_json(),
        model=launch.model,
        total_tokens=walk.tokens,
        cost_usd=None if walk.cost_usd is None else str(walk.cost_usd),
        cost_limit_usd=str(walk.cost_usd) if launch.is_over_limit else None,
        parent_run_id=launch.before.run_id if launch.before else None,
        integration_enabled=launch.operated in {Operated.FAILED, Operated.WAITING},
        forked_from_phase=launch.before.begins_with if launch.before else None,
    )


def _outcome(rows: Rows) -> RunStatus:
    shares = {RunStatus.FAILED: _FAILED_RUNS, RunStatus.CANCELLED: _CANCELLED_RUNS}
    return rows.choose({**shares, RunStatus.COMPLETED: 100 - sum(shares.values())})


def _turning(rows: Rows, launch: Launch, phases: int) -> int:
    """The place of the phase at which something happens: what goes on now is past its first, but for the queued."""
    if launch.status is None:
        return rows.chance.randrange(phases)
    return 0 if launch.status is RunStatus.QUEUED else min(1, phases - 1)


def _with_review(plan: Plan, position: int) -> Plan:
    gate = ReviewGate(instructions="Read it as somebody who has never heard of it.", due_hours=48, required_approvals=2)
    phases = [
        phase.model_copy(update={"review": gate}) if phase.position == position else phase for phase in plan.phases
    ]
    return plan.model_copy(update={"phases": tuple(phases)})


def _results(phases: Mapping[str, Row], *, completed: int) -> Row:
    return {
        "phases": {
            code: {
                "phase": row["phase_name"],
                "status": row["status"],
                "response": row["response_text"],
                "execution_time_ms": row["execution_time_ms"],
            }
            for code, row in phases.items()
        },
        "metadata": {
            "total_phases": len(phases),
            "successful_phases": completed,
            "success_rate": f"{100 * completed / len(phases):.1f}%",
        },
    }
