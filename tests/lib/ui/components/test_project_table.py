from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.models.project import Priority, ProjectStatus
from lib.projects.views import MOST_RUNS_COUNTED, ProjectSummary
from lib.ui import words
from lib.ui.components.project_table import say_runs, say_spent

NOW = datetime.now(UTC)
PROJECT = ProjectSummary(
    id=UUID(int=1),
    name="What a household with a balcony pays for solar panels",
    status=ProjectStatus.ACTIVE,
    priority=Priority.HIGH,
    owner="Alice",
    created_by=UUID(int=2),
    created_at=NOW,
    updated_at=NOW,
    run_count=3,
    away_count=0,
    known_cost_count=3,
    spent_usd=Decimal("1.84"),
    last_run_at=None,
)


@pytest.mark.parametrize(
    ("runs", "known", "spent", "said"),
    [
        (0, 0, "0", ("0", "$0.00")),
        (3, 3, "1.84", ("3", "$1.84")),
        (3, 2, "1.84", ("3", "at least $1.84")),
        (3, 0, "0", ("3", "unknown")),
        (3, 3, "0.001", ("3", "<$0.01")),
        (MOST_RUNS_COUNTED, MOST_RUNS_COUNTED, "56", ("1,000+", "at least $56.00")),
    ],
)
def test_sum_says_how_sure_it_is(runs: int, known: int, spent: str, said: tuple[str, str]) -> None:
    project = replace(PROJECT, run_count=runs, known_cost_count=known, spent_usd=Decimal(spent))
    assert (say_runs(project), say_spent(project)) == said


@pytest.mark.parametrize(
    ("runs", "known", "said"),
    [
        (12, 52, ("12, and 40 in an archive", "$1.84")),
        (0, 40, ("0, and 40 in an archive", "$1.84")),
        (12, 51, ("12, and 40 in an archive", "at least $1.84")),
        (0, 0, ("0, and 40 in an archive", "unknown")),
    ],
)
def test_runs_that_are_away_are_said_beside_those_that_are_here(runs: int, known: int, said: tuple[str, str]) -> None:
    project = replace(PROJECT, run_count=runs, away_count=40, known_cost_count=known)
    assert (say_runs(project), say_spent(project)) == said


def test_row_says_what_a_person_compares() -> None:
    def page(project: "ProjectSummary") -> None:
        from lib.ui.components.project_table import show_project_table

        show_project_table([project], key="projects", newer=None, older=None)

    at = AppTest.from_function(page, kwargs={"project": replace(PROJECT, created_at=datetime.now(UTC))}).run()
    assert not at.exception
    shown = at.dataframe[0].value.iloc[0].to_dict()
    assert shown == {
        "Status": ["✓ Active"],
        "Project": "What a household with a balcony pays for…",
        "Priority": "High",
        "Owner": "Alice",
        "Runs": "3",
        "Spent": "$1.84",
        "Last run": words.NOTHING,
        "Created": "just now",
    }
    assert at.selectbox[0].options == [f"1. {PROJECT.name}"], "whole for who comes by keyboard"
