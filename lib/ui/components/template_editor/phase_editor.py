"""The editor of one phase: its name, what it waits for, its prompt with what it may read, and how it comes out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import streamlit as st

from lib.quoting import LONGEST_WORD, cut
from lib.templates.editing import phases
from lib.templates.editing.content import Content, codes_of, get_phase
from lib.templates.editing.views import Desk
from lib.ui import feedback, words
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.template_editor.keeping import (
    among,
    keep_now,
    open_phase,
    part_of_phase,
    phase_field,
    say_refused,
    shows,
    shows_some_of,
    text,
)
from lib.ui.components.template_editor.models import Models
from lib.ui.components.template_editor.operation_forms import show_phase_operations
from lib.ui.components.template_editor.palette import show_palette
from lib.ui.components.template_editor.phase_settings import show_answer, show_model, show_review
from lib.ui.components.template_editor.preview import show_preview
from lib.ui.components.template_editor.samples import show_samples

_UP, _DOWN, _COPY, _REMOVE = "Move up", "Move down", "Duplicate", "Remove…"
_MOST_READERS: Final = 5
_BELOW: Final = "Add a phase below"


def show_phase_editor(desk: Desk, code: str, models: Models) -> None:
    """Draw the phase of that code; nothing of the others goes to the browser but their names."""
    with card(key="phase"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            named = phase_field(desk.template_id, code, ("name",), write=text)
            st.text_input("Name of the phase", **shows(named, desk.content))
            _show_actions(desk, code)
        with st.container():  # what comes and goes in it moves no tab, and the one that is open stays open
            say_refused(named)
            _show_needs(desk, code)
        names = ["Prompt", "Model and limits", "Answer", "Review", "Operations"]
        prompt, model, answer, review, operations = st.tabs(names)
        with prompt:
            _show_prompt(desk, code, models)
        with model:
            show_model(desk, code, models)
        with answer:
            show_answer(desk, code)
        with review:
            show_review(desk, code)
        with operations:
            show_phase_operations(desk, code)


def name_of(content: Content, code: str) -> str:
    """A phase as it is called where one of several is chosen; those that are called alike with their code."""
    names = [str(phase.get("name") or "") for phase in content["data"]["phases"]]
    name = words.line(str(get_phase(content, code).get("name") or "")) or code
    return f"{name} · {code}" if names.count(name) > 1 else name


def _show_prompt(desk: Desk, code: str, models: Models) -> None:
    field = phase_field(desk.template_id, code, ("prompt",), write=text)
    with st.container(key=f"prompt-{code_key(desk.content, code)}"):
        st.text_area(
            "Prompt",
            height=260,
            help="What the model is asked. What stands between {{ and }} is filled in when a run gets here.",
            **shows(field, desk.content),
        )
    say_refused(field)
    with st.container(horizontal=True, gap="xsmall"):
        show_palette(desk, code, field)
        show_samples(desk)
    show_preview(desk, code, models)


def code_key(content: Content, code: str) -> str:
    """A phase in the key of a container, which becomes a class in the browser: no words of anybody."""
    return str(codes_of(content).index(code))


def _show_needs(desk: Desk, code: str) -> None:
    content = desk.content
    names = {other: name_of(content, other) for other in phases.possible_needs(content, code)}
    field = among(
        part_of_phase(
            desk.template_id,
            code,
            "after",
            "After",
            get=lambda edited, of: list(phases.dependencies_of(edited).get(get_phase(edited, of)["code"], ())),
            put=phases.set_needs,
            put_into=phases.set_needs,
        ),
        names.values(),
    )
    st.multiselect(
        "After",
        list(names),
        format_func=lambda other: names.get(other, other),
        placeholder="Begins at once" if names else "The first phase begins at once",
        help="It begins when all of these have answered, and its prompt may read their answers. Phases that wait for "
        "this one are not offered: they would wait for each other.",
        disabled=not names,
        **shows_some_of(field, content),
    )
    say_refused(field)


def _show_actions(desk: Desk, code: str) -> None:
    moves = {_UP: -1, _DOWN: 1}
    possible = [move for move, by in moves.items() if phases.can_move(desk.content, code, by=by)]
    chosen = st.menu_button("More", [_BELOW, _COPY, *possible, _REMOVE], icon=":material/more_horiz:", key="more-phase")
    if chosen in moves:
        _edit(desk, lambda content: (phases.move_phase(content, code, by=moves[chosen]), code))
    elif chosen == _COPY:
        _edit(desk, lambda content: phases.duplicate_phase(content, code))
    elif chosen == _BELOW:
        _edit(desk, lambda content: phases.add_phase(content, after=code))
    elif chosen == _REMOVE:
        _ask_to_remove(desk, code)


def add_phase(desk: Desk) -> None:
    """Put a phase at the end and open it. For callbacks."""
    _change(desk, phases.add_phase)


def _edit(desk: Desk, change: Callable[[Content], tuple[Content, str]]) -> None:
    _change(desk, change)
    st.rerun()


def _change(desk: Desk, change: Callable[[Content], tuple[Content, str]]) -> None:
    """Apply a change that says which phase is opened by it."""
    opened: list[str] = []

    def edit(content: Content) -> Content:
        changed, code = change(content)
        opened.append(code)
        return changed

    with feedback.told_later():
        keep_now(desk.template_id, edit)
        open_phase(opened[-1])


def _ask_to_remove(desk: Desk, code: str) -> None:
    name = name_of(desk.content, code)

    def remove(_: object) -> str:
        keep_now(desk.template_id, partial(phases.remove_phase, code=code))
        return f"“{name}” is removed."

    show_confirm_dialog(
        f"Remove “{name}”?",
        text="Its prompt and settings are gone then. Phases that wait for it wait for what it waited for."
        + _say_readers(phases.list_readers(desk.content, code)),
        action="Remove the phase",
        on_confirm=remove,
        key="remove-phase",
    )


def _say_readers(names: Sequence[str]) -> str:
    if not names:
        return ""
    said = words.some([f"“{cut(name)}”" for name in names], most=_MOST_READERS, longest=LONGEST_WORD + 2)
    return f" Its answer is read by {said}: change that afterwards, or a run stumbles there."
