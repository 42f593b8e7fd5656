"""What the pages see of a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from lib.models.run import PhaseStatus, RunStatus
from lib.organizations.views import Quota
from lib.runs.states import LIVE_RUN_STATUSES
from lib.runs.structures import ErrorDetails
from lib.users.views import Person


class RunSort(StrEnum):
    """What a list of runs begins with."""

    NEWEST = "newest"
    OLDEST = "oldest"
    #: What nobody knows the price of comes last.
    COST = "cost"
    #: What has not ended comes last.
    LONGEST = "longest"


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
    template_version: int | None
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
class AttemptFigures:
    """One attempt at a phase, without its prompt and answer."""

    id: UUID
    number: int
    status: PhaseStatus
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
    #: The attempt of the run before that it is a copy of; nothing was asked or paid for it here.
    reused_from: UUID | None
    #: Whether a prompt was made for it.
    has_prompt: bool
    #: How long the answer is in UTF-8, as far as it is written.
    response_bytes: int

    @property
    def next_attempt_at(self) -> datetime | None:
        """When the attempt after this one begins; None where there is none, or nobody has decided yet."""
        if self.completed_at is None or self.error is None or self.error.retry_seconds is None:
            return None
        return self.completed_at + timedelta(seconds=self.error.retry_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptTexts:
    """Prompt and answer of one attempt; of one that is being written the answer so far."""

    prompt: str | None
    response: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierTexts:
    """What was asked and answered the time before."""

    number: int
    #: Whether that was in the run that this one goes on from.
    is_of_other_run: bool
    texts: AttemptTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFigures:
    """A phase with all its attempts, the newest last."""

    code: str
    name: str
    position: int
    depends_on: tuple[str, ...]
    attempts: tuple[AttemptFigures, ...]

    @property
    def newest(self) -> AttemptFigures:
        """The attempt that counts."""
        return self.attempts[-1]

    @property
    def status(self) -> PhaseStatus:
        """How the phase stands: as its newest attempt does."""
        return self.newest.status

    @property
    def is_under_way(self) -> bool:
        """Whether it is being written, or waits for its next attempt."""
        return self.status is PhaseStatus.RUNNING or self.newest.next_attempt_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run without its prompts and answers, and what the person who asks may do with it."""

    summary: RunSummary
    #: Who launched it.
    launcher: Person
    topic: str
    #: Of the template that it was launched from, where the reader can see that one.
    template_id: UUID | None
    #: Label -> answer, of the template's questions.
    inputs: tuple[tuple[str, str], ...]
    #: The same as stored, by the questions' names.
    answers: Mapping[str, object]
    phases: tuple[PhaseFigures, ...]
    error: ErrorDetails | None
    is_cancel_requested: bool
    #: Workers that are alive; 0 explains why nothing happens.
    live_workers: int
    may_cancel: bool
    may_resume: bool
    may_retry: bool
    #: The run that this one goes on from.
    parent_run_id: UUID | None

    @property
    def is_live(self) -> bool:
        """Whether it may still change by itself."""
        return self.summary.status in LIVE_RUN_STATUSES

    @property
    def shape(self) -> str:
        """What stays the same while the run does nothing but write on, and time goes by."""
        return shape_of(
            self.summary.status,
            is_cancel_requested=self.is_cancel_requested,
            live_workers=self.live_workers,
            newest=((phase.newest.id, phase.status) for phase in self.phases),
        )


def shape_of(
    status: RunStatus,
    *,
    is_cancel_requested: bool,
    live_workers: int,
    newest: Iterable[tuple[UUID, PhaseStatus]],
) -> str:
    """What a look at a run is compared by: short, and the same in every process. `newest` are its phases' attempts."""
    attempts = [f"{attempt_id} {phase_status}" for attempt_id, phase_status in newest]
    told = "\n".join([status, str(is_cancel_requested), str(live_workers == 0), *attempts])
    return sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the first page shows."""

    running: tuple[LiveRun, ...]
    recent: tuple[RunSummary, ...]
    quota: Quota
    has_projects: bool
    has_runs: bool
    live_workers: int
