"""The phases of a draft to choose from: the graph to click or to tab through, and on a phone a choice that is short."""

from collections.abc import Callable, Sequence

import streamlit as st

from lib.templates.editing.content import codes_of, phases_of
from lib.templates.editing.phases import dependencies_of
from lib.templates.editing.problems import Problem
from lib.templates.editing.views import Desk
from lib.ui.components.template_editor.graph import GraphRow, show_phase_list
from lib.ui.components.template_editor.keeping import options_key
from lib.ui.components.template_editor.phase_editor import name_of


def show_phases(desk: Desk, problems: Sequence[Problem], opened: str, *, on_open: Callable[[str], None]) -> None:
    """Draw both; `on_open` gets the code of the phase that was chosen."""
    marks: dict[str | None, str] = {}
    for problem in reversed(problems):  # what keeps it from being saved comes first, and so wins
        marks[problem.phase] = "bad" if problem.is_fatal else "warn"
    rows = [
        GraphRow(
            phase["code"],
            str(phase.get("name") or ""),
            note={"bad": "to mend", "warn": "look"}.get(
                marks.get(phase["code"], ""), "review" if phase.get("review") is not None else ""
            ),
            mark=marks.get(phase["code"], ""),
        )
        for phase in phases_of(desk.content)
    ]
    with st.container(key="phase-choice"):  # style.css shows it where the list would be far from the editor
        _show_choice(desk, opened, on_open)
    with st.container(key="phase-graph"):
        show_phase_list(
            rows,
            dependencies_of(desk.content),
            selected=opened,
            key=f"graph-{desk.template_id.hex[-8:]}",
            on_open=on_open,
        )


def _show_choice(desk: Desk, opened: str, on_open: Callable[[str], None]) -> None:
    names = {code: name_of(desk.content, code) for code in codes_of(desk.content)}
    # a browser knows an option by its label alone: of other labels, or another opened phase, it is another widget
    key = f"phase-choice-{options_key([opened, *names.values()])}"
    st.selectbox(
        "Phase",
        list(names),
        index=list(names).index(opened),
        format_func=lambda code: names.get(code, code),
        key=key,
        on_change=lambda: on_open(st.session_state[key]),
    )
