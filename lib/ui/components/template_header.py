"""The head of a template's page, with what may be done with it."""

import streamlit as st
from markupsafe import Markup

from lib.access.permissions import Permission
from lib.templates.views import TemplateDetail
from lib.ui import feedback, words
from lib.ui.components import template_actions
from lib.ui.components.page_header import page_header
from lib.ui.components.person import person_inline
from lib.ui.components.template_badges import badges_of
from lib.ui.components.template_dialogs import open_editor
from lib.ui.components.template_files import show_export_button
from lib.ui.guard import require_actor
from lib.ui.navigation import TEMPLATES

_BY = Markup("{} · version {} · by {}")


def show_template_header(template: TemplateDetail) -> None:
    """Draw name, badges, whose it is, and the buttons that this person may press."""
    with page_header(
        template.name, status=badges_of(template), parent=(TEMPLATES.file, "Templates"), subtitle=_say_by(template)
    ):
        may_edit = template_actions.may_open_editor(template)
        if may_edit and st.button("Edit", icon=":material/edit:"):
            open_editor(template.id)
        if template.may_fork and st.button("Fork", icon=":material/fork_right:"):
            with feedback.told():
                template_actions.fork(template)
        show_export_button(require_actor(Permission.TEMPLATES_VIEW), template)
        template_actions.show_menu(template, template_actions.offered_on_page(template))
        if template.may_launch and st.button("Use", type="primary", icon=":material/play_arrow:"):
            template_actions.use(template)


def _say_by(template: TemplateDetail) -> Markup:
    category = words.line(template.category).capitalize() or "No category"
    if template.is_own:
        who: str = person_inline(template.maker)
    else:
        who = words.line(template.publisher) or "this installation"
    return _BY.format(category, words.number(template.version), who)
