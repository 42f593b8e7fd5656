"""A project as it is entered, for the tests of this folder."""

from typing import Any
from uuid import UUID

from lib.projects.service import ProjectEntry
from tests.conftest import Installation
from tests.records import row

ENTRY = ProjectEntry(
    name="Heat pumps",
    topic="Selling heat pumps to owners of old houses",
    description="For installers",
    priority="high",
    metadata={
        "complexity": "high",
        "technologies": ["React"],
        "budget": 50000,
        "team_size": 5,
        "custom": {"Sponsor": "Mona"},
    },
    settings={"cost_limit_usd": 5},
)


def stored(installation: Installation, project_id: UUID) -> dict[str, Any]:
    """The row."""
    return row(installation, "SELECT * FROM projects WHERE id = %s", project_id)
