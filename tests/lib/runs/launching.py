"""What a test of launching begins with, and what it looks at afterwards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lib.access.actor import Actor
from tests.conftest import Installation
from tests.factories import make_template
from tests.records import Record, row, rows


def nothing_launched(installation: Installation) -> bool:
    tables = ("orchestration_runs", "phase_executions", "dbos.workflow_status")
    return not any(rows(installation, f"SELECT 1 FROM {table}") for table in tables)


def template(installation: Installation, actor: Actor, *phases: Mapping[str, Any], **more: Any) -> UUID:
    """A published template made of these phases."""
    whole = [{"name": f"Name of {phase['code']}", "prompt": "{{ topic }}", **phase} for phase in phases]
    return make_template(installation.database, actor, data={"phases": whole, **more}, status="published")


def stored_run(installation: Installation, run_id: UUID) -> Record:
    return row(installation, "SELECT * FROM orchestration_runs WHERE id = %s", run_id)
