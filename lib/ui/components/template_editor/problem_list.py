"""What is to be mended before a version can be saved, and what will go wrong in a run: each leads to its place."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import streamlit as st

from lib.templates.editing.problems import Problem
from lib.ui import words
from lib.ui.components.template_editor.keeping import open_phase

_MOST: Final = 6


def show_problems(problems: Sequence[Problem]) -> None:
    """Draw the first of them, those that keep the draft from being saved above; nothing where there are none."""
    if not problems:
        return
    with st.container(border=True, key="problems", gap="xxsmall"):
        fatal = sum(problem.is_fatal for problem in problems)
        st.markdown(f"**{_summary(fatal, len(problems) - fatal)}**")
        for number, problem in enumerate(problems[:_MOST]):
            color, icon = ("red", "error") if problem.is_fatal else ("orange", "warning")
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False):
                said = words.plain(words.short(problem.message, most=300))
                st.markdown(f":{color}[:material/{icon}:] {said}", width="stretch")
                if problem.phase:
                    go = partial(open_phase, problem.phase)
                    st.button("Open", key=f"problem-{number}", type="tertiary", on_click=go)
        if len(problems) > _MOST:
            st.markdown(f":gray[and {words.number(len(problems) - _MOST)} more]")


def _summary(fatal: int, others: int) -> str:
    if fatal:
        return f"{words.count(fatal, 'thing')} to mend before a version can be saved"
    return f"{words.count(others, 'thing')} that a run would stumble over"
