"""The topic and the answers on which prompts are shown and tried out; a run has its own."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from lib.templates.editing.content import Content, set_sample
from lib.templates.editing.preview import TOPIC
from lib.templates.editing.questions import inputs_of
from lib.templates.editing.views import Desk
from lib.templates.inputs import InputKind
from lib.ui import words
from lib.ui.components.day_field import day_limits
from lib.ui.components.number_look import as_float, number_look
from lib.ui.components.template_editor.keeping import look_up, part_of_phase, shows, shows_one_of, text
from lib.ui.components.template_editor.notebook import Field


def show_samples(desk: Desk) -> None:
    """Draw the button that opens them."""
    samples = desk.content["samples"]
    with st.popover("Samples", icon=":material/edit_note:"):
        st.markdown(":gray[What the preview and a try are made of. No run reads it.]")
        st.text_area("Topic", height=90, placeholder=TOPIC, **shows(_field(desk, "topic", write=text), desk.content))
        for question in inputs_of(desk.content):
            _show_sample(desk, question)
        answered = [phase for phase in desk.content["data"]["phases"] if phase["code"] in samples.get("answers", {})]
        for phase in answered:
            st.text_area(
                words.label(f"Answer of {phase.get('name') or phase['code']}"),
                height=90,
                **shows(_answer(desk, phase["code"]), desk.content),
            )


def _show_sample(desk: Desk, question: Mapping[str, Any]) -> None:
    content, label = desk.content, words.label(question["label"])
    field_of = partial(_field, desk, "inputs", question["name"])
    match question.get("kind", InputKind.TEXT):
        case InputKind.LONG_TEXT:
            st.text_area(label, height=90, **shows(field_of(write=text), content))
        case InputKind.CHOICE:
            choices = list(question["choices"])
            st.selectbox(label, choices, **shows_one_of(field_of(write=_as_stored), content, choices))
        case InputKind.NUMBER:
            look = number_look(as_float(question.get("default")))
            st.number_input(label, **look, **shows(field_of(write=as_float), content))
        case InputKind.DATE:
            day = field_of(write=_day)
            st.date_input(label, **day_limits(day.get(content)), **shows(day, content))
        case _:
            st.text_input(label, **shows(field_of(write=text), content))


def _answer(desk: Desk, code: str) -> Field:
    def put(content: Content, of: str, value: object) -> Content:
        return set_sample(content, ("answers", of), value or None)

    return part_of_phase(
        desk.template_id,
        code,
        "sample",
        "Sample answer",
        get=lambda content, of: text(content["samples"].get("answers", {}).get(of)),
        put=put,
        put_into=put,
    )


def _field(desk: Desk, *path: str, write: Callable[[Any], object]) -> Field:
    def get(content: Content) -> object:
        return write(look_up(content["samples"], path))

    def put(content: Content, value: object) -> Content:
        kept = value.isoformat() if isinstance(value, date) else value
        return set_sample(content, path, None if kept == "" else kept)

    # of another kind it is another widget
    return Field(desk.template_id, f"sample-{'-'.join(path)}-{write.__name__.strip('_')}", "Sample", get, put)


def _as_stored(stored: Any) -> Any:
    return stored


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
