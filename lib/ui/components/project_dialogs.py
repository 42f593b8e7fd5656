"""The dialogs in which a project is made and edited."""

import streamlit as st

from lib.access.permissions import Permission
from lib.projects.service import create_project, update_project
from lib.projects.views import ProjectDetail
from lib.ui import feedback, state
from lib.ui.components.project_form import show_project_form
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECT, PROJECTS


def open_new_project() -> None:
    """Go to the list of projects with the form of a new one open; in the address it would open again at every Back."""
    st.session_state[state.OPENS_NEW_PROJECT] = True
    st.switch_page(PROJECTS.file)


@st.dialog("New project", width="medium")
def show_new_project() -> None:
    """Ask for a project; what was typed stays while something is wrong with it."""
    entry = show_project_form("new-project", action="Create project")
    if entry:
        with feedback.told():
            project_id = create_project(require_actor(Permission.PROJECTS_CREATE), entry)
            feedback.succeeded("The project is there. Launch its first run.")
            st.switch_page(PROJECT.file, query_params={"project": str(project_id)})


@st.dialog("Edit project", width="medium")
def show_edit_project(project: ProjectDetail) -> None:
    """Ask for changes to a project."""
    entry = show_project_form("edit-project", project=project, action="Save changes")
    if entry:
        with feedback.told():
            update_project(require_actor(Permission.PROJECTS_VIEW), project.id, entry)
            feedback.succeeded("The changes are saved.")
            st.rerun()
