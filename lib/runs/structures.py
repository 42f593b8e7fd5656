"""The JSON structures of a run: what it was launched with, and how it is kept. The specification's are verbatim."""

from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from lib.templates.inputs import InputValue


class _Structure(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProjectAtLaunch(_Structure):
    """What prompts may read of the project; kept, because a project can be renamed while a run waits."""

    name: str
    description: str = ""


class RunInputs(_Structure):
    """`orchestration_runs.inputs`: what the person entered."""

    project: ProjectAtLaunch
    #: Answers to the template's questions.
    values: dict[str, InputValue] = Field(default_factory=dict)


class PhaseResult(_Structure):
    """One phase of `results`."""

    phase: str
    status: str
    response: str | None
    execution_time_ms: int | None


class ResultsMetadata(_Structure):
    """The sums of `results`."""

    total_phases: int
    successful_phases: int
    #: As `85.7%`.
    success_rate: str


class Results(_Structure):
    """`orchestration_runs.results`, written when a run ends."""

    phases: dict[str, PhaseResult]
    metadata: ResultsMetadata


class TokenUsage(_Structure):
    """`phase_executions.token_usage`; empty until the attempt has ended."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    model: str
    #: None where the price is unknown.
    cost_usd: float | None


class NotAsked(StrEnum):
    """Kinds of `error_details` that are no error: why nothing is, or was, asked in a phase."""

    #: Its condition is not true.
    CONDITION = "condition"
    #: All that it waits for was skipped.
    SKIPPED_BEFORE = "skipped_before"
    #: It waits for the limit of its connection; written by api.hold_attempts.
    CONNECTION_LIMIT = "connection_limit"


class PhaseEstimate(_Structure):
    """One phase of an estimate. A pair is from the cheaper case to the dearer one."""

    code: str
    name: str
    #: `provider:model`.
    model: str
    prompt_tokens: tuple[int, int]
    completion_tokens: tuple[int, int]
    #: None where the price is unknown.
    cost_usd: tuple[Decimal, Decimal] | None
    #: The models without one, itself or fallbacks.
    unpriced: tuple[str, ...] = ()
    #: None where nothing like it has run.
    seconds: tuple[float, float] | None
    #: Earlier attempts at the phase that its length comes from; 0 is a stated default.
    based_on: int
    #: By its condition, or because nothing is asked that it waits for.
    may_be_skipped: bool = False


class RunEstimate(_Structure):
    """`orchestration_runs.estimate`: what was expected of a run before it began."""

    phases: tuple[PhaseEstimate, ...]
    #: Along the longest way through the phases; None where one on it is unknown.
    seconds: tuple[float, float] | None

    @property
    def calls(self) -> tuple[int, int]:
        """Of the quota, at least and at most, where no attempt has to be repeated."""
        return sum(not phase.may_be_skipped for phase in self.phases), len(self.phases)

    @property
    def cost_usd(self) -> tuple[Decimal, Decimal] | None:
        """None where one price is unknown."""
        costs = [phase.cost_usd for phase in self.phases]
        known = [cost for cost in costs if cost is not None]
        if len(known) < len(costs):
            return None
        return sum((cost[0] for cost in known), Decimal(0)), sum((cost[1] for cost in known), Decimal(0))

    @property
    def is_free(self) -> bool:
        """Whether nothing of it costs anything."""
        return all(phase.cost_usd is not None and phase.cost_usd[1] == 0 for phase in self.phases)

    @property
    def unpriced_models(self) -> tuple[str, ...]:
        """What is unknown of the cost: each model once."""
        return tuple(dict.fromkeys(model for phase in self.phases for model in phase.unpriced))


class ErrorDetails(_Structure):
    """`error_details` of a run and of an attempt; empty where nothing went wrong."""

    kind: str
    message: str
    phase: str | None = None
    attempt: int | None = None
    provider: str | None = None
    model: str | None = None
    #: HTTP status.
    status: int | None = None
    #: How long after the attempt's end the next one begins; None where none does.
    retry_seconds: float | None = None
    #: Why there is another attempt, or none.
    retry_reason: str | None = None
    #: Who is asked by it.
    retry_model: str | None = None
    #: The one that has stopped the run, by its id.
    budget: str | None = None
    #: What is wrong with an answer that is not what the phase asks for, a line each.
    faults: tuple[str, ...] = ()
