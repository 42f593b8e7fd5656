"""What the pages see of a run."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.runs.structures import ErrorDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in a list."""

    id: UUID
    title: str
    status: RunStatus
    project_id: UUID
    project_name: str
    user_id: UUID
    launched_by: str
    template_name: str
    model: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    total_phases: int
    completed_phases: int
    total_tokens: int
    #: None is unknown.
    cost_usd: Decimal | None
    execution_time_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRun:
    """A run that is under way, for the overview."""

    summary: RunSummary
    #: Names of the phases that are being written.
    writing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt at a phase."""

    id: UUID
    number: int
    status: PhaseStatus
    prompt: str | None
    #: The whole answer, or as far as it is written.
    response: str
    model: str
    started_at: datetime | None
    completed_at: datetime | None
    execution_time_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    #: None is unknown.
    cost_usd: Decimal | None
    finish_reason: str | None
    error: ErrorDetails | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseView:
    """A phase with all its attempts, the newest last."""

    code: str
    name: str
    position: int
    depends_on: tuple[str, ...]
    attempts: tuple[AttemptView, ...]

    @property
    def newest(self) -> AttemptView:
        """The attempt that counts."""
        return self.attempts[-1]

    @property
    def status(self) -> PhaseStatus:
        """How the phase stands: as its newest attempt does."""
        return self.newest.status


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A run, whole, and what the person who asks may do with it."""

    summary: RunSummary
    topic: str
    template_version: int | None
    #: Label -> answer, of the template's questions.
    inputs: tuple[tuple[str, str], ...]
    phases: tuple[PhaseView, ...]
    error: ErrorDetails | None
    is_cancel_requested: bool
    #: Workers that are alive; 0 explains why nothing happens.
    live_workers: int
    may_cancel: bool
    may_resume: bool

    @property
    def is_live(self) -> bool:
        """Whether it may still change by itself."""
        return self.summary.status in {RunStatus.QUEUED, RunStatus.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the first page shows."""

    running: tuple[LiveRun, ...]
    recent: tuple[RunSummary, ...]
    quota_used: int
    #: None has no end.
    quota_limit: int | None
    quota_resets_at: datetime
    has_projects: bool
    has_runs: bool
    live_workers: int
