"""Organizations of this installation, for its operator: create, tier, quota, suspend, restore; never what is in one."""

import streamlit as st

from lib.organizations.operator import get_organization, list_organizations, require_operator
from lib.organizations.views import OrganizationSort
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.operator_dialogs import show_new_organization, show_organization
from lib.ui.components.organization_table import FILTERS, chosen_organizations, show_organization_table
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor

actor = require_actor()
require_operator(actor)
with page_header("Organizations", subtitle="Of this installation, by name and use. What is in them is their own."):
    is_creating = st.button("New organization", type="primary", icon=":material/add:")
if is_creating:
    show_new_organization()

chosen = read_filters(FILTERS)
show_filters(FILTERS, chosen)
wanted, sort = chosen_organizations(chosen), OrganizationSort(chosen.sort)
page = find_page(lambda at: list_organizations(actor, wanted, sort=sort, cursor=at), cursor=current_cursor())

if page and page.items:
    opened = show_organization_table(page.items, newer=page.newer, older=page.older)
    if opened is not None and not is_creating:
        show_organization(get_organization(actor, opened))
elif current_cursor():
    show_no_such_page()
else:
    show_nothing_found(FILTERS, chosen, noun="organization")
