"""Runs: all of the organization's, to be filtered, sorted and taken along as a file."""

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.lists.service import count_runs, export_runs
from lib.runs.service import list_runs
from lib.runs.views import RunSort
from lib.ui.components import filters
from lib.ui.components.empty_state import empty_state
from lib.ui.components.export_menu import show_export
from lib.ui.components.overview import open_run
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, show_past_the_end
from lib.ui.components.run_filters import chosen_runs, make_run_filters
from lib.ui.components.run_table import show_run_table
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH

actor = require_actor(Permission.ORCHESTRATIONS_VIEW)
may_launch = actor.may(Permission.ORCHESTRATIONS_RUN)
with page_header("Runs", subtitle="Every run keeps its prompts, answers, tokens and cost."):
    if may_launch and st.button("Launch run", type="primary", icon=":material/rocket_launch:"):
        st.switch_page(LAUNCH.file)

bar = make_run_filters(actor)
with filters.filter_bar(bar) as chosen:
    wanted, sort = chosen_runs(chosen), RunSort(chosen.sort)
    show_export(
        "runs",
        noun="run",
        count=lambda most: count_runs(actor, wanted, most=most),
        export=lambda actor, file_format: export_runs(actor, wanted, sort=sort, file_format=file_format),
    )
page = list_runs(actor, wanted, sort=sort, cursor=current_cursor())

if page.items:
    open_run(show_run_table(page.items, key="runs", newer=page.newer, older=page.older))
elif current_cursor():
    show_past_the_end()
elif chosen:
    filters.show_nothing_found(bar, chosen, noun="run")
else:
    with empty_state(
        "runs",
        icon=":material/account_tree:",
        title="No runs yet",
        text="A run sends a sequence of prompts to a model and keeps every answer. The first one takes about a minute.",
    ):
        if may_launch and st.button("Launch the first run", icon=":material/rocket_launch:"):
            st.switch_page(LAUNCH.file)
