"""The dialogs in which a draft becomes a version, and is compared with the newest one."""

from collections.abc import Sequence

import streamlit as st

from lib.access.permissions import Permission
from lib.templates.editing.outline import list_changes, outline
from lib.templates.editing.problems import Problem
from lib.templates.editing.service import save_draft
from lib.templates.editing.views import Desk
from lib.ui import feedback, words
from lib.ui.components.template_editor.meanwhile import place_of
from lib.ui.components.template_editor.notebook import notebook_of
from lib.ui.components.template_versions import say_saved
from lib.ui.components.text_diff import show_text_diff
from lib.ui.guard import require_actor

_MOST_CHANGES, _MOST_PROBLEMS = 12, 6


@st.dialog("Save as a version", width="medium")
def show_save(desk: Desk, problems: tuple[Problem, ...]) -> None:
    """Say what changed and who has to agree, ask for a note, and save."""
    fatal = [problem for problem in problems if problem.is_fatal]
    if fatal:
        st.markdown("It can't be saved before this is mended. Your draft is kept.")
        for problem in fatal:
            st.markdown(f":red[:material/error:] {words.plain(problem.message)}")
        return
    for entry in notebook_of(desk.template_id).not_kept:
        said = f"{place_of(desk, entry)} has what is not in the draft, and so not in the version."
        st.markdown(f":orange[:material/warning:] {words.plain(said)}")
    changes = list_changes(desk.newest.data, desk.content["data"])
    st.markdown(f":gray[Against version {desk.newest.number}:]" if changes else ":gray[Nothing differs.]")
    if changes:
        more = len(changes) - _MOST_CHANGES
        shown = [*changes[:_MOST_CHANGES], *([f"and {words.number(more)} more"] if more > 0 else [])]
        st.markdown("\n".join(f"* {words.plain(change)}" for change in shown))
    _show_stumbles(problems)
    if desk.needs_word:
        said = (
            "Others rely on this template, so somebody else has to agree before runs are launched from the new version."
        )
        st.markdown(f":orange[:material/rate_review:] {said}")
    note = st.text_input("Note", placeholder="What is better now", help="Stands beside the version in its history.")
    label = f"Save as version {desk.newest.number + 1}"
    if st.button(label, type="primary", key="save-version", disabled=not changes):
        with feedback.told():
            saved = save_draft(require_actor(Permission.TEMPLATES_VIEW), desk.template_id, note=note)
            feedback.succeeded(f"Saved. {say_saved(saved)}")
            st.rerun()


def _show_stumbles(problems: Sequence[Problem]) -> None:
    """Say what can be saved and will go wrong in a run."""
    if not problems:
        return
    st.markdown(f"A run of it would stumble over {words.count(len(problems), 'thing')}:")
    for problem in problems[:_MOST_PROBLEMS]:
        said = words.plain(words.short(problem.message, most=300))
        st.markdown(f":orange[:material/warning:] {said}")
    if len(problems) > _MOST_PROBLEMS:
        st.markdown(f":gray[and {words.number(len(problems) - _MOST_PROBLEMS)} more]")


@st.dialog("Your draft against the newest version", width="large")
def show_comparison(desk: Desk) -> None:
    """Show both line by line, in words."""
    st.markdown(f":gray[Removed lines are of version {desk.newest.number}, added ones are of your draft.]")
    show_text_diff(outline(desk.newest.data), outline(desk.content["data"]))
