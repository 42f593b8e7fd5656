"""Runs: all of the organization's, to be filtered, sorted, compared, and taken along as a file."""

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.lists.service import count_runs, export_runs
from lib.runs.service import list_runs
from lib.runs.views import RunSort
from lib.ui.components.empty_state import empty_state
from lib.ui.components.export_menu import show_export
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.components.run_bulk import show_bulk_menu
from lib.ui.components.run_filters import chosen_runs, make_run_filters
from lib.ui.components.run_selection import show_selection
from lib.ui.components.run_table import open_run, show_selectable_runs
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
may_launch = actor.may(Permission.ORCHESTRATIONS_RUN)
bar = make_run_filters(actor)
chosen = read_filters(bar)
wanted, sort = chosen_runs(chosen), RunSort(chosen.sort)
page = find_page(lambda cursor: list_runs(actor, wanted, sort=sort, cursor=cursor), cursor=current_cursor())

# With nothing to narrow down or to take along there is only the next step.
is_list = bool((page and page.items) or chosen or current_cursor())

with page_header("Runs", subtitle="Every run keeps its prompts, answers, tokens and cost."):
    if is_list:
        show_export(
            "runs",
            noun="run",
            count=lambda most: count_runs(actor, wanted, most=most),
            export=lambda actor, file_format: export_runs(actor, wanted, sort=sort, file_format=file_format),
        )
        show_bulk_menu(actor, wanted)
    if may_launch and st.button("Launch run", type="primary", icon=":material/rocket_launch:"):
        st.switch_page(LAUNCH.file)
if is_list:
    show_filters(bar, chosen)
if page and page.items:
    opened, selected = show_selectable_runs(page.items, key="runs", newer=page.newer, older=page.older)
    open_run(opened)
    show_selection(actor, selected, key="runs")
elif current_cursor():
    show_no_such_page()
elif chosen:
    show_nothing_found(bar, chosen, noun="run")
else:
    with empty_state(
        "runs",
        icon=":material/account_tree:",
        title="No runs yet",
        text="A run sends a sequence of prompts to a model and keeps every answer. The first one takes about a minute.",
    ):
        if may_launch and st.button("Launch the first run", icon=":material/rocket_launch:"):
            st.switch_page(LAUNCH.file)
