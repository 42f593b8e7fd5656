"""What pages see of budgets, and what people enter of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from lib.models.budget import BudgetPeriod, BudgetScope

#: Percent, where nobody has chosen others.
USUAL_THRESHOLDS: Final = (50, 80, 95)
#: A gauge is a warning from this share on, where no threshold of its budget is higher.
_FULL: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """What a person entered, not yet checked. What it is about, and its period, stay as they are once it is made."""

    name: str
    scope: str = BudgetScope.ORGANIZATION
    project_id: UUID | None = None
    user_id: UUID | None = None
    period: str = BudgetPeriod.MONTH
    limit_usd: Decimal = Decimal(0)
    #: Percent.
    thresholds: tuple[int, ...] = USUAL_THRESHOLDS
    is_hard: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseView:
    """A raise that has not expired."""

    id: UUID
    amount_usd: Decimal
    reason: str
    expires_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How much of a budget is used, for those whom it binds."""

    id: UUID
    name: str
    scope: BudgetScope
    period: BudgetPeriod
    #: The project's or the person's name; the organization's is not said.
    about: str
    #: What it allows at the moment, raises among it.
    allowed_usd: Decimal
    spent_usd: Decimal
    thresholds: tuple[int, ...]
    is_hard: bool
    #: Calls of this period of which nobody knows the price: they are in no sum.
    unknown_calls: int

    @property
    def left_usd(self) -> Decimal:
        """What may be spent still; never less than nothing."""
        return max(self.allowed_usd - self.spent_usd, Decimal(0))

    @property
    def over_usd(self) -> Decimal:
        """What is spent beyond it."""
        return max(self.spent_usd - self.allowed_usd, Decimal(0))

    @property
    def share(self) -> float:
        """Used, from 0 on; more than 1 where it is exceeded."""
        return float(self.spent_usd / self.allowed_usd)

    @property
    def is_used_up(self) -> bool:
        """Whether a hard one lets nothing begin any more."""
        return self.spent_usd >= self.allowed_usd

    @property
    def reached(self) -> int | None:
        """The highest of its thresholds, in percent, that is reached; 100 among them. None where none is."""
        points = [*self.thresholds, _FULL]
        return max((point for point in points if self.spent_usd * 100 >= self.allowed_usd * point), default=None)

    @property
    def is_short(self) -> bool:
        """Whether that is worth a warning: the second of its thresholds is reached, or the only one."""
        points = sorted({*self.thresholds, _FULL})
        return self.reached is not None and self.reached >= points[min(1, len(points) - 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetView(Gauge):
    """A budget whole, for who may see what everybody spends."""

    project_id: UUID | None
    user_id: UUID | None
    limit_usd: Decimal
    note: str
    raises: tuple[RaiseView, ...]
    created_by: str
    updated_at: datetime

    @property
    def raised_usd(self) -> Decimal:
        """What the raises of the moment add."""
        return self.allowed_usd - self.limit_usd


@dataclass(frozen=True, slots=True)
class BudgetCounts:
    """How many budgets there are, how many of them are used up, and of how many more little is left."""

    all: int = 0
    used_up: int = 0
    short: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """A watch over what each person spends within some hours."""

    id: UUID
    limit_usd: Decimal
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A person who has spent more than a watch lets them, within its hours before now."""

    person: str
    spent_usd: Decimal
    limit_usd: Decimal
    hours: int
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """What whoever looks after budgets should know."""

    #: Of which little is left, the fullest first.
    budgets: tuple[Gauge, ...] = ()
    #: How many more there are of these.
    more: int = 0
    notices: tuple[NoticeView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a budget can be about, by name: the newest projects, or people in the order of their names."""

    names: dict[UUID, str]
    #: There are others, which a search finds.
    has_more: bool
