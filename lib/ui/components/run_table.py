"""A list of runs, wherever runs are listed: the Runs page, a project, the overview."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from lib import clock
from lib.runs.views import RunSummary
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import TableEvent, show_paged_table
from lib.ui.navigation import RUN

#: The columns on the page of all runs, on that of a project, and where there is little room.
ALL: Final = ("Status", "Run", "Project", "By", "Launched", "Phases", "Duration", "Cost")
OF_PROJECT: Final = ("Status", "Run", "Template", "Launched", "Phases", "Duration", "Cost")
FEW: Final = ("Status", "Run", "Launched", "Phases", "Duration", "Cost")
_TEMPLATE_PX: Final = 110
#: In characters: what the column has room for.
_MOST_OF_TEMPLATE: Final = 16


def show_run_table(
    runs: Sequence[RunSummary],
    *,
    key: str,
    newer: str | None = None,
    older: str | None = None,
    shows: Sequence[str],
) -> UUID | None:
    """Draw the runs; returns the one whose title was clicked in this run of the script.

    `shows` are the columns, without what the place around it says already.
    """
    event = _draw(runs, _columns(shows), key=key, newer=newer, older=older, is_selectable=False)
    return find_opened(key, [run.id for run in runs], clicked=event.opened)


def show_selectable_runs(
    runs: Sequence[RunSummary], *, key: str, newer: str | None, older: str | None
) -> tuple[UUID | None, Sequence[RunSummary]]:
    """The same with rows that can be selected; returns the run that was opened, and those that are selected."""
    columns = _columns(ALL, title_px=250)
    event = _draw(runs, columns, key=key, newer=newer, older=older, is_selectable=True)
    opened = find_opened(key, [run.id for run in runs], clicked=event.opened)
    return opened, [runs[number] for number in event.selected if number < len(runs)]


def _columns(shows: Sequence[str], *, title_px: int = 166) -> Mapping[str, ColumnConfig]:
    columns = {
        "Status": status.column({**status.RUN, "waiting": status.WAITING_RUN}, width=116),
        "Run": st.column_config.TextColumn("Run", width=title_px),
        "Template": st.column_config.TextColumn("Template", width=_TEMPLATE_PX),
        "Project": st.column_config.TextColumn("Project", width=128),
        "By": st.column_config.TextColumn("By", width=104),
        "Launched": st.column_config.TextColumn("Launched", width=105),
        "Phases": st.column_config.TextColumn("Phases", width=58, alignment="right"),
        "Duration": st.column_config.TextColumn("Duration", width=68, alignment="right"),
        "Cost": st.column_config.TextColumn("Cost", width=68, alignment="right"),
    }
    return {name: columns[name] for name in shows}


def _draw(
    runs: Sequence[RunSummary],
    columns: Mapping[str, ColumnConfig],
    *,
    key: str,
    newer: str | None,
    older: str | None,
    is_selectable: bool,
) -> TableEvent:
    return show_paged_table(
        [_row(run) for run in runs],
        key=key,
        label="Runs",
        columns=columns,
        summary=f"{words.count(len(runs), 'run')} on this page",
        newer=newer,
        older=older,
        opens="Run",
        ticked_as=[run.id for run in runs] if is_selectable else None,
    )


def _row(run: RunSummary) -> dict[str, object]:
    return {
        "Status": status.cell(status.run(run.status, is_waiting=run.is_waiting)),
        "Run": run.title,
        "Template": say_template(run, most=_MOST_OF_TEMPLATE),
        "Project": run.project_name,
        "By": run.launched_by,
        "Launched": words.ago(run.created_at, now=clock.now()),
        "Phases": f"{run.completed_phases} / {run.total_phases}",
        "Duration": words.clock(seconds_of(run)),
        "Cost": words.money(run.cost_usd),
    }


def open_run(run_id: UUID | None) -> None:
    """Go to the run's page, if there is one to go to."""
    if run_id is not None:
        st.switch_page(RUN.file, query_params={"run": str(run_id)})


def say_template(run: RunSummary, *, most: int) -> str:
    """The template that it was launched from, with its version, which is never cut: "Two steps v3"."""
    version = f" v{run.template_version}" if run.template_version else ""
    return words.short(run.template_name, most=most - len(version)) + version


def seconds_of(run: RunSummary) -> float | None:
    """How long the run took, or has been at it; None before it began."""
    if run.execution_time_ms is not None:
        return run.execution_time_ms / 1000
    if run.started_at is None:
        return None
    return ((run.completed_at or clock.now()) - run.started_at).total_seconds()
