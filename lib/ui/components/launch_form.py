"""What is chosen before a launch: project, template, model, the template's questions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

import streamlit as st
from pydantic import ValidationError

from lib.access.permissions import Permission
from lib.projects.service import get_project
from lib.projects.views import ProjectChoice, ProjectDetail
from lib.providers.catalog import Catalog
from lib.runs.launch import LaunchRequest, find_default_model
from lib.templates.builtin import FIRST
from lib.templates.inputs import InputField, InputKind, InputValue
from lib.templates.service import get_template_to_launch
from lib.templates.views import TemplateChoice, TemplateToLaunch
from lib.ui import state, words
from lib.ui.components.model_choice import show_model_choice
from lib.ui.guard import require_actor

_NOT_AS_SHOWN = "Nothing was launched: what is chosen is not what you saw when you pressed Launch."
_LAUNCH_THAT = "Look at it, and press Launch again to launch that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the form begins with, where something is there already."""

    title: str
    #: None is the project's.
    topic: str | None
    #: `provider:model`; None is the default.
    model: str | None
    inputs: Mapping[str, InputValue]


_Each = TypeVar("_Each", ProjectChoice, TemplateChoice)


def show_launch_form(
    projects: Sequence[ProjectChoice],
    templates: Sequence[TemplateChoice],
    catalog: Catalog,
    *,
    project_id: UUID | None = None,
    template_id: UUID | None = None,
    begin: Beginning | None = None,
) -> LaunchRequest | None:
    """Draw the choices, beginning with those ids and `begin`; returns them as they stand, None while one is missing.

    No st.form: the questions depend on the template, and the preview on everything. No field has `max_chars`: a browser
    would cut off in silence what is pasted; the preview says what is too long.
    """
    # a project that was asked for and is not among them is not replaced by another one
    chosen = next((n for n, project in enumerate(projects) if project.id == project_id), None if project_id else 0)
    choice = st.selectbox(
        "Project", projects, index=chosen, format_func=_namer(projects), placeholder="Choose a project"
    )
    project = get_project(require_actor(Permission.PROJECTS_VIEW), choice.id) if choice else None
    usual = project.settings.default_template_id if project else None
    offered = {each.id for each in templates}
    template = _choose_template(templates, template_id or (usual if usual in offered else None))
    if not project or not template:
        return None
    actor = require_actor(Permission.ORCHESTRATIONS_RUN)
    default = find_default_model(actor, catalog, project=project.settings, template_model=template.model)
    context = f"{project.id}-{template.id}"
    model = show_model_choice(catalog, default, context=context, begin=begin.model if begin else None)
    topic, title = _show_words(project, begin if project.id == project_id else None)
    answers = begin.inputs if begin and template.id == template_id else {}
    inputs = {
        field.name: _show_input(_beginning_with(field, answers), key=f"{template.id}-{field.name}")
        for field in template.inputs
    }
    shown = model or default
    if shown is None:
        return None
    return LaunchRequest(
        project_id=project.id,
        template_id=template.id,
        model=str(model.choice) if model else None,
        shown_model=str(shown.choice),
        title=title,
        topic=topic,
        inputs=inputs,
    )


def _beginning_with(field: InputField, answers: Mapping[str, InputValue]) -> InputField:
    """The question with the answer that is there already for its default, as long as it would take that."""
    if answers.get(field.name) is None:
        return field
    try:
        return InputField.model_validate(field.model_dump() | {"default": answers[field.name]})
    except ValidationError:
        return field


def _show_words(project: ProjectDetail, begin: Beginning | None) -> tuple[str, str]:
    """The run's topic and its title; words for one project are not for the next."""
    topic = st.text_area(
        "Topic",
        value=begin.topic if begin and begin.topic is not None else project.topic,
        height=90,
        key=f"topic-{project.id}",
        help="This run's own; the project keeps its.",
    )
    title = st.text_input(
        "Title",
        value=begin.title if begin else "",
        placeholder="The topic's first words",
        help="What the run is called in lists.",
        key=f"title-{project.id}",
    )
    return topic, title


def show_launch_button(request: LaunchRequest | None) -> bool:
    """Draw the button; whether it was pressed for what stands there now.

    What is chosen may be gone by then, and another choice have taken its place: the button of what was shown launches
    that and nothing else, and whoever pressed it is told.
    """
    shown = f"{request.project_id}-{request.template_id}-{request.shown_model}" if request else "nothing"
    is_pressed = st.session_state.pop(state.LAUNCH_PRESSED, False)
    is_launching = st.button(
        "Launch",
        key=f"launch-{shown}",
        type="primary",
        icon=":material/rocket_launch:",
        disabled=request is None,
        shortcut="Ctrl+Enter",
        width="stretch",
        on_click=_note_press,
    )
    if is_pressed and not is_launching:
        told = f"{_NOT_AS_SHOWN} {_LAUNCH_THAT}" if request else _NOT_AS_SHOWN
        st.markdown(f":orange[:material/warning:] {words.plain(told)}")
    return is_launching


def _note_press() -> None:
    st.session_state[state.LAUNCH_PRESSED] = True


def _choose_template(templates: Sequence[TemplateChoice], template_id: UUID | None) -> TemplateToLaunch | None:
    picked = st.selectbox(
        "Template",
        templates,
        index=_index_of(template_id, templates),
        format_func=_namer(templates),
        placeholder="Choose a template",
    )
    template = get_template_to_launch(require_actor(Permission.TEMPLATES_VIEW), picked.id) if picked else None
    if template:
        st.markdown(f":gray[{words.plain(template.description)}]  \n:gray[{_steps(template)}]")
    return template


def _index_of(template_id: UUID | None, templates: Sequence[TemplateChoice]) -> int | None:
    """Which one the choice begins with: the organization's own come first; else the one that asks for a topic only.

    One that was asked for and is not among them is not replaced by another one.
    """
    if template_id is not None:
        return next((n for n, each in enumerate(templates) if each.id == template_id), None)
    return next((n for n, each in enumerate(templates) if each.is_own or (each.is_builtin and each.name == FIRST)), 0)


def _namer(choices: Sequence[_Each]) -> Callable[[_Each], str]:
    names = words.distinct({choice.id: choice.name for choice in choices})
    return lambda choice: names[choice.id]


def _steps(template: TemplateToLaunch) -> str:
    steps = f"{words.count(len(template.phase_names), 'phase')}: {', '.join(template.phase_names)}"
    return words.plain(f"Version {words.number(template.version)} · {steps}")


def _show_input(field: InputField, *, key: str) -> object:
    """One question of the template, by its kind."""
    label = words.plain(field.label) + ("" if field.required else " (optional)")
    explained = words.plain(field.help) if field.help else None
    text = str(field.default) if field.default is not None else ""
    match field.kind:
        case InputKind.LONG_TEXT:
            return st.text_area(label, value=text, help=explained, key=key)
        case InputKind.CHOICE:
            index = field.choices.index(text) if text in field.choices else None
            return st.selectbox(label, field.choices, index=index, help=explained, key=key)
        case InputKind.NUMBER:
            value = float(field.default) if isinstance(field.default, int | float) else None
            return st.number_input(
                label, value=value, min_value=field.minimum, max_value=field.maximum, help=explained, key=key
            )
        case InputKind.DATE:
            day = date.fromisoformat(text) if text else None
            return st.date_input(label, value=day, help=explained, key=key)
        case _:
            return st.text_input(label, value=text, help=explained, key=key)
