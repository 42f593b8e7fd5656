"""Templates: the gallery of one's own, the organization's and public ones, to be narrowed, sorted, used and copied."""

import streamlit as st

from lib.access.permissions import Permission
from lib.templates.gallery import list_templates
from lib.templates.views import TemplateSort
from lib.ui import words
from lib.ui.components import template_dialogs
from lib.ui.components.empty_state import empty_state
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page, show_page_buttons
from lib.ui.components.template_card import show_template_cards
from lib.ui.components.template_files import show_import_button
from lib.ui.components.template_filters import chosen_templates, make_template_filters
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor

actor = require_actor(Permission.TEMPLATES_VIEW)
may_create = actor.may(Permission.TEMPLATES_CREATE)
bar = make_template_filters(actor)
chosen = read_filters(bar)
wanted, sort = chosen_templates(chosen), TemplateSort(chosen.sort)
page = find_page(lambda cursor: list_templates(actor, wanted, sort=sort, cursor=cursor), cursor=current_cursor())

with page_header("Templates", subtitle="Proven sequences of prompts. Use one as it is, or fork it."):
    show_import_button(actor)
    is_creating = may_create and st.button("New template", type="primary", icon=":material/add:")
if is_creating:
    template_dialogs.show_new_template()
if (page and page.items) or chosen or current_cursor():
    show_filters(bar, chosen)
if page and page.items:
    show_template_cards(page.items)
    on_page = f"{words.count(len(page.items), 'template')} on this page"
    show_page_buttons(on_page, key="templates", newer=page.newer, older=page.older, labels=("Back", "More"))
elif current_cursor():
    show_no_such_page()
elif chosen:
    show_nothing_found(bar, chosen, noun="template")
else:
    text = "A template holds the prompts of a run, phase by phase. Write one, and everybody can launch it."
    with empty_state("templates", icon=":material/dashboard_customize:", title="No templates yet", text=text):
        if may_create and st.button("Write the first template", icon=":material/add:"):
            template_dialogs.show_new_template()
