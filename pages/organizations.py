"""Organizations of this installation, for its operator: create, tier, quota, suspend, restore; never what is in one."""

import streamlit as st

from lib.organizations.operator import get_organization, list_organizations, require_operator
from lib.organizations.views import OrganizationSort
from lib.ui.components import filters
from lib.ui.components.operator_dialogs import show_new_organization, show_organization
from lib.ui.components.organization_table import FILTERS, chosen_organizations, show_organization_table
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, show_past_the_end
from lib.ui.guard import require_actor

actor = require_actor()
require_operator(actor)
with page_header("Organizations", subtitle="Of this installation, by name and use. What is in them is their own."):
    is_creating = st.button("New organization", type="primary", icon=":material/add:")
if is_creating:
    show_new_organization()

with filters.filter_bar(FILTERS) as chosen:
    wanted, sort = chosen_organizations(chosen), OrganizationSort(chosen.sort)
page = list_organizations(actor, wanted, sort=sort, cursor=current_cursor())

if page.items:
    opened = show_organization_table(page.items, newer=page.newer, older=page.older)
    if opened is not None and not is_creating:
        show_organization(get_organization(actor, opened))
elif current_cursor():
    show_past_the_end()
else:
    filters.show_nothing_found(FILTERS, chosen, noun="organization")
