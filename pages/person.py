"""One person: who they are, what they may do and why, and what may be done about it."""

import streamlit as st

from lib.access.permissions import Permission
from lib.ui import address
from lib.ui.components import person_facts, person_rights
from lib.ui.components.card import card
from lib.ui.components.person_header import show_person_header
from lib.ui.guard import require_actor
from lib.users.people import get_person

actor = require_actor(Permission.USERS_VIEW)
person = get_person(actor, address.requested_id("person", what="person"))
show_person_header(person)

left, right = st.columns([2.15, 1], gap="medium")
with left:
    if person.may_edit:
        person_rights.show_rights_form(actor, person)
    person_rights.show_explanation(person)
    person_facts.show_person_activity(actor, person)
with right, card("Details"):
    person_facts.show_person_facts(person, time_zone=actor.time_zone)
