"""Projects: what the organization works on, to be filtered, sorted and taken along as a file; make one."""

import streamlit as st

from lib.access.permissions import Permission
from lib.projects.lists import count_projects, export_projects, is_search_cut
from lib.projects.queries import MOST_SEARCHED
from lib.projects.service import list_projects
from lib.projects.views import ProjectSort
from lib.ui import state, words
from lib.ui.components import project_dialogs
from lib.ui.components.empty_state import empty_state
from lib.ui.components.export_menu import show_export
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.components.project_filters import chosen_projects, make_project_filters
from lib.ui.components.project_table import show_project_table
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECT

actor = require_actor(Permission.PROJECTS_VIEW)
may_create = actor.may(Permission.PROJECTS_CREATE)
bar = make_project_filters(actor)
chosen = read_filters(bar)
wanted, sort = chosen_projects(chosen), ProjectSort(chosen.sort)
page = find_page(lambda cursor: list_projects(actor, wanted, sort=sort, cursor=cursor), cursor=current_cursor())

# With nothing to narrow down or to take along there is only the next step.
is_list = bool((page and page.items) or chosen or current_cursor())

with page_header("Projects", subtitle="A project is a topic, and the runs that are launched for it."):
    if is_list:
        show_export(
            "projects",
            noun="project",
            count=lambda most: count_projects(actor, wanted, most=most),
            export=lambda actor, file_format: export_projects(actor, wanted, sort=sort, file_format=file_format),
        )
    is_creating = may_create and st.button("New project", type="primary", icon=":material/add:")
if is_creating or (may_create and st.session_state.pop(state.OPENS_NEW_PROJECT, False)):
    project_dialogs.show_new_project()
if is_list:
    show_filters(bar, chosen)
    if is_search_cut(actor, wanted):
        st.markdown(f":gray[Searched in the newest {words.number(MOST_SEARCHED)} of these projects.]")
if page and page.items:
    opened = show_project_table(page.items, key="projects-table", newer=page.newer, older=page.older)
    if opened is not None:
        st.switch_page(PROJECT.file, query_params={"project": str(opened)})
elif current_cursor():
    show_no_such_page()
elif chosen:
    show_nothing_found(bar, chosen, noun="project")
else:
    text = "A project holds a topic and everything that models write about it. Make one, then launch a run for it."
    with empty_state("projects", icon=":material/folder_open:", title="No projects yet", text=text):
        if may_create and st.button("Create the first project", icon=":material/add:"):
            project_dialogs.show_new_project()
