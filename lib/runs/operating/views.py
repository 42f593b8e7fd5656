"""What the pages see of the operations after a run's phases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lib.models.operation import OperationStatus
from lib.users.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation, whole: what it does is what will be sent, but for the secret of its connection."""

    id: UUID
    phase_code: str
    type: str
    name: str
    status: OperationStatus
    #: As they were rendered when the phase was completed.
    params: Mapping[str, Any]
    #: In one sentence.
    does: str
    requires_approval: bool
    #: Who approved or rejected it, and when.
    decided_by: Person | None
    decided_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    completed_at: datetime | None
    execution_time_ms: int | None
    result: Mapping[str, Any]
    #: Why it failed, was cancelled or rejected; empty where there is nothing to say.
    message: str
    #: Whether the run before has done it.
    is_reused: bool
    #: Where it leads as it stands: its connection, as `api.leads_to` says it; None where it has none.
    leads_to: Mapping[str, Any] | None
    #: Whether this person has written a part of the run's answers, and so of what is sent.
    is_edited_by_me: bool
    #: Whether it waits, and nobody at all could approve it as the organization's people are.
    is_nobodys: bool
    #: Whether it waits for a word that this person may say.
    may_approve: bool
    may_reject: bool

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing was done, and its result says what would have been."""
        return bool(self.result.get("dry_run"))

    @property
    def is_made_up(self) -> bool:
        """Whether it belongs to the sample workspace and was never done."""
        return bool(self.result.get("made_up"))

    @property
    def has_file(self) -> bool:
        """Whether it has written a file that can be downloaded from here."""
        is_here = self.type == "artifact.write" and self.result.get("place") == "folder"
        return self.status is OperationStatus.COMPLETED and is_here


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that an operation has written."""

    name: str
    content: bytes
