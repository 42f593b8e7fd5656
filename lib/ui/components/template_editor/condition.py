"""The condition of a phase: what it may read, what is wrong with it, and what it comes to on the samples."""

from typing import Any, Final

import streamlit as st

from lib.templates.editing.conditions import Tried, list_condition_variables, try_condition
from lib.templates.editing.content import get_phase
from lib.templates.editing.views import Desk
from lib.ui import words
from lib.ui.components.template_editor.comparison import show_comparison_form
from lib.ui.components.template_editor.keeping import phase_field, say_refused, shows, text

_EXAMPLES: Final = (
    ("inputs.audience == 'kids'", "what was entered at launch"),
    ("'yes' in phases['Check'].response | lower", "a word in an answer"),
    ("phases['Check'].json.score >= 7", "a field of an answer in JSON"),
    ("phases['Check'].status == 'completed'", "whether a phase was asked"),
)


def show_condition(desk: Desk, code: str) -> None:
    """Draw the field, with what it may read at hand and what it comes to below it."""
    written = str(get_phase(desk.content, code).get("condition") or "")
    field = phase_field(desk.template_id, code, ("condition",), write=text, read=_or_none)
    show_comparison_form(desk, code, field)
    st.text_input(
        "Condition",
        placeholder="Always",
        help="An expression as between {{ and }}. Where it is not true when the phase's turn comes, the phase is "
        "skipped: nothing is asked, and it costs nothing.",
        **shows(field, desk.content),
    )
    say_refused(field)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.popover("What it may read", icon=":material/data_object:"):
            _show_help(desk, code)
        if written:
            _say(try_condition(desk.content, code))


def _show_help(desk: Desk, code: str) -> None:
    examples = "\n".join(f"* `{example}` :gray[{said}]" for example, said in _EXAMPLES)
    st.markdown(f"For example:\n\n{examples}\n\nAt hand here:")
    for variable in list_condition_variables(desk.content, code):
        expression = words.line(variable.expression).replace("`", "")
        st.markdown(f"`{expression}` :gray[{words.plain(variable.meaning)}]")
    st.markdown(":gray[Put `and`, `or` and `not` between them, and brackets around what belongs together.]")


def _say(tried: Tried) -> None:
    if tried.faults:
        said = f":red[:material/error:] {words.plain('; '.join(tried.faults))}"
    elif tried.is_met:
        said = ":green[:material/check_circle:] True on the samples: the phase is asked."
    else:
        said = ":gray[:material/skip_next: Not true on the samples: the phase is skipped.]"
    doubts = "".join(
        f"  \n:orange[:material/warning:] {words.plain(f'{doubt[:1].upper()}{doubt[1:]}')}" for doubt in tried.doubts
    )
    st.markdown(said + doubts, width="stretch")


def _or_none(text: Any) -> str | None:
    return text.strip() or None
