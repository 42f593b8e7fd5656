"""The questions of a template, before a launch."""

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st
from pydantic import ValidationError
from streamlit.delta_generator import DeltaGenerator

from lib.runs.duplicating import Draft
from lib.templates.inputs import InputField, InputKind, InputValue
from lib.templates.views import TemplateToLaunch
from lib.ui import words
from lib.ui.components.day_field import day_limits
from lib.ui.components.number_look import as_float, begin_with, number_look


def show_questions(
    template: TemplateToLaunch, draft: Draft | None, *, suffix: str
) -> tuple[Mapping[str, object], Mapping[str, DeltaGenerator]]:
    """Draw them; what stands in each, by its name, and a place below it. `suffix` ends the keys of the fields."""
    inputs: dict[str, object] = {}
    places: dict[str, DeltaGenerator] = {}
    for question in _answered(template.inputs, draft):
        inputs[question.name] = show_input(question, key=f"{template.id}-{question.name}{suffix}")
        places[question.name] = st.empty()
    return inputs, places


def show_input(question: InputField, *, key: str) -> object:
    """Draw one question of the template, by its kind; returns what stands there."""
    label = words.label(question.label) + (" (required)" if question.required else "")
    explained = words.plain(question.help) if question.help else None
    text = str(question.default) if question.default is not None else ""
    match question.kind:
        case InputKind.LONG_TEXT:
            return st.text_area(label, value=text, help=explained, key=key)
        case InputKind.CHOICE:
            index = question.choices.index(text) if text in question.choices else None
            return st.selectbox(label, question.choices, index=index, help=explained, key=key)
        case InputKind.NUMBER:
            value = as_float(question.default)
            look = number_look(value, least=question.minimum, most=question.maximum)
            return st.number_input(
                label,
                value=None,
                placeholder=_say_limits(question),
                help=explained,
                key=begin_with(key, value),
                **look,
            )
        case InputKind.DATE:
            day = date.fromisoformat(text) if text else None
            return st.date_input(label, value=day, help=explained, key=key, **day_limits(day))
        case _:
            return st.text_input(label, value=text, help=explained, key=key)


def _say_limits(question: InputField) -> str | None:
    """What a number may be, where that is not everything."""
    least, most = question.minimum, question.maximum
    if least is not None and most is not None:
        return f"{words.number(least)} to {words.number(most)}"
    if least is not None:
        return f"at least {words.number(least)}"
    return None if most is None else f"at most {words.number(most)}"


def _answered(questions: Sequence[InputField], draft: Draft | None) -> Sequence[InputField]:
    """The questions, with what was answered before in place of the defaults."""
    return [_beginning_with(each, draft.values) for each in questions] if draft else questions


def _beginning_with(question: InputField, answers: Mapping[str, InputValue]) -> InputField:
    """The question with the answer that is there already for its default, as long as it would take that."""
    if answers.get(question.name) is None:
        return question
    try:
        return InputField.model_validate(question.model_dump() | {"default": answers[question.name]})
    except ValidationError:
        return question
