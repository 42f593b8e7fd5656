"""What a person chooses of a run that goes on from another one, and what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from lib.organizations.views import Quota
from lib.runs.replan import Difference
from lib.runs.structures import RunEstimate, RunInputs
from lib.runs.views import PhaseFigures, RunProgress
from lib.templates.inputs import InputField, InputValue
from lib.templates.plan import Plan


@dataclass(frozen=True, slots=True)
class CostLimit:
    """What somebody chose that a run may cost at most, in US dollars; None is no limit."""

    usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRequest:
    """What a person chose, not yet checked. What is None stays as it was."""

    run_id: UUID
    #: Code of the phase that it begins with; None is the start.
    begins_with: str | None = None
    #: Whether it follows the template's latest version, and not the plan that was frozen.
    is_latest: bool = False
    #: The version that the person was shown as the latest; where that is another one by then, nothing is launched.
    shown_version: int | None = None
    #: `provider:model`.
    model: str | None = None
    topic: str | None = None
    inputs: Mapping[str, object] | None = None
    #: Of the phase that it begins with; stands in the new run's plan and nowhere else.
    prompt: str | None = None
    cost_limit: CostLimit | None = None
    #: Whether operations are done, where the organization lets runs do so.
    integration_enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDesk:
    """What there is to choose from."""

    run: RunProgress
    frozen: Plan
    #: What the template says now, where that is another version and the person may launch it.
    latest: Plan | None
    differences: tuple[Difference, ...]
    topic: str
    values: Mapping[str, InputValue]
    #: The phase to begin with where nobody says anything else.
    begins_with: str | None
    #: Whether the run before did operations, and whether the organization lets runs do so now.
    integration_enabled: bool
    lets_operate: bool

    def plan_of(self, *, is_latest: bool) -> Plan:
        """The one that is followed."""
        return self.latest if is_latest and self.latest else self.frozen

    def questions_of(self, *, is_latest: bool) -> tuple[InputField, ...]:
        """What was asked at the launch, with what was answered in place of the defaults."""
        questions = self.plan_of(is_latest=is_latest).inputs
        return tuple(
            each.model_copy(update={"default": self.values.get(each.name, each.default)}) for each in questions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A request that can be launched, but for the model's answer to whether it is there."""

    plan: Plan
    model: str
    template_id: UUID | None
    topic: str
    inputs: RunInputs
    #: Code -> the phase as the run before completed it, in the plan's order.
    reused: Mapping[str, PhaseFigures]
    #: Names of the reused ones that were written with another topic or other inputs.
    written_before: tuple[str, ...]
    #: What the model of the phase that it begins with will be asked.
    prompt: str
    estimate: RunEstimate
    quota: Quota
    title: str | None
    cost_limit_usd: Decimal | None
    #: Whether operations will be done: as in the run before, and as the organization allows it now.
    integration_enabled: bool

    @property
    def saved_tokens(self) -> int:
        """What the reused phases took the first time."""
        newest = [phase.newest for phase in self.reused.values()]
        return sum((each.prompt_tokens or 0) + (each.completion_tokens or 0) for each in newest)

    @property
    def saved_cost_usd(self) -> Decimal | None:
        """None is unknown."""
        costs = [phase.newest.cost_usd for phase in self.reused.values()]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None

    @property
    def saved_seconds(self) -> float:
        """Of the models' time."""
        return sum(phase.newest.execution_time_ms or 0 for phase in self.reused.values()) / 1000
