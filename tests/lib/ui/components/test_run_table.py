"""A list of runs: what its cells say."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from lib.models.run import RunPriority, RunStatus
from lib.runs.views import RunSummary
from lib.ui.components.run_table import say_template

_ID = UUID(int=1)


def _run(template_name: str, template_version: int | None) -> RunSummary:
    return RunSummary(
        id=_ID,
        title="Run",
        status=RunStatus.QUEUED,
        is_waiting=False,
        priority=RunPriority.NORMAL,
        project_id=_ID,
        project_name="Project",
        user_id=_ID,
        launched_by="Max",
        template_name=template_name,
        template_version=template_version,
        model="m",
        created_at=datetime(2026, 1, 31, tzinfo=UTC),
        started_at=None,
        completed_at=None,
        total_phases=1,
        completed_phases=0,
        total_tokens=0,
        cost_usd=None,
        execution_time_ms=None,
    )


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("Two steps", 3, "Two steps v3"),
        ("A template of many words", 12, "A template of… v12"),
        ("Two steps", None, "Two steps"),
    ],
)
def test_version_of_a_template_is_never_cut(name: str, version: int | None, said: str) -> None:
    assert say_template(_run(name, version), most=18) == said
