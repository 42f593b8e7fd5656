"""What people do with runs: one that was run again from its middle with another model, and what was said about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.runs.replan import find_reused
from lib.samples.content import Workspace
from lib.samples.launches import Before
from lib.samples.rows import Row, Rows
from lib.samples.work import MadeRun, make_run
from lib.templates.plan import read_plan

#: A run with a middle.
_LEAST_PHASES: Final = 3
#: Between the end of a run, what is said of it, and the run that follows.
_PAUSE: Final = timedelta(minutes=40)


def run_again(rows: Rows, workspace: Workspace, people: Mapping[str, UUID], runs: Sequence[MadeRun]) -> MadeRun:
    """Run the last one that a person could have thought about again, from its middle; comments stand on the first."""
    since = rows.now - timedelta(days=1)
    before, ended = next(
        (run, run.ended)
        for run in reversed(runs)
        if run.status is RunStatus.COMPLETED and run.total_phases >= _LEAST_PHASES and run.ended and run.ended < since
    )
    phases = _phases_of(rows, before.id)
    plan = read_plan(next(row["plan"] for row in rows.tables["orchestration_runs"] if row["id"] == before.id))
    begins_with = plan.phases[len(plan.phases) // 2].code
    completed = {code for code, row in phases.items() if row["status"] == PhaseStatus.COMPLETED}
    reused = find_reused(plan, before=plan, completed=completed, begins_with=begins_with)
    other = next(name for name in workspace.models if name != before.launch.model and not name.startswith("local:"))
    _comment(rows, workspace, people, before, begins_with)
    launch = replace(
        before.launch,
        model=other,
        moment=ended + _PAUSE,
        status=RunStatus.COMPLETED,
        is_rejected_once=False,
        before=Before(before.id, begins_with, {code: phases[code] for code in reused}),
    )
    return make_run(rows, workspace, launch)


def _phases_of(rows: Rows, run_id: UUID) -> dict[str, Row]:
    """Code -> its last attempt."""
    return {row["phase_code"]: row for row in rows.tables["phase_executions"] if row["run_id"] == run_id}


def _comment(rows: Rows, workspace: Workspace, people: Mapping[str, UUID], run: MadeRun, phase_code: str) -> None:
    for number, comment in enumerate(workspace.comments, 1):
        moment = (run.ended or rows.now) + _PAUSE * number / 2
        rows.add(
            "run_comments",
            made=moment,
            organization_id=run.launch.organization_id,
            run_id=run.id,
            phase_code=phase_code if comment.is_about_phase else None,
            created_by=people[comment.by],
            comment_text=comment.text.strip(),
            created_at=moment,
        )
