"""What is different from the time before: prompt and answer of an attempt against those of the one before it."""

from uuid import UUID

import streamlit as st

from lib.access.permissions import Permission
from lib.runs.service import find_earlier_texts
from lib.runs.views import AttemptTexts
from lib.ui import words
from lib.ui.components.text_diff import show_text_diff
from lib.ui.guard import require_actor


def show_attempt_changes(run_id: UUID, attempt_id: UUID, texts: AttemptTexts) -> None:
    """Draw a switch, and under it what changed; the texts of the time before are read when somebody wants them."""
    if not st.toggle("Compare with the attempt before", key=f"compare-{attempt_id}"):
        return
    earlier = find_earlier_texts(require_actor(Permission.ORCHESTRATIONS_VIEW), run_id, attempt_id)
    if earlier is None:
        st.markdown(":gray[There is no attempt before this one.]")
        return
    where = " of the run before" if earlier.is_of_other_run else ""
    st.markdown(f":gray[Against attempt {words.number(earlier.number)}{where}.]")
    for name, old, new in (
        ("Prompt", earlier.texts.prompt, texts.prompt),
        ("Answer", earlier.texts.response, texts.response),
    ):
        with st.container(gap="xsmall"):
            st.markdown(f"**{name}**")
            show_text_diff(old or "", new or "", same=f"The {name.lower()} is the same.")
