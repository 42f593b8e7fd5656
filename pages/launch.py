"""Launch: choose a project, a template and a model, see what will be asked, and start the run."""

import streamlit as st

from lib.access.permissions import Permission
from lib.connections.offers import read_offers
from lib.projects.service import list_project_choices, list_projects
from lib.runs.duplicating import read_draft
from lib.runs.launch import check_project, launch_run
from lib.runs.turns import read_turns
from lib.templates.gallery import list_template_choices
from lib.ui import address, feedback
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.launch_form import show_launch_button, show_launch_form
from lib.ui.components.launch_preview import show_launch_preview
from lib.ui.components.page_header import page_header
from lib.ui.components.project_dialogs import open_new_project
from lib.ui.components.run_table import open_run
from lib.ui.components.schedule_form import show_later, show_schedule_button
from lib.ui.components.turns import show_turns_at_launch
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECTS

actor = require_actor(Permission.ORCHESTRATIONS_RUN)
copied_id = address.find_requested_id("from")
draft = read_draft(actor, copied_id) if copied_id else None
with page_header("Launch", subtitle="Nothing is asked of a model before you press Launch."):
    pass

wanted = address.find_requested_id("project") or (draft.project_id if draft else None)
template_id = address.find_requested_id("template") or (draft.template_id if draft else None)
projects = list_project_choices(actor, wanted=wanted)
if not projects:
    title, text = "There is no active project yet", "A run belongs to a project, whose topic every phase reads."
    has_others = bool(list_projects(actor, limit=1).items)
    if has_others:
        title = "No project is active"
        text += " Make one active again, or make a new one."
    else:
        text += " Make one first; it takes a minute."
    with empty_state("launch", icon=":material/folder_open:", title=title, text=text):
        if has_others and st.button("Look at the projects", icon=":material/arrow_forward:"):
            st.switch_page(PROJECTS.file)
        may_create = actor.may(Permission.PROJECTS_CREATE)
        if may_create and st.button("Create a project", type="primary", icon=":material/add:"):
            open_new_project()
    st.stop()

left, right = st.columns([1, 1], gap="medium")
with left, card("What to run"):
    above = st.container()
    form = show_launch_form(
        projects,
        list_template_choices(actor, wanted=template_id),
        read_offers(actor),
        project_id=wanted,
        template_id=template_id,
        draft=draft,
    )
    request = form.request
    if request is None and wanted and wanted not in {project.id for project in projects}:
        with above, feedback.told():
            check_project(actor, wanted)
    is_later, timing = show_later(actor)
    if is_later:
        show_schedule_button(form, timing)
    else:
        show_turns_at_launch(read_turns(actor))
    if not is_later and show_launch_button(request) and request:
        with (
            feedback.told(),
            form.told(failed="Nothing was launched.", button="Launch"),
            st.spinner("Asking the model whether it is there"),
        ):
            run_id = launch_run(require_actor(Permission.ORCHESTRATIONS_RUN), request)
            feedback.succeeded("The run is launched.")
            open_run(run_id)
with right:
    show_launch_preview(actor, request)
