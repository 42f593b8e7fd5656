"""What somebody of the sample workspace chose when they launched a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib.models.run import RunStatus
from lib.samples.rows import Row
from lib.templates.structure import TemplateData


@dataclass(frozen=True, slots=True)
class SampleTemplateRow:
    """A template as it was at one time."""

    id: UUID
    name: str
    version: int
    data: TemplateData


@dataclass(frozen=True, slots=True)
class Before:
    """The run that another one goes on from."""

    run_id: UUID
    begins_with: str
    #: Code -> the row of a phase that is taken over.
    reused: Mapping[str, Row]


class Operated(StrEnum):
    """What becomes of the operations after a run's last phase."""

    #: Integrations were off: each says what it would have done.
    DRY_RUN = "dry_run"
    #: A file was kept, and the receiver of the call was busy five times.
    FAILED = "failed"
    #: A file was kept, and the call waits for somebody's word.
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Launch:
    """What somebody chose."""

    organization_id: UUID
    project_id: UUID
    project_name: str
    project_description: str
    user_id: UUID
    template: SampleTemplateRow
    model: str
    topic: str
    moment: datetime
    #: How far it is to get; None leaves it to chance.
    status: RunStatus | None = None
    #: Whether a phase was sent back in review and written anew.
    is_rejected_once: bool = False
    #: Whether it has stopped for what it cost.
    is_over_limit: bool = False
    #: Who else may review it.
    reviewers: tuple[UUID, ...] = ()
    before: Before | None = None
    #: None where nothing is done after its phases.
    operated: Operated | None = None
