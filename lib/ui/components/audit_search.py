"""How far a search for a name has looked in the audit trail, so that nobody takes a part for the whole."""

from typing import Final

import streamlit as st

from lib.audit import trail
from lib.audit.naming import queries as naming
from lib.audit.views import Named
from lib.ui import words

#: What a search looks at, for whoever finds nothing.
SEARCHED: Final = (
    "A search takes a whole address, a whole id, or a part of a name: of people, projects, runs, templates, schedules, "
    "webhooks, budgets, connections, integrations, invitations, archives and legal holds, as they are called now or "
    "were when somebody deleted them."
)


def show_reach(named: Named) -> None:
    """Draw what the list leaves out of what the search asks for; nothing where it has all of it."""
    if named.beyond:
        only = f"Listed and counted is what was done to the newest {words.number(naming.MOST_NAMED)}."
        st.markdown(f":orange[:material/warning:] {words.plain(f'{trail.say_beyond(named)} {only}')}")
    if named.are_runs_cut:
        looked_at = f"Runs are searched among the newest {words.number(naming.MOST_RUNS)}; a file looks at all of them."
        st.markdown(f":gray[:material/info: {words.plain(looked_at)}]")
