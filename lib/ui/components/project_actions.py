"""The head of a project's page, with what may be done to it."""

import streamlit as st

from lib.access.actor import Actor
from lib.archives.views import ProjectArchives
from lib.models.project import ProjectStatus
from lib.projects.service import move_project
from lib.projects.views import ProjectDetail
from lib.ui import feedback
from lib.ui.components import project_archives, project_dialogs, status
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH, PROJECTS

_DONE = {
    ProjectStatus.ACTIVE: "The project is active again.",
    ProjectStatus.COMPLETED: "The project is completed.",
    ProjectStatus.FAILED: "The project is marked as failed.",
    ProjectStatus.ARCHIVED: "The project is archived.",
}
_RESTORED = {
    ProjectStatus.ACTIVE: "The project is back, and active.",
    ProjectStatus.COMPLETED: "The project is back, completed as it was.",
    ProjectStatus.FAILED: "The project is back, marked as failed as it was.",
}
_TO_A_FILE = "Move runs to an archive file…"
_MOVES = {
    "Mark as completed": ProjectStatus.COMPLETED,
    "Mark as failed": ProjectStatus.FAILED,
    "Make active again": ProjectStatus.ACTIVE,
    "Restore": ProjectStatus.ACTIVE,
    "Archive…": ProjectStatus.ARCHIVED,
}


def show_project_header(project: ProjectDetail, archives: ProjectArchives) -> None:
    """Draw name, status, priority, and the buttons that this person may press."""
    with page_header(
        project.name,
        status=status.PROJECT[project.status],
        parent=(PROJECTS.file, "Projects"),
        subtitle=f"{status.PRIORITY[project.priority].word} priority · owned by {project.owner}",
    ):
        is_editing = project.may_edit and st.button("Edit", icon=":material/edit:")
        chosen = _show_more(project, archives)
        if project.may_launch:
            show_launch_button(project, label="Launch run", key="launch", is_primary=True)
    if is_editing:
        project_dialogs.show_edit_project(project)
    if chosen == _TO_A_FILE:
        project_archives.ask_to_archive(project)
    elif chosen is ProjectStatus.ARCHIVED:
        _ask_to_archive(project)
    elif isinstance(chosen, ProjectStatus):
        with feedback.told():
            moved = move_project(require_actor(), project.id, chosen)
            feedback.succeeded(_RESTORED[moved] if project.status is ProjectStatus.ARCHIVED else _DONE[moved])
            st.rerun()


def show_launch_button(project: ProjectDetail, *, label: str, key: str, is_primary: bool = False) -> None:
    """Draw the button that leads to the launch of a run for this project."""
    if st.button(label, type="primary" if is_primary else "secondary", icon=":material/rocket_launch:", key=key):
        st.switch_page(LAUNCH.file, query_params={"project": str(project.id)})


def _show_more(project: ProjectDetail, archives: ProjectArchives) -> ProjectStatus | str | None:
    offered: list[str] = []
    if project.may_edit and project.status is ProjectStatus.ACTIVE:
        offered = ["Mark as completed", "Mark as failed"]
    elif project.may_edit:
        offered = ["Make active again"]
    if project.may_archive:
        offered.append("Restore" if project.status is ProjectStatus.ARCHIVED else "Archive…")
    if archives.may_archive:
        offered.append(_TO_A_FILE)
    if not offered:
        return None
    chosen = st.menu_button("More", offered, icon=":material/more_horiz:", key="more-project")
    # It may be offered no more, because somebody else was faster: the use case says so.
    return _MOVES.get(chosen, chosen) if chosen else None


def _ask_to_archive(project: ProjectDetail) -> None:
    def archive(actor: Actor) -> str:
        move_project(actor, project.id, ProjectStatus.ARCHIVED)
        return _DONE[ProjectStatus.ARCHIVED]

    show_confirm_dialog(
        "Archive this project?",
        text="It leaves the list of active projects, and no run can be launched for it. Everything is kept, "
        "and restoring brings it back as it was.",
        action="Archive the project",
        on_confirm=archive,
        key="archive-project",
    )
