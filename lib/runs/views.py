"""What the pages see of a run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

from lib.models.run import PhaseStatus, RunPriority, RunStatus
from lib.runs.states import LIVE_RUN_STATUSES
from lib.runs.structures import ErrorDetails, RunEstimate
from lib.users.views import Person

#: What a shape says in place of the status of a phase that waits for the limit of its connection.
HELD = "held"


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
    #: Queued, and not admitted: its organization runs as many as it may.
    is_waiting: bool
    priority: RunPriority
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


#: Nobody counts a line further than this: api.read_turns.
MOST_TURNS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """How many runs of the organization are under way, those among them that the reader may not see."""

    admitted: int
    #: How many may be at once.
    most: int
    #: How many wait for their turn; what is more than `MOST_TURNS` is one more.
    waiting: int
    #: Which of these the run is that was asked about, counted from 1; None where it does not wait.
    place: int | None = None

    @property
    def is_full(self) -> bool:
        """Whether a run that is launched now would wait."""
        return self.admitted >= self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFigures:
    """That people were asked about an answer."""

    id: UUID
    requested_at: datetime
    due_at: datetime | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """That somebody wants a run paused, or has had it paused."""

    by: Person | None
    asked_at: datetime


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
    #: People were asked about its answer; None where nobody is.
    review: ReviewFigures | None
    #: What was said when it was sent back.
    redo_comment: str | None
    #: Whether a reviewer has edited the model's answer.
    is_edited: bool
    #: Whether a prompt was made for it.
    has_prompt: bool
    #: How long the answer is in UTF-8, as far as it is written.
    response_bytes: int

    @property
    def answered_at(self) -> datetime | None:
        """When the model was done with it; None before. A decision on the answer may come weeks later."""
        return self.review.requested_at if self.review else self.completed_at

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
    #: The model's own answer, where a reviewer has edited it.
    original: str | None = None


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
    #: Whether its answer is JSON.
    is_json: bool = False

    @property
    def newest(self) -> AttemptFigures:
        """The attempt that counts."""
        return self.attempts[-1]

    @property
    def status(self) -> PhaseStatus:
        """How the phase stands: as its newest attempt does."""
        return self.newest.status

    @property
    def is_not_asked(self) -> bool:
        """Whether it was skipped for a reason of its own, and not because the run ended before it."""
        return self.status is PhaseStatus.SKIPPED and self.newest.error is not None

    @property
    def is_held(self) -> bool:
        """Whether it waits for the limit of its connection."""
        return self.status is PhaseStatus.PENDING and self.newest.error is not None

    @property
    def note(self) -> str:
        """Why nothing is, or was, asked in it, as a sentence; empty where there is nothing to say."""
        return self.newest.error.message if self.newest.error and (self.is_not_asked or self.is_held) else ""

    @property
    def is_under_way(self) -> bool:
        """Whether it is being written, or waits for its next attempt."""
        return self.status is PhaseStatus.RUNNING or self.newest.next_attempt_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItsSchedule:
    """The schedule that a run was launched for."""

    id: UUID
    title: str
    #: Launched by somebody; known until the schedule has launched another one by itself.
    is_by_hand: bool


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
    #: By whom it is paused, or is to be; None while nobody wants that.
    pause: Pause | None
    #: None is none.
    cost_limit_usd: Decimal | None
    #: What counts as spent against that, an attempt of unknown cost as the most that it can have been; None is unknown.
    counted_usd: Decimal | None
    #: Workers that are alive; 0 explains why nothing happens.
    live_workers: int
    #: Where it stands in the line; None while it does not wait.
    turns: Turns | None
    may_cancel: bool
    may_resume: bool
    may_pause: bool
    #: To let it spend more, or as much as it takes.
    may_raise_limit: bool
    #: To end it where it is, with what is completed.
    may_finish: bool
    may_retry: bool
    #: Give it another priority.
    may_prioritize: bool
    #: The run that this one goes on from.
    parent_run_id: UUID | None
    #: Code of the phase that it began with; None is the start.
    begins_with: str | None
    #: What was expected of it before it began; None of runs of before there was one.
    estimate: RunEstimate | None
    operations: tuple[str, ...] = ()  #: "id status" of each, after its phases
    integration_enabled: bool | None = None  #: Whether these are done, if it was launched with any.
    #: The schedule that it was launched for, where the reader can open that one.
    schedule: ItsSchedule | None = None
    #: When somebody last said something of one of its answers.
    last_word_at: datetime | None = None

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
            is_pause_requested=self.pause is not None,
            live_workers=self.live_workers,
            last_word_at=self.last_word_at,
            newest=((phase.newest.id, HELD if phase.is_held else phase.status) for phase in self.phases),
            operations=self.operations,
        )


def shape_of(
    status: RunStatus,
    *,
    is_cancel_requested: bool,
    is_pause_requested: bool,
    live_workers: int,
    last_word_at: datetime | None,
    newest: Iterable[tuple[UUID, str]],
    operations: Iterable[str] = (),
) -> str:
    """What a look at a run is compared by: short, and the same in every process. `newest` are its phases' attempts."""
    attempts = [f"{attempt_id} {phase_status}" for attempt_id, phase_status in newest]
    said = (is_cancel_requested, is_pause_requested, live_workers == 0, last_word_at)
    told = "\n".join([status, *map(str, said), *attempts, *operations])
    return sha256(told.encode()).hexdigest()[:16]
