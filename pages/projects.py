"""Projects: what the organization works on, to be filtered, sorted and taken along as a file; make one."""

import streamlit as st

from lib.access.permissions import Permission
from lib.projects.lists import count_projects, export_projects
from lib.projects.service import list_projects
from lib.projects.views import ProjectSort
from lib.ui import state
from lib.ui.components import filters, project_dialogs
from lib.ui.components.empty_state import empty_state
from lib.ui.components.export_menu import show_export
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, show_past_the_end
from lib.ui.components.project_filters import chosen_projects, make_project_filters
from lib.ui.components.project_table import show_project_table
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECT

actor = require_actor(Permission.PROJECTS_VIEW)
may_create = actor.may(Permission.PROJECTS_CREATE)
with page_header("Projects", subtitle="A project is a topic, and the runs that are launched for it."):
    is_creating = may_create and st.button("New project", type="primary", icon=":material/add:")
if is_creating or (may_create and st.session_state.pop(state.OPENS_NEW_PROJECT, False)):
    project_dialogs.show_new_project()

bar = make_project_filters(actor)
with filters.filter_bar(bar) as chosen:
    wanted, sort = chosen_projects(chosen), ProjectSort(chosen.sort)
    show_export(
        "projects",
        noun="project",
        count=lambda most: count_projects(actor, wanted, most=most),
        export=lambda actor, file_format: export_projects(actor, wanted, sort=sort, file_format=file_format),
    )
page = list_projects(actor, wanted, sort=sort, cursor=current_cursor())

if page.items:
    opened = show_project_table(page.items, key="projects-table", newer=page.newer, older=page.older)
    if opened is not None:
        st.switch_page(PROJECT.file, query_params={"project": str(opened)})
elif current_cursor():
    show_past_the_end()
elif chosen:
    filters.show_nothing_found(bar, chosen, noun="project")
else:
    text = "A project holds a topic and everything that models write about it. Make one, then launch a run for it."
    with empty_state("projects", icon=":material/folder_open:", title="No projects yet", text=text):
        if may_create and st.button("Create the first project", icon=":material/add:"):
            project_dialogs.show_new_project()
