"""A list of projects."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.projects.views import ProjectSummary
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import show_paged_table

#: For "1,000+, and 1,000 in an archive".
_WIDEST_RUNS: Final = 178


def show_project_table(
    projects: Sequence[ProjectSummary], *, key: str, newer: str | None, older: str | None
) -> UUID | None:
    """Draw the projects; returns the one whose name was clicked in this run of the script."""
    # all that is shown on one line, and nothing kept free where no runs are away
    runs = _WIDEST_RUNS if any(project.away_count for project in projects) else 60
    event = show_paged_table(
        [_row(project) for project in projects],
        key=key,
        label="Projects",
        columns={
            "Status": status.column(status.PROJECT, width=108),
            "Project": st.column_config.TextColumn("Project", width=290),
            "Priority": st.column_config.TextColumn("Priority", width=68),
            "Owner": st.column_config.TextColumn("Owner", width=95),
            "Runs": st.column_config.TextColumn("Runs", width=runs, alignment="right"),
            "Spent": st.column_config.TextColumn("Spent", width=118, alignment="right"),
            "Last run": st.column_config.TextColumn("Last run", width=105),
            "Created": st.column_config.TextColumn("Created", width=105),
        },
        summary=f"{words.count(len(projects), 'project')} on this page",
        newer=newer,
        older=older,
        opens="Project",
    )
    return find_opened(key, [project.id for project in projects], clicked=event.opened)


def say_runs(project: ProjectSummary) -> str:
    """How many runs the project has: `12`, `1,000+`; `12, and 40 in an archive` where some are away."""
    here = words.number(project.run_count) + ("+" if project.has_more_runs else "")
    return f"{here}, and {words.number(project.away_count)} in an archive" if project.away_count else here


def say_spent(project: ProjectSummary) -> str:
    """What its runs cost: `$1.84`; `at least $1.84` where more was spent, or where nobody knows of some."""
    if project.run_count + project.away_count and not project.known_cost_count:
        return words.UNKNOWN
    return ("" if project.is_spent_all else "at least ") + words.money(project.spent_usd)


def _row(project: ProjectSummary) -> dict[str, object]:
    return {
        "Status": status.cell(status.PROJECT[project.status]),
        "Project": project.name,
        "Priority": status.PRIORITY[project.priority].word,
        "Owner": project.owner,
        "Runs": say_runs(project),
        "Spent": say_spent(project),
        "Last run": words.ago(project.last_run_at, now=clock.now()),
        "Created": words.ago(project.created_at, now=clock.now()),
    }
