"""What the list of projects is narrowed to: by status, words, priority and owner."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from lib.access.actor import Actor
from lib.models.project import Priority, ProjectStatus
from lib.projects.lists import count_projects_by_status, list_owners
from lib.projects.queries import ProjectFilter
from lib.projects.views import ProjectSort
from lib.ui import address
from lib.ui.components import status
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters, by_id

_SORTS: Final[Mapping[str, str]] = {
    ProjectSort.NEWEST: "Newest first",
    ProjectSort.OLDEST: "Oldest first",
    ProjectSort.NAME: "By name",
    ProjectSort.PRIORITY: "Most urgent first",
    ProjectSort.STATUS: "By status",
    ProjectSort.LAST_RUN: "Last run first",
    ProjectSort.SPENT: "Most spent first",
}


def make_project_filters(actor: Actor) -> FilterBar:
    """What this person can choose; the owner that the address names is among it, if they are theirs to see."""
    return FilterBar(
        key="projects",
        splits={member: status.PROJECT[member] for member in ProjectStatus},
        count=lambda chosen: count_projects_by_status(actor, chosen_projects(chosen), most=MOST_COUNTED),
        sorts=_SORTS,
        placeholder="Name or topic",
        choices=(
            Choice("priority", "Priority", {member: status.PRIORITY[member].word for member in reversed(Priority)}),
            Choice("owner", "Owner", by_id(list_owners(actor, wanted=address.find_requested_id("owner")))),
        ),
    )


def chosen_projects(chosen: Filters) -> ProjectFilter:
    """The same as the query takes it."""
    priority, owner = chosen.values.get("priority"), chosen.values.get("owner")
    return ProjectFilter(
        status=ProjectStatus(chosen.split) if chosen.split else None,
        priority=Priority(priority) if priority else None,
        created_by=UUID(owner) if owner else None,
        search=chosen.search,
    )
