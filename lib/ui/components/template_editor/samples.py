"""The topic and the answers on which prompts are shown and tried out; a run has its own."""

from collections.abc import Mapping
from datetime import date
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
from lib.ui.components.template_editor.keeping import Field


def show_samples(desk: Desk) -> None:
    """Draw the button that opens them."""
    samples = desk.content["samples"]
    with st.popover("Samples", icon=":material/edit_note:"):
        st.markdown(":gray[What the preview and a try are made of. No run reads it.]")
        topic = _field(desk, "topic")
        st.text_area("Topic", height=90, placeholder=TOPIC, **topic.shows(str(samples.get("topic") or "")))
        for question in inputs_of(desk.content):
            _show_sample(desk, question, samples.get("inputs", {}).get(question["name"]))
        answered = [phase for phase in desk.content["data"]["phases"] if phase["code"] in samples.get("answers", {})]
        for phase in answered:
            kept = _field(desk, "answers", phase["code"])
            st.text_area(
                words.label(f"Answer of {phase.get('name') or phase['code']}"),
                height=90,
                **kept.shows(samples["answers"][phase["code"]]),
            )


def _show_sample(desk: Desk, question: Mapping[str, Any], value: object) -> None:
    field = _field(desk, "inputs", question["name"])
    label = words.label(question["label"])
    match question.get("kind", InputKind.TEXT):
        case InputKind.LONG_TEXT:
            st.text_area(label, height=90, **field.shows(str(value or "")))
        case InputKind.CHOICE:
            choices = list(question["choices"])
            st.selectbox(label, choices, **field.shows(value if value in choices else None))
        case InputKind.NUMBER:
            st.number_input(label, **number_look(as_float(question.get("default"))), **field.shows(as_float(value)))
        case InputKind.DATE:
            st.date_input(label, **day_limits(_day(value)), **field.shows(_day(value)))
        case _:
            st.text_input(label, **field.shows(str(value or "")))


def _field(desk: Desk, *path: str) -> Field:
    def put(content: Content, value: object) -> Content:
        kept = value.isoformat() if isinstance(value, date) else value
        return set_sample(content, path, None if kept == "" else kept)

    return Field(desk.template_id, f"sample-{'-'.join(path)}", put)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
