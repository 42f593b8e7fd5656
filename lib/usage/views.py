"""What is asked of usage, and what the page sees of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from lib.usage.forecast import Forecast
from lib.usage.periods import Period


class Dimension(StrEnum):
    """By what calls can be told apart. Each is a `Cut` of the same name."""

    PROJECT = "project"
    PERSON = "person"
    MODEL = "model"
    TEMPLATE = "template"
    ENDPOINT = "endpoint"
    ERROR = "error"


#: Those whose keys are ids.
NAMED_BY_ID: Final = (Dimension.PROJECT, Dimension.PERSON, Dimension.TEMPLATE)
#: The id of a project, person or template; `provider:model`; an endpoint; the kind of an error. None: it has none.
Key = UUID | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageQuery:
    """Which calls are looked at."""

    period: Period
    #: Only these, by dimension: each has at least one key.
    chosen: Mapping[Dimension, frozenset[Key]] = field(default_factory=dict)
    #: Calls to models; those of operations otherwise.
    is_model: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What calls add up to."""

    calls: int = 0
    #: Those that were cancelled are not among them.
    failed_calls: int = 0
    #: Calls that may have cost something of which nobody knows how much, also those that failed or were cancelled:
    #: `cost_usd` is without them. What is certain to be free, as a call that was refused, is not among them.
    unpriced_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: Decimal = Decimal(0)

    @property
    def tokens(self) -> int:
        """Asked and answered."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def failed_share(self) -> float | None:
        """From 0 to 1; None where there were no calls."""
        return self.failed_calls / self.calls if self.calls else None

    def __add__(self, other: "Figures") -> "Figures":
        """Both together."""
        return Figures(
            calls=self.calls + other.calls,
            failed_calls=self.failed_calls + other.failed_calls,
            unpriced_calls=self.unpriced_calls + other.unpriced_calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, slots=True)
class Latency:
    """How long calls took, in ms: half of them, 95 and 99 of 100 no longer than that. None where none was timed."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One key's figures, bar by bar."""

    key: Key
    label: str
    bars: Sequence[Figures]
    #: Of how many keys; more than one where it is the others.
    count: int = 1
    #: How long its calls took, bar by bar; empty where nobody asked.
    latency_bars: Sequence[Latency] = ()

    @property
    def total(self) -> Figures:
        """Of all bars."""
        return sum(self.bars, Figures())


@dataclass(frozen=True, slots=True)
class Share:
    """One key's figures in the whole period, and how long its calls took."""

    key: Key
    label: str
    figures: Figures
    latency: Latency


@dataclass(frozen=True, slots=True)
class Cell:
    """One key's figures in one bar."""

    starts_at: datetime
    ends_at: datetime
    key: Key
    label: str
    figures: Figures
    latency: Latency


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What the calls of a period add up to."""

    period: Period
    #: The first moment of each bar, UTC.
    starts: Sequence[datetime]
    total: Figures
    latency: Latency
    bars: Sequence[Figures]
    latency_bars: Sequence[Latency]
    #: Runs that were launched, bar by bar; empty where only calls to some models or endpoints are looked at, by
    #: which runs can't be told apart.
    runs: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class HeatCell:
    """Calls of one hour of the week."""

    #: 0 is Monday.
    weekday: int
    hour: int
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """What the page of analytics shows, in one moment of the database."""

    #: As it was answered: what was asked for and is not there is left out.
    query: UsageQuery
    #: By what something was asked for that is not there.
    left_out: Sequence[Dimension]
    #: Whether there was ever a call, in any period; and one of an operation.
    has_calls: bool
    has_operations: bool
    report: UsageReport
    #: The period before; None where it was not asked for.
    before: UsageReport | None
    by: Dimension
    #: Bar by bar, the most expensive first.
    series: Sequence[Series]
    #: By the kind of error; what succeeded has none.
    errors: Sequence[Series]
    #: What was asked for, the most expensive first.
    top: Sequence[Share]
    #: Hours without calls are not among them.
    hours: Sequence[HeatCell]
    #: This month in the same filters, whatever the period.
    forecast: Forecast
    #: What those are called that the calls are narrowed to.
    names: Mapping[Dimension, Mapping[Key, str]]
