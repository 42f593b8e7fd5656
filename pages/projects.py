"""Projects: what the organization works on; make one."""

import streamlit as st

from lib import clock
from lib.access.permissions import Permission
from lib.models.project import ProjectStatus
from lib.projects.service import list_projects
from lib.ui import state, words
from lib.ui.components import filters, project_dialogs, status
from lib.ui.components.empty_state import empty_state
from lib.ui.components.opened_row import find_opened
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, show_paged_table, show_past_the_end
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECT

actor = require_actor(Permission.PROJECTS_VIEW)
may_create = actor.may(Permission.PROJECTS_CREATE)
with page_header("Projects", subtitle="A project is a topic, and the runs that are launched for it."):
    is_creating = may_create and st.button("New project", type="primary", icon=":material/add:")
if is_creating or (may_create and st.session_state.pop(state.OPENS_NEW_PROJECT, False)):
    project_dialogs.show_new_project()

chosen = filters.show_filters(
    "projects", {member: status.PROJECT[member].word for member in ProjectStatus}, "Name or topic"
)
page = list_projects(
    actor,
    status=ProjectStatus(chosen.status) if chosen.status else None,
    search=chosen.search,
    cursor=current_cursor(),
)

if page.items:
    event = show_paged_table(
        [
            {
                "Status": status.cell(status.PROJECT[project.status]),
                "Project": project.name,
                "Priority": status.PRIORITY[project.priority].word,
                "Owner": project.owner,
                "Runs": words.number(project.run_count) + ("+" if project.has_more_runs else ""),
                "Last run": words.ago(project.last_run_at, now=clock.now()),
                "Created": words.ago(project.created_at, now=clock.now()),
            }
            for project in page.items
        ],
        key="projects-table",
        label="Projects",
        columns={
            "Status": status.column(status.PROJECT, width=118),
            "Project": st.column_config.TextColumn("Project", width=272),
            "Priority": st.column_config.TextColumn("Priority", width=85),
            "Owner": st.column_config.TextColumn("Owner", width=140),
            "Runs": st.column_config.TextColumn("Runs", width=55, alignment="right"),
            "Last run": st.column_config.TextColumn("Last run", width=125),
            "Created": st.column_config.TextColumn("Created", width=125),
        },
        summary=f"{words.count(len(page.items), 'project')} on this page",
        newer=page.newer,
        older=page.older,
        opens="Project",
    )
    opened = find_opened("projects-table", [project.id for project in page.items], clicked=event.opened)
    if opened is not None:
        st.switch_page(PROJECT.file, query_params={"project": str(opened)})
elif current_cursor():
    show_past_the_end()
elif chosen:
    filters.show_nothing_found("projects", chosen, noun="project")
else:
    text = "A project holds a topic and everything that models write about it. Make one, then launch a run for it."
    with empty_state("projects", icon=":material/folder_open:", title="No projects yet", text=text):
        if may_create and st.button("Create the first project", type="primary", icon=":material/add:"):
            project_dialogs.show_new_project()
