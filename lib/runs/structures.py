"""The JSON structures of a run: what it was launched with, and how it is kept. The specification's are verbatim."""

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
    #: What is wrong with an answer that is not what the phase asks for, a line each.
    faults: tuple[str, ...] = ()
