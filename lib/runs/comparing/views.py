"""What the pages see of two runs beside each other."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar
from uuid import UUID

from lib.models.run import RunStatus
from lib.runs.views import AttemptFigures, PhaseFigures, RunProgress

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Pair(Generic[Value]):
    """The same of both; None is what one does not have, or nobody knows."""

    left: Value | None
    right: Value | None

    @property
    def is_same(self) -> bool:
        """Whether both say the same."""
        return self.left == self.right


#: Each operation's status, or `DRY_RUN` where nothing was done because integrations were off.
Operations = tuple[str, ...]
DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPhase:
    """A phase of both runs, or of one of them, by its newest attempts."""

    code: str
    name: str
    phases: Pair[PhaseFigures]
    #: None where one has no such phase, or no prompt yet.
    is_same_prompt: bool | None
    is_same_answer: bool | None
    #: How what is done after it stands, in both.
    operations: Pair[Operations]

    @property
    def attempts(self) -> Pair[AttemptFigures]:
        """What counts of each."""
        return Pair(*(phase.newest if phase else None for phase in (self.phases.left, self.phases.right)))

    @property
    def differs(self) -> bool:
        """Whether anything that people read is otherwise: status, model, prompt, answer, operations."""
        left, right = self.attempts.left, self.attempts.right
        if left is None or right is None:
            return True
        is_told_alike = (left.status, left.model) == (right.status, right.model)
        is_same = is_told_alike and self.is_same_prompt is not False and self.is_same_answer is not False
        return not (is_same and self.operations.is_same)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs, phase by phase in the order of the right one, what only the left one has at its place."""

    left: RunProgress
    right: RunProgress
    phases: tuple[ComparedPhase, ...]

    @property
    def operations(self) -> Pair[Operations]:
        """How all that is done after the phases stands."""
        left = [status for phase in self.phases for status in phase.operations.left or ()]
        right = [status for phase in self.phases for status in phase.operations.right or ()]
        return Pair(tuple(left), tuple(right))


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A run that another one goes on from, or that goes on from it."""

    id: UUID
    title: str
    status: RunStatus
    model: str
    created_at: datetime
    #: Code of the phase that it began with; None is the start, or that it goes on from none.
    begins_with: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What a run goes on from, and what goes on from it."""

    parent: Relative | None
    #: The newest first.
    children: tuple[Relative, ...]
    has_more: bool


def tokens_of(attempt: AttemptFigures | None) -> int | None:
    """In and out; None where nothing was counted."""
    if attempt is None or attempt.prompt_tokens is None:
        return None
    return attempt.prompt_tokens + (attempt.completion_tokens or 0)


def cost_of(attempt: AttemptFigures | None) -> Decimal | None:
    """None is unknown, or nothing was asked yet."""
    return attempt.cost_usd if attempt else None
