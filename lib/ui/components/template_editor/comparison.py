"""A comparison put together by choosing, which is written into the condition of a phase."""

from functools import partial
from typing import Final

import streamlit as st

from lib.errors import InvalidInput
from lib.templates.editing.comparing import Sign, Subject, add_comparison, list_subjects
from lib.templates.editing.content import Content
from lib.templates.editing.views import Desk
from lib.ui import feedback, words
from lib.ui.components.number_look import number_look
from lib.ui.components.template_editor.keeping import is_kept, keep_now, options_key
from lib.ui.components.template_editor.notebook import Field

_SIGNS: Final = {
    Sign.IS: "is",
    Sign.IS_NOT: "is not",
    Sign.MORE: "is more than",
    Sign.LESS: "is less than",
}
_NOTHING_TO_COMPARE: Final = (
    "Nothing to compare yet: ask a question at launch, or have a phase before this one answer in JSON."
)


def show_comparison_form(desk: Desk, code: str, condition: Field, *, shown_as: str) -> None:
    """Draw the button that opens it, or why there is nothing to compare.

    `shown_as` is the key of the field that the condition stands in: once other words stand there this is closed, and
    its fields are empty.
    """
    subjects = {subject.expression: subject for subject in list_subjects(desk.content, code)}
    if not subjects:
        st.markdown(f":gray[:material/compare_arrows: {words.plain(_NOTHING_TO_COMPARE)}]")
        return
    key = f"compare-{shown_as}"
    with st.popover("Add a comparison", icon=":material/compare_arrows:", key=key, on_change="rerun"):
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
        sign = st.selectbox("How", list(subject.signs), format_func=lambda each: _SIGNS[each], key=f"{of}-sign")
        value = _show_value(subject, key=f"{of}-value")
        if st.button("Add to the condition", key=f"{key}-add", type="primary"):
            with feedback.told():
                keep_now(
                    desk.template_id, partial(_add, code=code, field=condition, of=subject, sign=sign, value=value)
                )
                feedback.succeeded("Added to the condition.")
                st.rerun()


def _show_value(subject: Subject, *, key: str) -> str | float | bool | None:
    if subject.is_yes_or_no:
        return st.selectbox("With", [True, False], format_func=lambda each: "yes" if each else "no", key=key)
    if subject.choices:
        return st.selectbox("With", list(subject.choices), key=key)
    if subject.is_number:
        return st.number_input("With", value=None, **number_look(None), key=key)
    return st.text_input("With", key=key)


def _add(
    content: Content, *, code: str, field: Field, of: Subject, sign: Sign, value: str | float | bool | None
) -> Content:
    if not is_kept(field):
        message = "The condition is not in the draft, and nothing can be added to it before it is: see below it why."
        raise InvalidInput(message)
    return add_comparison(content, code, of.expression, sign, value)
