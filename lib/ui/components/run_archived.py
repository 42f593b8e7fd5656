"""A run that is not there because it lies in an archive: its link says where it is, and not that there is none."""

from uuid import UUID

import streamlit as st

from lib.access.actor import Actor
from lib.archives.service import find_archive_of_run
from lib.errors import NotFound
from lib.runs.service import watch_run
from lib.runs.views import RunProgress
from lib.ui import words
from lib.ui.components.empty_state import empty_state
from lib.ui.navigation import PROJECT

_LONGEST_NAME = 80


def find_run(actor: Actor, run_id: UUID) -> RunProgress:
    """The run; where it lies in an archive the page says so and ends. Raises `NotFound`."""
    try:
        return watch_run(actor, run_id)
    except NotFound:
        archive = find_archive_of_run(actor, run_id)
        if archive is None:
            raise
    name = words.short(archive.project_name, most=_LONGEST_NAME)
    made = words.exact(archive.made_at, zone=actor.time_zone)
    text = (
        f"It lies in the archive of the project “{name}”, made on {made}. Whoever may archive projects can restore it "
        "there."
    )
    with empty_state("page", icon=":material/inventory_2:", title="This run is in an archive", text=text, is_page=True):
        if st.button("Go to the project", type="primary", icon=":material/arrow_forward:"):
            st.switch_page(PROJECT.file, query_params={"project": str(archive.project_id)})
    return st.stop()
