"""Which calls are listed, and what a list says of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from lib.usage.hours import HourOfWeek
from lib.usage.views import Dimension, Key, UsageQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """The calls behind something that `query` shows."""

    query: UsageQuery
    #: A part of the query's period; all of it without.
    since: datetime | None = None
    before: datetime | None = None
    #: Only those that failed, as figures count them.
    is_failed: bool = False
    #: Only those of one hour of the week.
    hour: HourOfWeek | None = None
    #: Not these, by dimension: what is left where each of them has a part of its own.
    all_but: Mapping[Dimension, frozenset[Key]] = field(default_factory=dict)

    @property
    def starts_at(self) -> datetime:
        """From that moment on, never before the period."""
        start = self.query.period.starts_at
        return max(self.since, start) if self.since else start

    @property
    def ends_at(self) -> datetime:
        """To that moment, which is not among it."""
        end = self.query.period.ends_at
        return min(self.before, end) if self.before else end


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """One call to a model."""

    id: UUID
    created_at: datetime
    person: str | None
    project: str | None
    run_id: UUID | None
    run_title: str | None
    provider: str | None
    model: str | None
    endpoint: str
    prompt_tokens: int | None
    completion_tokens: int | None
    #: None where nobody knows the price.
    cost_usd: Decimal | None
    response_time_ms: int | None
    error_kind: str | None

    @property
    def tokens(self) -> int:
        """Asked and answered, as far as the provider said."""
        return (self.prompt_tokens or 0) + (self.completion_tokens or 0)


@dataclass(frozen=True, slots=True)
class CallList:
    """A page of calls, and what the things are called that it is told they are of, or are not."""

    items: tuple[CallView, ...]
    newer: str | None
    older: str | None
    names: Mapping[Dimension, Mapping[Key, str]] = field(default_factory=dict)
