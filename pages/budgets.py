"""Budgets: what the organization, its projects and its people may spend, and what of that is left."""

import streamlit as st

from lib.access.permissions import Permission
from lib.budgets.service import count_budgets, list_budgets, list_watches
from lib.ui import words
from lib.ui.components.budget_dialogs import show_new_budget
from lib.ui.components.budget_list import say_budgets, show_budgets, show_watches
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page, show_page_buttons
from lib.ui.guard import require_actor

actor = require_actor(Permission.ANALYTICS_VIEW)
may_manage = actor.may(Permission.BUDGETS_MANAGE)
cursor = current_cursor()
page = find_page(lambda at: list_budgets(actor, cursor=at), cursor=cursor)
has_budgets = page is None or bool(page.items) or cursor is not None
said = f"{say_budgets(count_budgets(actor))}. " if has_budgets else ""

with page_header("Budgets", subtitle=f"{said}Months begin on their first day in UTC."):
    is_adding = may_manage and has_budgets and st.button("Add budget", type="primary", icon=":material/add:")
if is_adding:
    show_new_budget()

if page is not None and page.items:
    with card(key="budgets"):
        show_budgets(actor, page.items)
        on_page = f"{words.count(len(page.items), 'budget')} on this page"
        show_page_buttons(on_page, key="budgets", newer=page.newer, older=page.older, labels=("Previous", "Next"))
elif has_budgets:
    show_no_such_page()
else:
    text = (
        "A budget says what the organization, a project or a person may spend in a month or in all. People are told as "
        "it is used up, and a hard one lets nothing begin beyond it."
    )
    with empty_state("budgets", icon=":material/savings:", title="No budgets yet", text=text):
        if may_manage and st.button("Add the first budget", type="primary", icon=":material/add:"):
            show_new_budget()
show_watches(actor, list_watches(actor))
