"""Launch: choose a project, a template and a model, see what will be asked, and start the run."""

import streamlit as st

from lib.access.permissions import Permission
from lib.connections.offers import read_offers
from lib.projects.service import list_project_choices, list_projects
from lib.runs.launch import check_project, launch_run, preview_launch
from lib.templates.gallery import list_template_choices
from lib.ui import address, feedback, words
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.launch_form import show_launch_button, show_launch_form, told_quietly
from lib.ui.components.model_choice import show_own_models
from lib.ui.components.overview import open_run
from lib.ui.components.page_header import page_header
from lib.ui.components.project_dialogs import open_new_project
from lib.ui.guard import require_actor
from lib.ui.navigation import PROJECTS

actor = require_actor(Permission.ORCHESTRATIONS_RUN)
with page_header("Launch", subtitle="Nothing is asked of a model before you press Launch."):
    pass

wanted, template_id = address.find_requested_id("project"), address.find_requested_id("template")
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
    )
    request = form.request
    if request is None and wanted and wanted not in {project.id for project in projects}:
        with above, feedback.told():
            check_project(actor, wanted)
    is_launching = show_launch_button(request)
    if is_launching and request:
        with feedback.told(), form.told(), st.spinner("Asking the model whether it is there"):
            run_id = launch_run(require_actor(Permission.ORCHESTRATIONS_RUN), request)
            feedback.succeeded("The run is launched.")
            open_run(run_id)
with right, card("What the model will be asked"), feedback.told(), told_quietly():
    if request is None:
        st.markdown(":gray[Every prompt, as the model will read it, once project, template and model are chosen.]")
    else:
        prepared = preview_launch(actor, request)
        st.markdown(f":gray[{words.count(len(prepared.prompts), 'prompt')}, rendered with what you entered.]")
        show_own_models(prepared.plan)
        for number, prompt in enumerate(prepared.prompts, 1):
            with st.expander(
                f"**{number} {words.plain(words.short(prompt.name, most=120))}**", type="compact", expanded=number == 1
            ):
                st.code(words.visible(prompt.prompt), language=None, wrap_lines=True)
