"""One project: its topic, its runs, and what may be done with it."""

import streamlit as st

from lib.access.permissions import Permission
from lib.archives.service import list_archives
from lib.projects.service import get_project
from lib.runs.queries import RunFilter
from lib.runs.service import list_runs
from lib.schedules.queries import ScheduleFilter
from lib.ui import address
from lib.ui.components import project_actions, project_facts
from lib.ui.components.budget_gauge import show_project_gauges
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.components.project_archives import show_archives
from lib.ui.components.run_table import OF_PROJECT, open_run, show_run_table
from lib.ui.components.schedule_list import show_schedules_of
from lib.ui.guard import require_actor

actor = require_actor(Permission.PROJECTS_VIEW)
project = get_project(actor, address.requested_id("project", what="project"))
archives = list_archives(actor, project.id)
project_actions.show_project_header(project, archives)

left, right = st.columns([2.15, 1], gap="medium")
with left:
    show_archives(actor, project, archives)
    runs = find_page(
        lambda cursor: list_runs(actor, RunFilter(project_id=project.id), cursor=cursor), cursor=current_cursor()
    )
    if runs and runs.items:
        with card("Runs"):
            opened = show_run_table(runs.items, key="runs", newer=runs.newer, older=runs.older, shows=OF_PROJECT)
            open_run(opened)
    elif current_cursor():
        show_no_such_page()
    elif not archives.hold_runs:
        with empty_state(
            "runs",
            icon=":material/account_tree:",
            title="No runs yet",
            text="A run writes about this project's topic, phase by phase, and keeps every answer.",
        ):
            if project.may_launch:
                project_actions.show_launch_button(project, label="Launch the first run", key="first-run")
    show_schedules_of(actor, ScheduleFilter(project_id=project.id))
    project_facts.show_project_activity(actor, project)
with right:
    with card("Details"):
        project_facts.show_project_facts(project, time_zone=actor.time_zone)
    show_project_gauges(actor, project.id)
