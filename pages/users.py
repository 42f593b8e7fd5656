"""Users: who is in the organization and who is invited, to be filtered, sorted and taken along as a file."""

import streamlit as st

from lib.access.permissions import Permission
from lib.ui.components import filters, invite
from lib.ui.components.empty_state import empty_state
from lib.ui.components.export_menu import show_export
from lib.ui.components.invitation_list import show_invitations
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, show_past_the_end
from lib.ui.components.people_filters import INVITED, chosen_people, chosen_role, make_people_filters
from lib.ui.components.people_table import show_people_table
from lib.ui.guard import require_actor
from lib.ui.navigation import PERSON
from lib.users.invitations import count_invitations, export_invitations, list_invitations
from lib.users.people import count_people, export_people, list_people
from lib.users.views import PersonSort

actor = require_actor(Permission.USERS_VIEW)
with page_header("Users", subtitle="Who works here, and what each of them may do."):
    if invite.may_invite_somebody(actor) and st.button("Invite people", type="primary", icon=":material/person_add:"):
        invite.show_invite(actor)

bar = make_people_filters()
with filters.filter_bar(bar) as chosen:
    wanted, role, sort = chosen_people(chosen), chosen_role(chosen), PersonSort(chosen.sort)
    if chosen.status == INVITED:
        show_export(
            "invitations",
            noun="invitation",
            count=lambda most: count_invitations(actor, search=chosen.search, role=role, most=most),
            export=lambda actor, kind: export_invitations(actor, search=chosen.search, role=role, file_format=kind),
        )
    else:
        show_export(
            "people",
            noun="person",
            count=lambda most: count_people(actor, wanted, most=most),
            export=lambda actor, kind: export_people(actor, wanted, sort=sort, file_format=kind),
        )

cursor = current_cursor()
if chosen.status == INVITED:
    invited = list_invitations(actor, search=chosen.search, role=role, cursor=cursor)
    if invited.items:
        show_invitations(invited.items, time_zone=actor.time_zone, newer=invited.newer, older=invited.older)
    elif cursor:
        show_past_the_end()
    elif chosen.search or role:
        filters.show_nothing_found(bar, chosen, noun="invitation")
    else:
        text = (
            "Nobody is invited who has not come yet. An invitation is a link that makes its holder one of your people."
        )
        with empty_state("invitations", icon=":material/mail:", title="No open invitations", text=text):
            if invite.may_invite_somebody(actor) and st.button("Invite somebody", icon=":material/person_add:"):
                invite.show_invite(actor)
else:
    page = list_people(actor, wanted, sort=sort, cursor=cursor)
    if page.items:
        opened = show_people_table(page.items, key="people-table", newer=page.newer, older=page.older)
        if opened is not None:
            st.switch_page(PERSON.file, query_params={"person": str(opened)})
    elif cursor:
        show_past_the_end()
    else:
        filters.show_nothing_found(bar, chosen, noun="person")
    if not chosen and not cursor and (newest := list_invitations(actor, limit=5)).items:
        show_invitations(newest.items, time_zone=actor.time_zone, has_more=bool(newest.older))
