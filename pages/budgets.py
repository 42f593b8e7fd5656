"""Budgets: what the organization, its projects and its people may spend, and what of that is left."""

import streamlit as st

from lib.access.permissions import Permission
from lib.budgets.service import list_budgets, list_watches
from lib.ui.components.budget_dialogs import show_new_budget
from lib.ui.components.budget_list import say_budgets, show_budgets, show_watches
from lib.ui.components.card import card
from lib.ui.components.empty_state import empty_state
from lib.ui.components.page_header import page_header
from lib.ui.guard import require_actor

actor = require_actor(Permission.ANALYTICS_VIEW)
may_manage = actor.may(Permission.BUDGETS_MANAGE)
budgets = list_budgets(actor)
said = f"{say_budgets(budgets)}. " if budgets else ""

with page_header("Budgets", subtitle=f"{said}Months begin on their first day in UTC."):
    is_adding = may_manage and bool(budgets) and st.button("Add budget", type="primary", icon=":material/add:")
if is_adding:
    show_new_budget()

if budgets:
    with card(key="budgets"):
        show_budgets(actor, budgets)
else:
    text = (
        "A budget says what the organization, a project or a person may spend in a month or in all. People are told as "
        "it is used up, and a hard one lets nothing begin beyond it."
    )
    with empty_state("budgets", icon=":material/savings:", title="No budgets yet", text=text):
        if may_manage and st.button("Add the first budget", type="primary", icon=":material/add:"):
            show_new_budget()
show_watches(actor, list_watches(actor))
