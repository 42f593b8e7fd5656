"""Runs in their organization's line, for tests: launched past the model, and how many hold a place."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from lib.access.actor import Actor
from tests.conftest import Installation
from tests.made_runs import MadeRun, make_run
from tests.records import rows


def line_up(
    installation: Installation, actor: Actor, project_id: UUID, count: int, *, priority: str | None = None
) -> list[MadeRun]:
    """So many runs, launched one after another, as a launch does it but for the model's answer."""
    database = installation.database
    return [make_run(database, actor, project_id=project_id, priority=priority, is_in_line=True) for _ in range(count)]


def set_limit(installation: Installation, organization_id: UUID, limit: Any) -> None:
    """What the organization allows itself, as an admin's SQL could write it."""
    write = """UPDATE organizations SET settings = settings || jsonb_build_object('limits', jsonb_build_object(
        'concurrent_runs', %s::jsonb)) WHERE id = %s RETURNING 1"""
    assert rows(installation, write, limit, organization_id)


def admitted(installation: Installation, runs: Sequence[MadeRun]) -> list[int]:
    """Which of the runs hold a place, by their number in the sequence."""
    found = rows(installation, "SELECT id FROM orchestration_runs WHERE admitted_at IS NOT NULL")
    return [number for number, run in enumerate(runs) if {"id": run.id} in found]


def queued(installation: Installation, runs: Sequence[MadeRun]) -> list[int]:
    """Which of the runs have a workflow in the queue."""
    found = rows(installation, "SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'ENQUEUED'")
    ids = {row["workflow_uuid"].partition(":")[0] for row in found}
    return [number for number, run in enumerate(runs) if str(run.id) in ids]
