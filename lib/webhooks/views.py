"""What the page sees of endpoints and deliveries. No secret is among it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib.entry import clean_search
from lib.models.webhook import DeliveryStatus, EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointEntry:
    """What a person entered, not yet checked."""

    name: str
    url: str
    description: str = ""
    events: tuple[str, ...] = ()


class EndpointState(StrEnum):
    """How an endpoint stands."""

    ACTIVE = "active"
    #: On, and it has not taken the newest.
    FAILING = "failing"
    #: Switched off by a person.
    PAUSED = "paused"
    #: Switched off because it kept failing, or is gone.
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointView:
    """An endpoint, and how it has done lately."""

    id: UUID
    name: str
    url: str
    description: str
    events: tuple[EventType, ...]
    is_active: bool
    #: When it was stopped, and why; None where it was not.
    disabled_at: datetime | None
    disabled_reason: str | None
    consecutive_failures: int
    failing_since: datetime | None
    #: It is left alone until then: it asked for that, or keeps failing.
    resume_at: datetime | None
    last_triggered_at: datetime | None
    #: Until then the secret before signs along.
    previous_secret_expires_at: datetime | None
    updated_at: datetime
    #: Of the newest deliveries of the last seven days that have ended, `RECENT` at most; no test events.
    recent: int
    recent_delivered: int
    #: Deliveries that have not ended.
    waiting: int

    @property
    def state(self) -> EndpointState:
        """How it stands."""
        if not self.is_active:
            return EndpointState.STOPPED if self.disabled_at else EndpointState.PAUSED
        return EndpointState.FAILING if self.consecutive_failures else EndpointState.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEndpoint:
    """A new endpoint, or a new secret of one: the only time that it is to be read."""

    id: UUID
    name: str
    secret: str
    #: How long the secret before signs along; 0 where there is none.
    overlap_hours: int = 0
    #: Of its address, where no name server knows it (yet).
    unknown_host: str = ""


class DeliveryState(StrEnum):
    """The parts of the list of deliveries."""

    DELIVERED = "delivered"
    #: Waits for its first attempt, for another one, or for its endpoint; or is being sent.
    UNDER_WAY = "under_way"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries a list shows; None is all."""

    state: DeliveryState | None = None
    webhook_id: UUID | None = None
    event_type: EventType | None = None
    #: An event's or a delivery's id.
    search: str = ""

    def __post_init__(self) -> None:
        """However it was typed, the search is as `clean_search` leaves it."""
        object.__setattr__(self, "search", clean_search(self.search))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """An event on its way to one endpoint."""

    id: UUID
    webhook_id: UUID
    webhook_name: str
    event_id: UUID
    event_type: EventType
    #: What its event is about, by name: a run, a project, a person; None of a quota and of a test.
    about: str | None
    status: DeliveryStatus
    attempts: int
    #: Since somebody had it delivered again, where somebody has.
    attempts_now: int
    #: None also where it waits for its endpoint to be switched on.
    next_attempt_at: datetime | None
    status_code: int | None
    error: str | None
    duration_ms: int | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_held(self) -> bool:
        """Whether it waits for its endpoint to be switched on."""
        return self.status is DeliveryStatus.PENDING and self.next_attempt_at is None

    @property
    def is_retrying(self) -> bool:
        """Whether it has failed and is tried again."""
        return self.status is DeliveryStatus.PENDING and self.attempts_now > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One call of an endpoint."""

    number: int
    started_at: datetime
    duration_ms: int | None
    status_code: int | None
    error: str | None
    response: str | None
    #: Where it was sent; None where nobody knows any more.
    url: str | None
    #: It asked to be left alone until then.
    resume_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetail:
    """A delivery with what is sent and what came back, the newest attempt first."""

    summary: DeliveryView
    #: Of its endpoint as it is now.
    url: str
    #: Until then its endpoint is left alone.
    endpoint_resumes_at: datetime | None
    body: str
    #: Path of the page that its event is about; None of a test.
    page: str | None
    attempts: tuple[AttemptView, ...]
    #: How many workers there are that could send it.
    live_workers: int


@dataclass(frozen=True, slots=True)
class Pulse:
    """What of endpoints and deliveries moves by itself: once it is otherwise than before, something has happened."""

    endpoints: tuple[tuple[object, ...], ...]
    #: Of those that are looked at.
    deliveries: frozenset[tuple[object, ...]]
    #: Of all deliveries.
    newest: UUID | None
