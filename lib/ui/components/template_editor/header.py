"""The head of the editor: whose draft this is, since when it is kept, and what becomes of it."""

from functools import partial
from uuid import UUID

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.templates.editing.outline import list_changes
from lib.templates.editing.problems import Problem
from lib.templates.editing.service import discard_draft, rebase_draft
from lib.templates.editing.views import Desk
from lib.ui import feedback, state, words
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.page_header import page_header
from lib.ui.components.template_editor.notebook import notebook_of
from lib.ui.components.template_editor.saving import show_comparison, show_save
from lib.ui.guard import require_actor
from lib.ui.navigation import LAUNCH, TEMPLATES

_COMPARE, _DISCARD = "Compare with the newest version", "Discard the draft…"


def show_head(desk: Desk, problems: tuple[Problem, ...], *, time_zone: str) -> None:
    """Draw name, state of the draft, and the buttons; below it who was faster, where somebody was."""
    with page_header(desk.name, parent=(TEMPLATES.file, "Templates"), subtitle=_say_state(desk, time_zone)):
        if st.button(
            "Launch",
            icon=":material/rocket_launch:",
            help=f"Launches version {desk.newest.number}, or the one that is offered",
        ):
            _launch_or_ask(desk)
        chosen = st.menu_button(
            "More", [_COMPARE, _DISCARD], icon=":material/more_horiz:", key="more-draft", disabled=desk.kept_at is None
        )
        is_saving = st.button("Save version", type="primary", icon=":material/save:", disabled=desk.kept_at is None)
        is_saving = is_saving or bool(st.session_state.pop(state.SAVES_DRAFT, False))
    if desk.is_overtaken:
        _show_overtaken(desk)
    if is_saving:
        show_save(desk, problems)
    elif chosen == _COMPARE:
        show_comparison(desk)
    elif chosen == _DISCARD:
        _ask_to_discard(desk)


def _launch_or_ask(desk: Desk) -> None:
    """Go on to the launch; of a draft say first that it is no part of it, and offer to save it."""
    if desk.kept_at is None or not list_changes(desk.newest.data, desk.content["data"]):
        _launch(desk)

    @st.dialog("Launch without the draft?")
    def ask() -> None:
        st.markdown(
            f"A run is launched from what was saved: version {desk.newest.number}, or the one that is offered. What "
            "you have written since is in your draft alone."
        )
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if st.button("Launch what was saved", key="launch-saved"):
                _launch(desk)
            if st.button("Save the draft first", type="primary", key="save-first"):
                st.session_state[state.SAVES_DRAFT] = True
                st.rerun()

    ask()


def _launch(desk: Desk) -> None:
    st.switch_page(LAUNCH.file, query_params={"template": str(desk.template_id)})


def _say_state(desk: Desk, time_zone: str) -> str:
    if desk.kept_at is None:
        return f"Version {desk.newest.number}, as it was saved. Every change is kept at once."
    is_today = (clock.now() - desk.kept_at).total_seconds() < 12 * 3600
    moment = (words.minute if is_today else words.exact)(desk.kept_at, zone=time_zone)
    return f"Draft on top of version {desk.base_version} · Kept at {moment}"


def _show_overtaken(desk: Desk) -> None:
    newest = desk.newest
    who = newest.author.name if newest.author else "Somebody who is gone"
    said = f"{who} saved version {newest.number} {words.ago(newest.saved_at, now=clock.now())}, after your draft began."
    with st.container(border=True, key="overtaken", gap="xsmall"):
        st.markdown(f":orange[:material/warning:] {words.plain(said)} Your draft is kept.")
        with st.container(horizontal=True, gap="xsmall"):
            is_comparing = st.button("Compare the two", icon=":material/difference:")
            st.button("Keep mine on top", on_click=partial(_rebase, desk.template_id, newest.number))
            is_leaving = st.button("Go on from theirs…")
    if is_comparing:
        show_comparison(desk)
    elif is_leaving:
        _ask_to_discard(desk)


@feedback.told_later()
def _rebase(template_id: UUID, version: int) -> None:
    rebase_draft(require_actor(), template_id, version)


def _ask_to_discard(desk: Desk) -> None:
    def discard(actor: Actor) -> str:
        discard_draft(actor, desk.template_id)
        notebook_of(desk.template_id).forget_typed()
        return f"The draft is discarded. This is version {desk.newest.number}."

    show_confirm_dialog(
        "Discard the draft?",
        text=f"Everything that you changed since version {desk.base_version} is lost, with the samples. "
        f"The editor shows version {desk.newest.number} then.",
        action="Discard the draft",
        on_confirm=discard,
        key="discard-draft",
    )
