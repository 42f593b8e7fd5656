"""Users: who is in the organization and who is invited, to be filtered, sorted and taken along as a file."""

import streamlit as st

from lib.access.permissions import Permission
from lib.ui.components import invite
from lib.ui.components.empty_state import empty_state
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.invitation_list import show_invitations
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page
from lib.ui.components.people_export import show_people_export
from lib.ui.components.people_filters import INVITED, chosen_people, chosen_role, make_people_filters
from lib.ui.components.people_table import show_people_table
from lib.ui.filtering import read_filters
from lib.ui.guard import require_actor
from lib.ui.navigation import PERSON
from lib.users.invitations import list_invitations
from lib.users.people import list_people
from lib.users.views import PersonSort

actor = require_actor(Permission.USERS_VIEW)
may_invite = invite.may_invite_somebody(actor)
bar = make_people_filters(actor)
chosen = read_filters(bar)
wanted, role, sort, cursor = chosen_people(chosen), chosen_role(chosen), PersonSort(chosen.sort), current_cursor()

with page_header("Users", subtitle="Who works here, and what each of them may do."):
    show_people_export(actor, chosen)
    if may_invite and st.button("Invite people", type="primary", icon=":material/person_add:"):
        invite.show_invite(actor)
show_filters(bar, chosen)
if chosen.split == INVITED:
    invited = find_page(lambda at: list_invitations(actor, search=chosen.search, role=role, cursor=at), cursor=cursor)
    if invited and invited.items:
        show_invitations(invited.items, time_zone=actor.time_zone, newer=invited.newer, older=invited.older)
    elif cursor:
        show_no_such_page()
    elif chosen.search or role:
        show_nothing_found(bar, chosen, noun="invitation")
    else:
        text = "Everybody who was invited has come. An invitation is a link that makes its holder one of your people."
        with empty_state("invitations", icon=":material/mail:", title="No open invitations", text=text):
            if may_invite and st.button("Invite somebody", icon=":material/person_add:"):
                invite.show_invite(actor)
else:
    page = find_page(lambda at: list_people(actor, wanted, sort=sort, cursor=at), cursor=cursor)
    if page and page.items:
        opened = show_people_table(page.items, key="people-table", newer=page.newer, older=page.older)
        if opened is not None:
            st.switch_page(PERSON.file, query_params={"person": str(opened)})
    elif cursor:
        show_no_such_page()
    else:
        show_nothing_found(bar, chosen, noun="person")
    if not chosen and not cursor and (newest := list_invitations(actor, limit=5)).items:
        show_invitations(newest.items, time_zone=actor.time_zone, has_more=bool(newest.older))
