"""The editor of a template: phases, prompts, questions and settings of one's draft, kept with every change."""

from functools import partial

import streamlit as st

from lib.access.permissions import Permission
from lib.templates.editing.content import codes_of
from lib.templates.editing.problems import find_problems
from lib.templates.editing.service import open_desk
from lib.ui import address, feedback, words
from lib.ui.components.card import card
from lib.ui.components.template_editor.header import show_head
from lib.ui.components.template_editor.keeping import open_phase
from lib.ui.components.template_editor.live import send_while_typing
from lib.ui.components.template_editor.meanwhile import show_meanwhile, show_refused
from lib.ui.components.template_editor.models import read_models
from lib.ui.components.template_editor.notebook import keep_typed, notebook_of
from lib.ui.components.template_editor.phase_editor import add_phase, show_phase_editor
from lib.ui.components.template_editor.phase_list import show_phases
from lib.ui.components.template_editor.problem_list import show_problems
from lib.ui.components.template_editor.questions import show_questions
from lib.ui.components.template_editor.template_settings import show_template_settings
from lib.ui.guard import require_actor

actor = require_actor(Permission.TEMPLATES_VIEW)
template_id = address.requested_id("template", what="template")
with feedback.told_later():
    keep_typed(template_id)
desk, notebook = open_desk(actor, template_id), notebook_of(template_id)
notebook.begin_drawing(desk.content)
problems, models = find_problems(desk.content), read_models(actor)
show_head(desk, problems, time_zone=actor.time_zone)
with st.container():  # what comes and goes has a place of its own: what is below keeps its own, and which tab is open
    show_meanwhile(desk)
refused = st.container()
with st.container():
    show_problems(problems)

codes = codes_of(desk.content)
asked = address.requested("phase")
opened = notebook.find_code(asked, codes)
if asked in notebook.renamed and asked != opened:
    open_phase(opened)
phases, whole = st.tabs(["Phases", "Questions and settings"])
with phases:
    left, right = st.columns([1, 2.1], gap="medium")
    with left, card("Phases", note=words.count(len(codes), "phase"), key="phases"):
        show_phases(desk, problems, opened, on_open=open_phase)
        st.button("Add a phase", icon=":material/add:", on_click=partial(add_phase, desk), width="stretch")
    with right:
        show_phase_editor(desk, opened, models)
with whole:
    asked_for, settings = st.columns([1.3, 1], gap="medium")
    with asked_for:
        show_questions(desk)
    with settings:
        show_template_settings(desk, models)
with refused:
    show_refused(desk)
send_while_typing()
