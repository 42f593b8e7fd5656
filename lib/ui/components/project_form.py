"""The form of a project, for making one and for editing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.access.permissions import Permission
from lib.errors import FieldPath
from lib.models.project import Priority
from lib.projects import changes
from lib.projects.service import ProjectEntry
from lib.reviews.service import list_reviewer_choices
from lib.templates.gallery import list_template_choices
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.cost_limit import show_cost_limit
from lib.ui.components.default_model import show_default_model
from lib.ui.components.facts import show_facts
from lib.ui.components.number_look import begin_with
from lib.ui.guard import require_actor

_COMPLEXITIES: Final = ("low", "medium", "high")
_CHANGED: Final = "Somebody else has changed this since you began, so nothing is saved yet. It is now:"
_GONE: Final = "A template that is gone"
_WHO_IS_GONE: Final = "Somebody who is gone"


@dataclass(frozen=True, slots=True)
class ProjectForm:
    """What stands in the form, and its foot: what is wrong with it, and the buttons."""

    key: str
    entry: ProjectEntry
    #: Above the buttons, for what is below the one that was pressed may be out of sight.
    faults: DeltaGenerator
    foot: DeltaGenerator

    def ask(self, *actions: str, told: changes.Values = MappingProxyType({}), turn: int = 0) -> str | None:
        """Draw a button for each action, below what the reader is `told` that others have written; which was pressed.

        A form that asks again in the same run does so in another `turn`.
        """
        with self.foot.container():
            if told:
                st.markdown(f":orange[:material/sync_problem:] {_CHANGED}")
                show_facts([(changes.label_of(field), _say(field, value)) for field, value in told.items()])
            with st.container(horizontal=True, gap="small"):
                pressed = [
                    action
                    for number, action in enumerate(actions)
                    if st.form_submit_button(
                        action, type="secondary" if number else "primary", key=f"{self.key}-{turn}-{action}"
                    )
                ]
        return pressed[0] if pressed else None


def show_project_form(key: str, filled: ProjectEntry | None = None) -> ProjectForm:
    """Draw the form, filled from an entry, without its buttons.

    No field has `max_chars`: a browser would cut off in silence what is pasted; the use case says what is too long.
    """
    with st.form(key, border=False):
        name = st.text_input("Name", value=filled.name if filled else "", key=f"{key}-name")
        topic = st.text_area(
            "Topic",
            value=filled.topic if filled else "",
            height=90,
            help="What the runs of this project are about. Every phase of every run reads it.",
            placeholder="A subscription service for repairing bicycles at home",
            key=f"{key}-topic",
        )
        description = st.text_area(
            "Description",
            value=filled.description if filled else "",
            height=90,
            help="What else a model should know, such as who it is for. Optional.",
            key=f"{key}-description",
        )
        priority = st.segmented_control(
            "Priority",
            list(Priority),
            default=Priority(filled.priority) if filled else Priority.MEDIUM,
            format_func=lambda value: status.PRIORITY[value].word,
            required=True,
            key=f"{key}-priority",
        )
        entry = ProjectEntry(
            name=name,
            topic=topic,
            description=description,
            priority=priority or Priority.MEDIUM,
            settings=_show_settings(key, filled.settings if filled else {}),
            metadata=_show_metadata(key, filled.metadata if filled else {}),
        )
        return ProjectForm(key, entry, st.container(), st.empty())


def _say(field: FieldPath, value: Any) -> str:
    match field, value:
        case _, None:
            return "Empty"
        case ("priority",), str():
            return status.PRIORITY[Priority(value)].word
        case ("settings", "default_template_id"), str():
            wanted = UUID(value)
            found = list_template_choices(require_actor(Permission.TEMPLATES_VIEW), wanted=wanted)
            return next((each.name for each in found if each.id == wanted), _GONE)
        case ("settings", "cost_limit_usd"), float():
            return words.money(value)
        case ("settings", "reviewer_ids"), list():
            names = list_reviewer_choices(
                require_actor(Permission.PROJECTS_VIEW), wanted=[UUID(each) for each in value]
            )
            return ", ".join(names.get(UUID(each), _WHO_IS_GONE) for each in value)
        case _:
            return words.said(value)


def _show_settings(key: str, stored: Mapping[str, Any]) -> dict[str, object]:
    """What the form says of the settings: nothing for who may launch no runs, and so knows no models."""
    if not require_actor().may_some(Permission.ORCHESTRATIONS_RUN):
        return {}
    model = show_default_model(
        stored.get("default_ai_model"),
        label="Default model",
        key=f"{key}-model",
        empty="None: as your organization says",
        explained="Proposed for the runs of this project, unless the template names another.",
    )
    limit = show_cost_limit(
        stored.get("cost_limit_usd"),
        key=f"{key}-limit",
        explained="What the launch form begins with. A run that has cost so much pauses and asks.",
    )
    template = stored.get("default_template_id")
    return {
        "default_ai_model": model,
        "default_template_id": _show_default_template(key, UUID(template) if template else None),
        "cost_limit_usd": None if limit is None else float(limit),
        "reviewer_ids": _show_reviewers(key, stored.get("reviewer_ids", ())),
    }


def _show_reviewers(key: str, stored: Sequence[str]) -> list[str]:
    ids = [UUID(user_id) for user_id in stored]
    names = words.distinct(list_reviewer_choices(require_actor(Permission.PROJECTS_VIEW), wanted=ids))
    chosen = st.multiselect(
        "Reviewers",
        list(dict.fromkeys([*ids, *names])),
        default=ids,
        format_func=lambda value: words.line(names.get(value, _WHO_IS_GONE)),
        placeholder="Everybody who may review",
        help="Who looks at answers where the template names nobody.",
        key=f"{key}-reviewers",
    )
    return [str(user_id) for user_id in chosen]


def _show_default_template(key: str, stored: UUID | None) -> str | None:
    """None is an option of its own, as in `show_default_model`; one that is gone stays until another is chosen."""
    found = list_template_choices(require_actor(Permission.TEMPLATES_VIEW), wanted=stored)
    names = words.distinct({each.id: each.name for each in found})
    options = list(dict.fromkeys([None, stored, *names]))
    chosen = st.selectbox(
        "Default template",
        options,
        index=options.index(stored),
        format_func=lambda value: words.line(names.get(value, _GONE)) if value else "None",
        help="Chosen when a run is launched for this project.",
        key=f"{key}-template",
    )
    return str(chosen) if chosen else None


def _show_metadata(key: str, stored: Mapping[str, Any]) -> dict[str, object]:
    technologies, complexity = list(stored.get("technologies", ())), stored.get("complexity")
    with st.expander("More about it", type="compact"):
        left, right = st.columns(2)
        entered = {
            "estimated_duration": left.text_input(
                "Estimated duration",
                value=stored.get("estimated_duration", ""),
                placeholder="3 months",
                key=f"{key}-duration",
            ),
            "complexity": right.selectbox(
                "Complexity",
                _COMPLEXITIES,
                index=_COMPLEXITIES.index(complexity) if complexity else None,
                placeholder="Not said",
                format_func=str.capitalize,
                key=f"{key}-complexity",
            ),
            "budget": left.number_input(
                "Budget (US dollars)",
                value=None,
                step=1000.0,
                format="%.2f",
                key=begin_with(f"{key}-budget", stored.get("budget")),
            ),
            "team_size": right.number_input(
                "Team size (people)",
                value=None,
                step=1,
                key=begin_with(f"{key}-team", stored.get("team_size")),
            ),
            "technologies": st.multiselect(
                "Technologies",
                technologies,
                default=technologies,
                format_func=words.line,
                accept_new_options=True,
                placeholder="Type one and press Enter",
                key=f"{key}-technologies",
            ),
            "custom": _show_custom(f"{key}-custom", stored.get("custom", {})),
        }
    return {name: value for name, value in entered.items() if value not in (None, "", [], {})}


def _show_custom(key: str, stored: Mapping[str, str]) -> dict[str, str]:
    """Facts under names of one's own, a row each; of two that are named alike the last holds."""
    rows = pd.DataFrame([*stored.items()], columns=["Name", "Value"], dtype="string")
    edited = st.data_editor(
        rows,
        key=key,
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        column_config={"Name": st.column_config.TextColumn("Your own facts", width="small")},
    )
    words = edited.fillna("").itertuples(index=False)
    return {name.strip(): value.strip() for name, value in words if name.strip() or value.strip()}
