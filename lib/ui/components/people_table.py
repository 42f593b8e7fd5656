"""A list of people."""

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from lib import clock
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import show_paged_table
from lib.users.views import PersonSummary


def show_people_table(
    people: Sequence[PersonSummary], *, key: str, newer: str | None, older: str | None
) -> UUID | None:
    """Draw the people; returns the one whose name was clicked in this run of the script."""
    event = show_paged_table(
        [_row(person) for person in people],
        key=key,
        label="People",
        columns={
            "Status": status.column(status.PERSON, width=122),
            "Name": st.column_config.TextColumn("Name", width=190),
            "E-mail": st.column_config.TextColumn("E-mail", width=215),
            "Role": st.column_config.TextColumn("Role", width=120),
            "2FA": st.column_config.TextColumn("2FA", width=55, help="Whether they sign in with a second factor"),
            "Last sign-in": st.column_config.TextColumn("Last sign-in", width=125),
            "Joined": st.column_config.TextColumn("Joined", width=125),
        },
        summary=f"{words.count(len(people), 'person', plural='people')} on this page",
        newer=newer,
        older=older,
        opens="Name",
    )
    return find_opened(key, [person.id for person in people], clicked=event.opened)


def _row(person: PersonSummary) -> dict[str, object]:
    now = clock.now()
    more = len(person.permissions)
    return {
        "Status": status.cell(status.PERSON[person.status]),
        "Name": person.name,
        "E-mail": person.email,
        "Role": person.role.capitalize() + (f" + {more}" if more else ""),
        "2FA": "On" if person.has_second_factor else words.NOTHING,
        "Last sign-in": words.ago(person.last_login_at, now=now) if person.last_login_at else "Never",
        "Joined": words.ago(person.created_at, now=now),
    }
