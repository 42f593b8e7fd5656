"""The condition of a phase: what it may read, what is wrong with it, and what it comes to on the samples."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.templates.editing.conditions import Tried, list_condition_examples, list_condition_variables, try_condition
from lib.templates.editing.content import get_phase
from lib.templates.editing.names import Variable
from lib.templates.editing.views import Desk
from lib.ui import words
from lib.ui.components.template_editor.comparison import show_comparison_form
from lib.ui.components.template_editor.keeping import phase_field, say_refused, shows, text


def show_condition(desk: Desk, code: str) -> None:
    """Draw the field, with what it may read at hand and what it comes to below it."""
    written = str(get_phase(desk.content, code).get("condition") or "")
    field = phase_field(desk.template_id, code, ("condition",), write=text, read=_or_none)
    arguments = shows(field, desk.content)
    show_comparison_form(desk, code, field, shown_as=arguments["key"])
    st.text_input(
        "Condition",
        placeholder="Always",
        help="An expression as between {{ and }}. Where it is not true when the phase's turn comes, the phase is "
        "skipped: nothing is asked, and it costs nothing.",
        **arguments,
    )
    say_refused(field)
    with st.container():  # what is below keeps its place, and stays open
        if written:
            _say(try_condition(desk.content, code))
    with st.expander("What it may read", icon=":material/data_object:", type="compact"):  # a popover would cover it
        _show_help(desk, code)


def _show_help(desk: Desk, code: str) -> None:
    examples = list_condition_examples(desk.content, code)
    at_hand = list_condition_variables(desk.content, code)
    st.markdown(f"For example:\n\n{_listed(examples)}\n\nAt hand here:\n\n{_listed(at_hand)}")
    st.markdown(":gray[Put `and`, `or` and `not` between them, and brackets around what belongs together.]")


def _listed(variables: Sequence[Variable]) -> str:
    said = [(words.line(each.expression).replace("`", ""), words.plain(each.meaning)) for each in variables]
    return "\n".join(f"* `{expression}` :gray[{meaning}]" for expression, meaning in said)


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
    st.markdown(said + doubts)


def _or_none(text: Any) -> str | None:
    return text.strip() or None
