"""A run as a file that other programs read: the documented structure, and its JSON Schema.

Made of the models: `python -m lib.runs.exporting.structures > docs/run.schema.json` after these have changed.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lib.models.operation import OperationStatus
from lib.models.review import Decision
from lib.models.run import PhaseStatus, RunStatus
from lib.templates.inputs import InputValue

Told = Annotated[Decimal | None, Field(description="In US dollars; null where a price is unknown.")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExportedInput(_Part):
    """A question of the template, and what was answered at the launch."""

    name: str
    label: str
    value: InputValue


class ExportedRun(_Part):
    """The run itself."""

    id: UUID
    title: str
    status: RunStatus
    topic: str
    project: str
    launched_by: str
    template: str
    template_version: int | None
    model: Annotated[str | None, Field(description="provider:model, as chosen at the launch.")]
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    execution_time_ms: int | None
    total_tokens: Annotated[int, Field(description="Of all attempts, in and out.")]
    cost_usd: Told
    inputs: tuple[ExportedInput, ...]
    integration_enabled: Annotated[bool, Field(description="Whether operations were to be done.")]
    goes_on_from: Annotated[UUID | None, Field(description="The run that this one took completed phases over from.")]
    goes_on_with: Annotated[str | None, Field(description="Code of the phase that it began with; null is the start.")]


class ExportedWord(_Part):
    """What one person said of an answer that waited for a review, as it stood at last."""

    by: str
    decision: Decision
    comment: str
    is_counted: Annotated[bool, Field(description="Whether it approves the text as it was decided about at last.")]
    said_at: datetime


class ExportedComment(_Part):
    """What somebody said of the run, or of one of its phases."""

    by: str
    phase: Annotated[str | None, Field(description="Code of the phase; null is the run as a whole.")]
    text: str
    written_at: datetime


class ExportedOperation(_Part):
    """Something that was to be done after a phase, and what became of it; not what was sent."""

    type: str
    name: Annotated[str, Field(description="Of its own, else of its kind.")]
    status: OperationStatus
    is_dry_run: Annotated[bool, Field(description="Whether nothing was done because integrations were off.")]
    is_reused: Annotated[bool, Field(description="Whether the run before has done it.")]
    does: Annotated[str, Field(description="In one sentence.")]
    decided_by: Annotated[str | None, Field(description="Who approved or rejected it.")]
    decided_at: datetime | None
    attempts: int
    completed_at: datetime | None
    message: Annotated[str | None, Field(description="Why it failed, was cancelled or rejected.")]


class ExportedPhase(_Part):
    """A phase as its newest attempt left it; earlier attempts are not in the file."""

    code: str
    name: str
    position: int
    depends_on: tuple[str, ...]
    status: PhaseStatus
    attempt: int
    model: str | None
    is_reused: Annotated[bool, Field(description="Whether it was taken over: nothing was asked or paid here.")]
    prompt: Annotated[str | None, Field(description="Null where the file was made without prompts, or none was.")]
    answer: str | None
    model_answer: Annotated[str | None, Field(description="The model's own, where a person has edited the answer.")]
    reviews: tuple[ExportedWord, ...]
    operations: tuple[ExportedOperation, ...]
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: Told
    execution_time_ms: int | None
    finish_reason: str | None
    error: Annotated[str | None, Field(description="What went wrong, in words.")]


class RunDocument(_Part):
    """A run of AI Orchestrator with its answers, as it stood when it was exported."""

    schema_version: Literal[1] = 1
    exported_at: datetime
    has_prompts: bool
    run: ExportedRun
    phases: tuple[ExportedPhase, ...]
    comments: tuple[ExportedComment, ...]

    def to_json(self) -> bytes:
        """The file."""
        return self.model_dump_json(indent=2).encode()


def write_schema() -> str:
    """The same as docs/run.schema.json has it."""
    return json.dumps(RunDocument.model_json_schema(mode="serialization"), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(write_schema(), end="")
