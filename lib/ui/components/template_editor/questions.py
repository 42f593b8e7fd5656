"""What the template asks at launch: a list of questions, and the dialog in which one is written."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, cast

import streamlit as st

from lib.access.permissions import Permission
from lib.errors import Conflict, InvalidInput
from lib.templates.editing import questions
from lib.templates.editing.meanwhile import FieldChanged
from lib.templates.editing.service import edit_draft
from lib.templates.editing.views import Desk
from lib.templates.inputs import InputKind, whole
from lib.ui import feedback, words
from lib.ui.components.card import card
from lib.ui.components.number_look import as_float, begin_with, number_look
from lib.ui.components.row_list import row, row_list
from lib.ui.components.template_editor.keeping import keep
from lib.ui.guard import require_actor

KINDS: Final = {
    InputKind.TEXT: "One line",
    InputKind.LONG_TEXT: "Several lines",
    InputKind.CHOICE: "One of several",
    InputKind.NUMBER: "A number",
    InputKind.DATE: "A day",
}
_UP, _DOWN, _REMOVE = "Move up", "Move down", "Remove"


def show_questions(desk: Desk) -> None:
    """Draw the questions, each with its actions."""
    fields = questions.inputs_of(desk.content)
    with card("Questions at launch", note=words.count(len(fields), "question") if fields else None, key="questions"):
        if not fields:
            st.markdown(
                ":gray[Whoever launches is asked for the topic. Ask for more, and prompts can read the answers.]"
            )
        with row_list("questions"):
            for number, field in enumerate(fields):
                _show_row(desk, field, number=number, is_last=number == len(fields) - 1)
        if st.button("Add a question", icon=":material/add:"):
            show_question(desk, None)


def _show_row(desk: Desk, field: Mapping[str, Any], *, number: int, is_last: bool) -> None:
    kind = KINDS[InputKind(field.get("kind", InputKind.TEXT))]
    need = "required" if field.get("required", True) else "optional"
    with row(field["label"], detail=f"{kind}, {need} · inputs.{field['name']}"):
        is_editing = st.button("Edit", key=f"edit-question-{number}")
        moves = [*([] if number == 0 else [_UP]), *([] if is_last else [_DOWN])]
        chosen = st.menu_button("More", [*moves, _REMOVE], icon=":material/more_horiz:", key=f"more-question-{number}")
    if is_editing:
        show_question(desk, field)
    elif chosen:
        by = -1 if chosen == _UP else 1
        edit = questions.remove_input if chosen == _REMOVE else partial(questions.move_input, by=by)
        keep(desk.template_id, partial(edit, name=field["name"]))
        st.rerun()


@st.dialog("A question at launch", width="medium")
def show_question(desk: Desk, field: Mapping[str, Any] | None) -> None:
    """Ask for a question; what was typed stays while something is wrong with it."""
    old = field or {}
    key = f"question-{old.get('name', 'new')}"
    label = st.text_input("Question", value=old.get("label", ""), placeholder="Who reads it?", key=f"{key}-label")
    kind = st.selectbox(
        "Answered by",
        list(KINDS),
        index=list(KINDS).index(InputKind(old.get("kind", InputKind.TEXT))),
        format_func=lambda each: KINDS[each],
        key=f"{key}-kind",
    )
    entered = {"label": label, "kind": kind} | _ask_more(kind, old, key)
    taken = [name for name in questions.names_of(desk.content) if name != old.get("name")]
    proposed = questions.propose_name(label, taken)
    name = st.text_input(
        "Name in prompts",
        value=old.get("name", ""),
        placeholder=proposed,
        help="Prompts read the answer as inputs. and this name. Left empty, it is made of the question.",
        key=f"{key}-name",
    )
    entered["name"] = name.strip() or proposed
    st.markdown(f":gray[Prompts read it as] `inputs.{words.line(entered['name']).replace('`', '')}`")
    if st.button("Keep the question", type="primary", key=f"{key}-keep"):
        with feedback.told():
            _put(desk, entered, field, theirs_key=f"{key}-theirs")
            st.rerun()


def _put(desk: Desk, entered: Mapping[str, Any], old: Mapping[str, Any] | None, *, theirs_key: str) -> None:
    """Keep the question; where another tab changed it since it was opened, say so first, and at the next press do."""
    if not str(entered["label"]).strip():
        message = "Question is empty. Enter something."
        raise InvalidInput(message, field="Question")
    put = partial(
        questions.put_input,
        entered=entered,
        name=old["name"] if old else None,
        seen=st.session_state.get(theirs_key, old),
    )
    try:
        edit_draft(require_actor(Permission.TEMPLATES_VIEW), desk.template_id, put)
    except FieldChanged as error:
        theirs = cast("Mapping[str, Any]", error.theirs)
        st.session_state[theirs_key] = theirs
        kind = KINDS[InputKind(theirs.get("kind", InputKind.TEXT))].lower()
        message = (
            f"Another tab changed this question meanwhile: it asks “{theirs['label']}” ({kind}) now. Press “Keep the "
            "question” once more to put yours in its place, or close this to leave it."
        )
        raise Conflict(message) from error
    st.session_state.pop(theirs_key, None)


def _ask_more(kind: InputKind, old: Mapping[str, Any], key: str) -> dict[str, Any]:
    """What else belongs to the kind, as it is stored; what stayed empty is left out."""
    entered: dict[str, Any] = {}
    if kind is InputKind.CHOICE:
        written = "\n".join(old.get("choices", ()))
        lines = st.text_area("Choices, one a line", value=written, height=110, key=f"{key}-choices").splitlines()
        entered["choices"] = [choice.strip() for choice in lines if choice.strip()]
    elif kind is InputKind.NUMBER:
        left, right = st.columns(2)
        for place, name, asked in ((left, "minimum", "At least"), (right, "maximum", "At most")):
            value = as_float(old.get(name))
            its_key = begin_with(f"{key}-{name}", value)
            entered[name] = whole(place.number_input(asked, value=None, key=its_key, **number_look(value)))
    elif kind in {InputKind.TEXT, InputKind.LONG_TEXT}:
        entered["max_length"] = st.number_input(
            "Longest answer in characters",
            step=1,
            value=None,
            placeholder="As long as it may be",
            key=begin_with(f"{key}-max-length", old.get("max_length")),
        )
    entered["default"] = _ask_default(kind, old.get("default"), key)
    entered["help"] = st.text_input("Help", value=old.get("help", ""), placeholder="Optional", key=f"{key}-help")
    entered["required"] = st.toggle("It has to be answered", value=old.get("required", True), key=f"{key}-required")
    return {name: value for name, value in entered.items() if value not in (None, "")}


def _ask_default(kind: InputKind, old: Any, key: str) -> Any:
    if kind is InputKind.NUMBER:
        number = as_float(old)
        its_key = begin_with(f"{key}-default-number", number)
        look = number_look(number)
        return whole(st.number_input("What stands there at first", value=None, key=its_key, **look))
    example = "2026-01-31" if kind is InputKind.DATE else "Optional"
    value = "" if old is None else str(old)
    return st.text_input("What stands there at first", value=value, placeholder=example, key=f"{key}-default")
