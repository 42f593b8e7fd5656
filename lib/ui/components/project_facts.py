"""What a project's page says of it beside its runs: its facts, and what was done to it."""

from collections.abc import Mapping
from typing import Final

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.audit.service import list_project_changes
from lib.audit.views import Thing
from lib.projects.views import ProjectDetail
from lib.ui import words
from lib.ui.components.activity import current_change, show_activity
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.components.paged_table import find_page
from lib.ui.components.person import person_inline
from lib.ui.components.project_table import say_runs, say_spent

#: What the fields of a project are called, as its form labels them, and those of its archives.
_NAMES: Final[Mapping[str, str]] = {
    "name": "Name",
    "topic": "Topic",
    "description": "Description",
    "priority": "Priority",
    "status": "Status",
    "metadata": "Details",
    "metadata.estimated_duration": "Duration",
    "metadata.complexity": "Complexity",
    "metadata.budget": "Budget",
    "metadata.team_size": "Team",
    "metadata.technologies": "Technologies",
    "settings": "Settings",
    "settings.default_ai_model": "Default model",
    "settings.default_template_id": "Default template",
    "settings.reviewer_ids": "Reviewers",
    "settings.cost_limit_usd": "Cost limit of a run",
    "project_id": "Project",
    "project_name": "Project's name",
    "failure": "What went wrong",
    "format_version": "Format of the file",
    "store": "Where the file lies",
    "file": "File",
    "file_count": "Files of operations",
    "bytes": "Bytes",
    "sha256": "SHA-256",
    "runs": "Runs",
    "cost_usd": "Cost",
    "unknown_costs": "Runs of unknown cost",
}


def show_project_facts(project: ProjectDetail, *, time_zone: str) -> None:
    """Draw what people said about the project, and who made it when."""
    metadata = project.metadata
    show_facts(
        [
            ("Topic", project.topic),
            *([("Description", project.description)] if project.description else []),
            ("Owner", person_inline(project.maker)),
            ("Runs", say_runs(project)),
            ("Spent", say_spent(project)),
            *([("Last run", moment_inline(project.last_run_at, time_zone=time_zone))] if project.last_run_at else []),
            *(
                (label, moment_inline(moment, time_zone=time_zone))
                for label, moment in (
                    ("Created", project.created_at),
                    ("Completed", project.completed_at),
                    ("Archived", project.archived_at),
                )
                if moment
            ),
            *([("Default model", project.settings.default_ai_model)] if project.settings.default_ai_model else []),
            *(
                [("Cost limit of a run", words.money(project.settings.cost_limit_usd))]
                if project.settings.cost_limit_usd
                else []
            ),
            *([("Duration", metadata.estimated_duration)] if metadata.estimated_duration else []),
            *([("Complexity", metadata.complexity.capitalize())] if metadata.complexity else []),
            *([("Budget", words.money(metadata.budget))] if metadata.budget is not None else []),
            *([("Team", words.count(metadata.team_size, "person", plural="people"))] if metadata.team_size else []),
            *([("Technologies", ", ".join(metadata.technologies))] if metadata.technologies else []),
            *metadata.custom.items(),
        ]
    )


def show_project_activity(actor: Actor, project: ProjectDetail) -> None:
    """Draw what was done to the project, for whoever may read the audit trail."""
    if not actor.may(Permission.AUDIT_VIEW):
        return
    page = find_page(lambda cursor: list_project_changes(actor, project.id, cursor=cursor), cursor=current_change())
    show_activity(actor, Thing("projects", project.id), page, names=_NAMES)
