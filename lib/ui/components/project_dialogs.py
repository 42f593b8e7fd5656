"""The dialogs in which a project is made and edited."""

from dataclasses import fields
from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.errors import ChangedMeanwhile
from lib.projects.changes import Values
from lib.projects.service import ProjectEntry, create_project, entry_of, update_project
from lib.projects.views import ProjectDetail
from lib.ui import feedback, state
from lib.ui.components.drafts import close_draft, open_draft
from lib.ui.components.project_form import show_project_form
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECT, PROJECTS

_MINE: Final = "Save mine over it"
_THEIRS: Final = "Keep that, save the rest"


def open_new_project() -> None:
    """Go to the list of projects with the form of a new one open; in the address it would open again at every Back."""
    st.session_state[state.OPENS_NEW_PROJECT] = True
    st.switch_page(PROJECTS.file)


@st.dialog("New project", width="medium")
def show_new_project() -> None:
    """Ask for a project; what was typed stays while something is wrong with it."""
    form = show_project_form("new-project")
    if form.ask("Create project"):
        with form.faults, feedback.told():
            project_id = create_project(require_actor(Permission.PROJECTS_CREATE), form.entry)
            feedback.succeeded("The project is there. Launch its first run.")
            st.switch_page(PROJECT.file, query_params={"project": str(project_id)})


@st.dialog("Edit project", width="medium", on_dismiss="rerun")  # the next one begins with what is stored by then
def show_edit_project(project: ProjectDetail) -> None:
    """Ask for changes to a project; where somebody else has changed the same meanwhile, whose are to stand."""
    shown = entry_of(project)
    draft = open_draft(f"project-{project.id}", {field.name: getattr(shown, field.name) for field in fields(shown)})
    seen = ProjectEntry(**draft.seen)
    form = show_project_form(f"{draft.name}-{draft.number}", seen)
    asked_in, told, turn = st.session_state.get(state.PROJECT_CONFLICT, ("", {}, 0))
    if asked_in != form.key:
        told, turn = {}, 0
    pressed = form.ask(*_actions(told), told=told, turn=turn)
    if not pressed:
        return
    with form.faults, feedback.told():
        over, leaves = told if pressed == _MINE else {}, told if pressed == _THEIRS else ()
        try:
            is_changed = update_project(
                require_actor(Permission.PROJECTS_VIEW), project.id, form.entry, seen=seen, over=over, leaves=leaves
            )
        except ChangedMeanwhile as conflict:
            told, turn = told | conflict.theirs, turn + 1
            st.session_state[state.PROJECT_CONFLICT] = form.key, told, turn
            form.ask(*_actions(told), told=told, turn=turn)
            return
        close_draft(draft.name)
        feedback.succeeded("The changes are saved." if is_changed else "Nothing was changed.")
        st.rerun()


def _actions(told: Values) -> tuple[str, ...]:
    return (_MINE, _THEIRS) if told else ("Save changes",)
