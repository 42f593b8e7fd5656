"""What is chosen before a launch: project, template, model, the template's questions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.access.permissions import Permission
from lib.cost_limit import COST_LIMIT
from lib.errors import AnswersInvalid, InvalidInput
from lib.models.run import RunPriority
from lib.projects.service import get_project
from lib.projects.views import ProjectChoice, ProjectDetail
from lib.providers.catalog import Catalog
from lib.runs.duplicating import Draft
from lib.runs.launch import LaunchRequest, find_default_model
from lib.runs.turns import USUAL_PRIORITY
from lib.templates.builtin import FIRST
from lib.templates.service import get_template_to_launch
from lib.templates.views import TemplateChoice, TemplateToLaunch
from lib.ui import state, words
from lib.ui.components.cost_limit import show_cost_limit
from lib.ui.components.launch_questions import show_questions
from lib.ui.components.model_choice import show_model_choice
from lib.ui.components.operations_switch import show_operations_switch
from lib.ui.components.turns import show_priority_choice
from lib.ui.guard import require_actor

_NOT_AS_SHOWN = "Nothing was launched: what is chosen is not what you saw when you pressed Launch."
_LAUNCH_THAT = "Look at it, and press Launch again to launch that."
_TEMPLATE_IS_GONE = "Its template is not yours to launch any more. Choose another one."
#: Stands for a template that is no longer there: nothing has it.
_GONE = UUID(int=0)
_Each = TypeVar("_Each", ProjectChoice, TemplateChoice)


@dataclass(frozen=True, slots=True)
class LaunchForm:
    """What is chosen as it stands there, None while something is missing, and a place below each question."""

    request: LaunchRequest | None = None
    places: Mapping[str, DeltaGenerator] = field(default_factory=dict)

    @contextmanager
    def told(self, *, failed: str, button: str) -> Iterator[None]:
        """Say below each question what is wrong with its answer, and here that `failed`, and to press `button` again.

        What is wrong with the cost limit stands below it already. All else is for `feedback.told` around.
        """
        look = f"{failed} Look at what is marked in the form, then press “{button}” again."
        try:
            yield
        except AnswersInvalid as error:
            if not self.places.keys() >= {fault.name for fault in error.faults}:
                raise
            for fault in error.faults:
                said = "This has to be answered." if fault.is_missing else f"This {fault.words}."
                self.places[fault.name].markdown(f":red[:material/error:] {words.plain(said)}")
            raise InvalidInput(look) from None
        except InvalidInput as error:
            if error.field != COST_LIMIT:
                raise
            raise InvalidInput(look) from None


def show_launch_form(
    projects: Sequence[ProjectChoice],
    templates: Sequence[TemplateChoice],
    catalog: Catalog,
    *,
    project_id: UUID | None = None,
    template_id: UUID | None = None,
    draft: Draft | None = None,
) -> LaunchForm:
    """Draw the choices, beginning with those ids; returns them as they stand.

    Of a `draft`, which is what was chosen before, everything else is filled in as well.

    No st.form: the questions depend on the template, and the preview on everything. No field has `max_chars`: a browser
    would cut off in silence what is pasted; the preview says what is too long.
    """
    # a project that was asked for and is not among them is not replaced by another one
    chosen = next((n for n, project in enumerate(projects) if project.id == project_id), None if project_id else 0)
    named = _namer(projects)
    choice = st.selectbox("Project", projects, index=chosen, format_func=named, placeholder="Choose a project")
    project = get_project(require_actor(Permission.PROJECTS_VIEW), choice.id) if choice else None
    template = _choose_template(templates, _find_wanted(project, templates, template_id, draft))
    if not project or not template:
        return LaunchForm()
    actor = require_actor(Permission.ORCHESTRATIONS_RUN)
    default = find_default_model(actor, catalog, project=project.settings, template_model=template.model)
    before = draft if draft and draft.project_id == project.id else None
    key = f"{project.id}{_suffix(before)}"
    context = f"{project.id}-{template.id}"
    model = show_model_choice(catalog, default, context=context, wanted=draft.model if draft else None)
    topic, title = _show_words(project, before, key=key)
    inputs, places = show_questions(template, draft, suffix=_suffix(draft))
    cost_limit, priority = _show_bounds(project, before, key=key)
    is_on = _show_switch(template, draft, key=f"{project.id}{_suffix(draft)}")
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
        cost_limit_usd=cost_limit,
        priority=priority,
        integration_enabled=is_on,
    )
    return LaunchForm(request, places)


def _find_wanted(
    project: ProjectDetail | None, templates: Sequence[TemplateChoice], template_id: UUID | None, draft: Draft | None
) -> UUID | None:
    """The template to begin with; what was chosen before is not replaced by another one in silence."""
    offered = {each.id for each in templates}
    if draft is not None:
        if template_id not in offered:
            st.markdown(f":orange[:material/warning:] {words.plain(_TEMPLATE_IS_GONE)}")
        return template_id or _GONE
    usual = project.settings.default_template_id if project else None
    return template_id or (usual if usual in offered else None)


def _suffix(draft: Draft | None) -> str:
    """Ends the keys of what is filled in: another draft fills in something else."""
    return f"-{draft.id}" if draft else ""


def _show_words(project: ProjectDetail, before: Draft | None, *, key: str) -> tuple[str, str]:
    """The run's topic and its title; words for one project are not for the next."""
    topic = st.text_area(
        "Topic",
        value=before.topic if before and before.topic is not None else project.topic,
        height=90,
        key=f"topic-{key}",
        help="This run's own; the project keeps its.",
    )
    title = st.text_input(
        "Title",
        value=before.title if before else "",
        placeholder="The topic's first words",
        help="What the run is called in lists.",
        key=f"title-{key}",
    )
    return topic, title


def _show_bounds(project: ProjectDetail, before: Draft | None, *, key: str) -> tuple[Decimal | None, RunPriority]:
    """What the run may cost, and how soon its turn comes."""
    cost_limit = show_cost_limit(
        before.cost_limit_usd if before else project.settings.cost_limit_usd,
        key=f"limit-{key}",
        explained="Once the run has cost so much nothing further begins, and it asks whether to go on.",
    )
    with st.expander("More", type="compact"):
        priority = show_priority_choice(before.priority if before else USUAL_PRIORITY[project.priority], key=key)
    return cost_limit, priority


def _show_switch(template: TemplateToLaunch, draft: Draft | None, *, key: str) -> bool | None:
    """Whether what follows the phases is done: as before where there was a before, and as the organization lets it."""
    before = draft.integration_enabled if draft else None
    if not template.has_operations:
        return before
    lets = template.lets_operate
    return show_operations_switch(is_on=lets and before is not False, is_allowed=lets, key=key)


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
