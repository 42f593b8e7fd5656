"""What is done after a run's last phase in the sample workspace: nothing ever was, and nothing is sent from there.

Its integrations are off, and its addresses are nobody's: where somebody approves what waits, a worker cancels it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from lib.integrations.base import FailureKind
from lib.models.operation import OperationStatus
from lib.models.run import PhaseStatus, RunStatus
from lib.samples.content import Workspace
from lib.samples.launches import Launch, Operated
from lib.samples.rows import Row
from lib.samples.walk import Walk, milliseconds
from lib.templates.operations import PlannedOperation, RunFacts, plan_operations
from lib.templates.plan import Plan, PlannedPhase

_S = OperationStatus
#: Between two attempts, as the retry policy lets them grow.
_WAITS: Final = (1, 2, 4, 8)
_TOOK: Final = timedelta(milliseconds=180)
#: How long somebody took to approve.
_LOOKED_AT: Final = timedelta(minutes=3)
_BUSY_STATUS: Final = 503
_FILE: Final = "artifact.write"


def with_operations(plan: Plan, workspace: Workspace) -> Plan:
    """The plan with the workspace's operations after its last phase."""
    *before, last = plan.phases
    return plan.model_copy(update={"phases": (*before, last.model_copy(update={"operations": workspace.operations}))})


def operate(walk: Walk) -> None:
    """Add the operations of a run that was walked to its end, and let it stand as they do."""
    phase, story = walk.plan.phases[-1], walk.launch.operated
    assert story is not None  # noqa: S101 - asked by who makes such a run
    context = replace(walk.context, answers=walk.answers)
    ends = []
    for planned in plan_operations(phase, context, RunFacts(str(walk.run_id), walk.launch.topic, "")):
        columns = _stand(walk, planned, story, walk.ends[phase.code])
        ends.append(columns["completed_at"])
        _add(walk, phase, planned, columns)
    if story is Operated.WAITING:
        walk.status = RunStatus.WAITING_REVIEW
    else:
        walk.ends[phase.code] = max(ends)
    if story is Operated.FAILED:
        walk.status = RunStatus.FAILED
        message = f"“{phase.operations[-1].name}” after {phase.title} failed: {_busy(phase)['message']}"
        attempt = walk.phases[phase.code]["attempt"]
        walk.error = {"kind": "operation", "message": message, "phase": phase.code, "attempt": attempt}


def _stand(walk: Walk, planned: PlannedOperation, story: Operated, begins: datetime) -> Row:
    """How it stands, in the columns that say so."""
    if story is Operated.DRY_RUN:
        result = {"dry_run": True, "would": planned.would}
        return {"status": _S.COMPLETED, "result": result, "completed_at": begins}
    if planned.type == _FILE:
        told = {"made_up": True, "path": planned.params["path"], "bytes": len(planned.params["content"].encode())}
        took = timedelta(milliseconds=4)
        done = {"started_at": begins, "completed_at": begins + took, "execution_time_ms": milliseconds(took)}
        return {"status": _S.COMPLETED, "result": told, "attempts": 1, **done}
    if story is Operated.WAITING:
        return {"status": _S.WAITING_APPROVAL, "completed_at": None}
    approved = begins + _LOOKED_AT
    attempts = list(_attempts(approved))
    for began in attempts:
        _use(walk, planned, began)
    return {
        "status": _S.FAILED,
        "attempts": len(attempts),
        "approved_by": walk.launch.reviewers[0],
        "approved_at": approved,
        "started_at": attempts[-1],
        "completed_at": attempts[-1] + _TOOK,
        "execution_time_ms": milliseconds(_TOOK),
        "result": {"made_up": True},
        "error_details": _busy(walk.plan.phases[-1]),
    }


def _attempts(begins: datetime) -> Iterator[datetime]:
    """When each of them began."""
    yield begins
    for seconds in _WAITS:
        begins += _TOOK + timedelta(seconds=seconds)
        yield begins


def _busy(phase: PlannedPhase) -> Row:
    host = str(phase.operations[-1].parameters["url"]).split("/")[2]
    message = f"“{host}” answered {_BUSY_STATUS}."
    return {"kind": FailureKind.BUSY, "message": message, "status": _BUSY_STATUS}


def _add(walk: Walk, phase: PlannedPhase, planned: PlannedOperation, columns: Row) -> UUID:
    nothing: dict[str, Any] = dict.fromkeys(("approved_by", "approved_at", "started_at", "execution_time_ms"))
    return walk.rows.add(
        "integration_operations",
        made=walk.ends[phase.code],
        organization_id=walk.launch.organization_id,
        run_id=walk.run_id,
        phase_execution_id=_phase_id(walk, phase),
        position=planned.position,
        operation_type=planned.type,
        name=planned.name,
        operation_params=dict(planned.params),
        requires_approval=planned.requires_approval,
        created_at=walk.ends[phase.code],
        **nothing | {"attempts": 0, "result": {}, "error_details": {}} | columns,
    )


def _phase_id(walk: Walk, phase: PlannedPhase) -> UUID:
    """Of the attempt that was completed."""
    found: UUID = next(
        row["id"]
        for row in reversed(walk.rows.tables["phase_executions"])
        if (row["run_id"], row["phase_code"], row["status"]) == (walk.run_id, phase.code, PhaseStatus.COMPLETED)
    )
    return found


def _use(walk: Walk, planned: PlannedOperation, began: datetime) -> None:
    """As api.finish_operations writes it: no call to a model, and so of no phase."""
    launch: Launch = walk.launch
    nothing = dict.fromkeys(("phase_execution_id", "provider", "model"))
    walk.rows.add(
        "api_usage",
        made=began + _TOOK,
        organization_id=launch.organization_id,
        user_id=launch.user_id,
        project_id=launch.project_id,
        run_id=walk.run_id,
        endpoint=planned.type,
        method="POST",
        prompt_tokens=0,
        completion_tokens=0,
        tokens_used=0,
        response_time_ms=milliseconds(_TOOK),
        status_code=_BUSY_STATUS,
        cost_usd="0",
        error_kind=FailureKind.BUSY,
        created_at=began + _TOOK,
        **nothing,
    )
