"""A comparison put together by choosing, which is written into the condition of a phase."""

from typing import Final
from uuid import UUID

import streamlit as st

from lib.errors import InvalidInput
from lib.templates.editing.comparing import Sign, Subject, add_comparison, list_subjects
from lib.templates.editing.content import Content
from lib.templates.editing.views import Desk
from lib.ui import state, words
from lib.ui.components.number_look import number_look
from lib.ui.components.template_editor.keeping import is_kept, keep, options_key
from lib.ui.components.template_editor.notebook import Field, notebook_of

_SIGNS: Final = {
    Sign.IS: "is",
    Sign.IS_NOT: "is not",
    Sign.MORE: "is more than",
    Sign.LESS: "is less than",
}


def show_comparison_form(desk: Desk, code: str, condition: Field) -> None:
    """Draw the button that opens it; where there is nothing to compare, what would be."""
    subjects = {subject.expression: subject for subject in list_subjects(desk.content, code)}
    if not subjects:
        st.markdown(
            ":gray[:small[A question at launch, or a phase before that answers as JSON, can be compared here.]]"
        )
        return
    key = f"compare-{desk.template_id.hex[-8:]}-{notebook_of(desk.template_id).phase(code).number}"
    with st.popover("Add a comparison", icon=":material/compare_arrows:"):
        labels = {expression: words.line(subject.label) for expression, subject in subjects.items()}
        expression = st.selectbox(
            "Compare",
            list(subjects),
            format_func=lambda each: labels.get(each, each),
            key=f"{key}-subject-{options_key([*subjects, *labels.values()])}",
        )
        subject = subjects[expression]
        # of another subject they are other widgets
        of = f"{key}-{options_key([subject.expression, *subject.choices, *subject.signs])}"
        st.selectbox("How", list(subject.signs), format_func=lambda each: _SIGNS[each], key=f"{of}-sign")
        _show_value(subject, key=f"{of}-value")
        st.button(
            "Add to the condition",
            key=f"{key}-add",
            type="primary",
            on_click=_add,
            args=(desk.template_id, code, condition, expression, of),
        )


def _show_value(subject: Subject, *, key: str) -> None:
    if subject.is_yes_or_no:
        st.selectbox("With", [True, False], format_func=lambda each: "yes" if each else "no", key=key)
    elif subject.choices:
        st.selectbox("With", list(subject.choices), key=key)
    elif subject.is_number:
        st.number_input("With", value=None, **number_look(None), key=key)
    else:
        st.text_input("With", key=key)


def _add(template_id: UUID, code: str, condition: Field, expression: str, key: str) -> None:
    sign, value = state.peek(f"{key}-sign"), state.peek(f"{key}-value")

    def edit(content: Content) -> Content:
        if not is_kept(condition):
            message = (
                "The condition is not in the draft, and nothing can be added to it before it is: see below it why."
            )
            raise InvalidInput(message)
        return add_comparison(content, code, expression, sign or Sign.IS, value)

    keep(template_id, edit)
