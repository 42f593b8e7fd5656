"""What the pages see of a project."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from lib.models.project import Priority, ProjectStatus
from lib.projects.structures import ProjectMetadata, ProjectSettings
from lib.users.views import Person

#: So many runs of a project are counted and no more: a count of all would read them all, for every project of a list.
MOST_RUNS_COUNTED = 1000


class ProjectSort(StrEnum):
    """What a list of projects begins with."""

    NEWEST = "newest"
    OLDEST = "oldest"
    #: Capital letters or not.
    NAME = "name"
    #: The most urgent first.
    PRIORITY = "priority"
    #: Active, failed, completed, archived.
    STATUS = "status"
    #: What was worked on last first, what never was last.
    LAST_RUN = "last_run"
    #: What its ended runs cost, as far as that is known.
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSummary:
    """A project in a list."""

    id: UUID
    name: str
    status: ProjectStatus
    priority: Priority
    owner: str
    created_by: UUID
    created_at: datetime
    updated_at: datetime
    #: At most `MOST_RUNS_COUNTED`.
    run_count: int
    #: Those that are in its archives and nowhere else.
    away_count: int
    #: Of the runs that were counted, the ones that are away among them, those whose cost is known.
    known_cost_count: int
    #: What these cost.
    spent_usd: Decimal
    last_run_at: datetime | None

    @property
    def is_spent_all(self) -> bool:
        """Whether nothing more was spent than `spent_usd`."""
        return self.known_cost_count == self.run_count + self.away_count and not self.has_more_runs

    @property
    def has_more_runs(self) -> bool:
        """Whether there may be more than were counted."""
        return self.run_count == MOST_RUNS_COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDetail(ProjectSummary):
    """A project, whole, and what the person who asks may do with it."""

    #: Whom `owner` names.
    maker: Person
    topic: str
    description: str
    metadata: ProjectMetadata
    settings: ProjectSettings
    completed_at: datetime | None
    archived_at: datetime | None
    may_edit: bool
    may_archive: bool
    may_launch: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChoice:
    """A project that a run can be launched for."""

    id: UUID
    name: str
