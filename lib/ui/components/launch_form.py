"""What is chosen before a launch: project, template, model, the template's questions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.access.permissions import Permission
from lib.errors import AnswersInvalid, InvalidInput, PlanInvalid
from lib.projects.service import get_project
from lib.projects.views import ProjectChoice, ProjectDetail
from lib.providers.catalog import Catalog
from lib.runs.launch import LaunchRequest, find_default_model
from lib.templates.builtin import FIRST
from lib.templates.inputs import InputField, InputKind
from lib.templates.service import get_template_to_launch
from lib.templates.views import TemplateChoice, TemplateToLaunch
from lib.ui import state, words
from lib.ui.components.day_field import day_limits
from lib.ui.components.model_choice import show_model_choice
from lib.ui.components.number_look import as_float, number_look
from lib.ui.guard import require_actor

_NOT_AS_SHOWN = "Nothing was launched: what is chosen is not what you saw when you pressed Launch."
_LAUNCH_THAT = "Look at it, and press Launch again to launch that."
_LOOK_ABOVE: Final = "Nothing was launched. Look at the questions that are marked above, then press Launch again."
_Each = TypeVar("_Each", ProjectChoice, TemplateChoice)


@dataclass(frozen=True, slots=True)
class LaunchForm:
    """What is chosen as it stands there, None while something is missing, and a place below each question."""

    request: LaunchRequest | None = None
    places: Mapping[str, DeltaGenerator] = field(default_factory=dict)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say below each question what a launch finds wrong with its answer; all else is for `feedback.told` around."""
        try:
            yield
        except AnswersInvalid as error:
            if not self.places.keys() >= {fault.name for fault in error.faults}:
                raise
            for fault in error.faults:
                said = "This has to be answered." if fault.is_missing else f"This {fault.words}."
                self.places[fault.name].markdown(f":red[:material/error:] {words.plain(said)}")
            raise InvalidInput(_LOOK_ABOVE) from None


@contextmanager
def told_quietly() -> Iterator[None]:
    """Say in grey what the prompts still wait for: nobody has asked for a launch yet."""
    try:
        yield
    except AnswersInvalid as error:
        missing = [fault.label for fault in error.faults if fault.is_missing]
        if missing:
            st.markdown(f":gray[Answer these to see the prompts: {words.plain(', '.join(missing))}.]")
        for fault in error.faults:
            if not fault.is_missing:
                st.markdown(f":gray[{words.plain(f'“{fault.label}” {fault.words}.')}]")
    except PlanInvalid:
        raise
    except InvalidInput as error:
        st.markdown(f":gray[{words.plain(error.message)}]")


def show_launch_form(
    projects: Sequence[ProjectChoice],
    templates: Sequence[TemplateChoice],
    catalog: Catalog,
    *,
    project_id: UUID | None = None,
    template_id: UUID | None = None,
) -> LaunchForm:
    """Draw the choices, beginning with those ids; returns them as they stand.

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
        return LaunchForm()
    actor = require_actor(Permission.ORCHESTRATIONS_RUN)
    default = find_default_model(actor, catalog, project=project.settings, template_model=template.model)
    model = show_model_choice(catalog, default, context=f"{project.id}-{template.id}")
    topic, title = _show_words(project)
    inputs: dict[str, object] = {}
    places: dict[str, DeltaGenerator] = {}
    for question in template.inputs:
        inputs[question.name] = _show_input(question, key=f"{template.id}-{question.name}")
        places[question.name] = st.empty()
    shown = model or default
    if shown is None:
        return LaunchForm()
    request = LaunchRequest(
        project_id=project.id,
        template_id=template.id,
        model=str(model.choice) if model else None,
        shown_model=str(shown.choice),
        title=title,
        topic=topic,
        inputs=inputs,
    )
    return LaunchForm(request, places)


def _show_words(project: ProjectDetail) -> tuple[str, str]:
    """The run's topic and its title; words for one project are not for the next."""
    topic = st.text_area(
        "Topic",
        value=project.topic,
        height=90,
        key=f"topic-{project.id}",
        help="This run's own; the project keeps its.",
    )
    title = st.text_input(
        "Title",
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
        description = f":gray[{words.plain(template.description)}]  \n" if template.description else ""
        st.markdown(f"{description}:gray[{_steps(template)}]")
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


def _show_input(question: InputField, *, key: str) -> object:
    """One question of the template, by its kind."""
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
            return st.number_input(label, value=value, help=explained, key=key, **look)
        case InputKind.DATE:
            day = date.fromisoformat(text) if text else None
            return st.date_input(label, value=day, help=explained, key=key, **day_limits(day))
        case _:
            return st.text_input(label, value=text, help=explained, key=key)
