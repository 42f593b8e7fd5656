"""The form of a project, for making one and for editing it."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from lib.access.permissions import Permission
from lib.models.project import Priority
from lib.projects.service import ProjectEntry
from lib.projects.views import ProjectDetail
from lib.reviews.service import list_reviewer_choices
from lib.templates.gallery import list_template_choices
from lib.ui.components import status
from lib.ui.components.cost_limit import show_cost_limit
from lib.ui.components.default_model import show_default_model
from lib.ui.guard import require_actor
from lib.ui.words import distinct, line

_COMPLEXITIES = ("low", "medium", "high")


def show_project_form(key: str, *, project: ProjectDetail | None = None, action: str) -> ProjectEntry | None:
    """Draw the form, filled from `project`; returns what was entered in the run in which `action` was pressed.

    No field has `max_chars`: a browser would cut off in silence what is pasted; the use case says what is too long.
    """
    with st.form(key, border=False):
        name = st.text_input("Name", value=project.name if project else "")
        topic = st.text_area(
            "Topic",
            value=project.topic if project else "",
            height=90,
            help="What the runs of this project are about. Every phase of every run reads it.",
            placeholder="A subscription service for repairing bicycles at home",
        )
        description = st.text_area(
            "Description",
            value=project.description if project else "",
            height=90,
            help="What else a model should know, such as who it is for. Optional.",
        )
        priority = st.segmented_control(
            "Priority",
            list(Priority),
            default=project.priority if project else Priority.MEDIUM,
            format_func=lambda value: status.PRIORITY[value].word,
            required=True,
        )
        settings = _show_settings(key, project)
        metadata = _show_metadata(key, project)
        if not st.form_submit_button(action, type="primary"):
            return None
    return ProjectEntry(
        name=name,
        topic=topic,
        description=description,
        priority=priority or Priority.MEDIUM,
        metadata=metadata,
        settings=settings,
    )


def _show_settings(key: str, project: ProjectDetail | None) -> dict[str, object]:
    """What the form says of the settings: nothing for who may launch no runs, and so knows no models."""
    if not require_actor().may_some(Permission.ORCHESTRATIONS_RUN):
        return {}
    model = show_default_model(
        project.settings.default_ai_model if project else None,
        label="Default model",
        key=f"{key}-model",
        empty="None: as your organization says",
        explained="Proposed for the runs of this project, unless the template names another.",
    )
    limit = show_cost_limit(
        project.settings.cost_limit_usd if project else None,
        key=f"{key}-limit-{project.id if project else 'new'}",
        explained="What the launch form begins with. A run that has cost so much pauses and asks.",
    )
    return {
        "default_ai_model": model,
        "default_template_id": _show_default_template(key, project),
        "cost_limit_usd": None if limit is None else float(limit),
        "reviewer_ids": _show_reviewers(key, project),
    }


def _show_reviewers(key: str, project: ProjectDetail | None) -> list[str]:
    stored = project.settings.reviewer_ids if project else ()
    names = distinct(list_reviewer_choices(require_actor(Permission.PROJECTS_VIEW), wanted=stored))
    chosen = st.multiselect(
        "Reviewers",
        list(dict.fromkeys([*stored, *names])),
        default=list(stored),
        format_func=lambda value: line(names.get(value, "Somebody who is gone")),
        placeholder="Everybody who may review",
        help="Who looks at answers where the template names nobody.",
        key=f"{key}-reviewers",
    )
    return [str(user_id) for user_id in chosen]


def _show_default_template(key: str, project: ProjectDetail | None) -> str | None:
    """None is an option of its own, as in `show_default_model`; one that is gone stays until another is chosen."""
    stored = project.settings.default_template_id if project else None
    found = list_template_choices(require_actor(Permission.TEMPLATES_VIEW), wanted=stored)
    names = distinct({each.id: each.name for each in found})
    options = list(dict.fromkeys([None, stored, *names]))
    chosen = st.selectbox(
        "Default template",
        options,
        index=options.index(stored),
        format_func=lambda value: line(names.get(value, "A template that is gone")) if value else "None",
        help="Chosen when a run is launched for this project.",
        key=f"{key}-template",
    )
    return str(chosen) if chosen else None


def _show_metadata(key: str, project: ProjectDetail | None) -> dict[str, object]:
    known = project.metadata if project else None
    with st.expander("More about it", type="compact"):
        left, right = st.columns(2)
        entered = {
            "estimated_duration": left.text_input(
                "Estimated duration", value=(known and known.estimated_duration) or "", placeholder="3 months"
            ),
            "complexity": right.selectbox(
                "Complexity",
                _COMPLEXITIES,
                index=_COMPLEXITIES.index(known.complexity) if known and known.complexity else None,
                placeholder="Not said",
                format_func=str.capitalize,
            ),
            "budget": left.number_input(
                "Budget (US dollars)", min_value=0.0, value=known.budget if known else None, step=1000.0, format="%.2f"
            ),
            "team_size": right.number_input(
                "Team size (people)", min_value=1, value=known.team_size if known else None, step=1
            ),
            "technologies": st.multiselect(
                "Technologies",
                list(known.technologies) if known else [],
                default=list(known.technologies) if known else [],
                format_func=line,
                accept_new_options=True,
                placeholder="Type one and press Enter",
            ),
        }
    custom = _show_custom(f"{key}-custom", known.custom if known else {})
    return {name: value for name, value in (entered | {"custom": custom}).items() if value not in (None, "", [], {})}


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
