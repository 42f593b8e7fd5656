"""What a template says: the model of `orchestration_templates.template_data`.

It is complete from the start. A version that can't run something yet refuses the plan by name (see `plan.py`), so a
template never has to be rewritten when the behaviour arrives.
"""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue, StrictBool, model_validator

from lib.access.permissions import Role
from lib.errors import InvalidInput, PlanInvalid
from lib.providers.base import ModelChoice, ModelParameters
from lib.quoting import cut
from lib.templates.inputs import InputField, Name, Part
from lib.templates.json_output.schemas import find_problem
from lib.templates.sandbox import MAX_PROMPT_BYTES
from lib.validation import validate

MAX_PHASES = 100
#: After one phase.
MAX_OPERATIONS = 20


def _parse_model(text: str) -> str:
    try:
        return str(ModelChoice.parse(text))
    except InvalidInput as error:
        raise ValueError(error.message) from None


def _parse_reviewer(text: str) -> str:
    if text in {role.value for role in Role}:
        return text
    try:
        return str(UUID(text))
    except ValueError:
        message = f"“{text}” is neither a role, such as {Role.MANAGER}, nor the id of a person"
        raise ValueError(message) from None


Code = Annotated[str, Field(min_length=1, max_length=50)]
Text = Annotated[str, Field(max_length=10_000)]
#: A role, or the id of a person.
Reviewer = Annotated[str, AfterValidator(_parse_reviewer)]
#: `provider:model`, see `ModelChoice`.
Model = Annotated[str, AfterValidator(_parse_model)]


class PhaseOutput(Part):
    """What the answer has to be: free text, or JSON that fits a JSON Schema."""

    kind: Literal["text", "json"] = "text"
    json_schema: dict[str, JsonValue] | None = Field(default=None, alias="schema")

    @model_validator(mode="after")
    def _schema_belongs_to_json(self) -> Self:
        if self.json_schema is not None and self.kind != "json":
            message = "schema belongs to the kind “json”"
            raise ValueError(message)
        if self.json_schema is not None and (problem := find_problem(self.json_schema)):
            message = f"schema: {problem}"
            raise ValueError(message)
        return self


class ReviewGate(Part):
    """People who have to agree before the next phase begins."""

    required_approvals: Annotated[int, Field(ge=1, le=20, strict=True)] = 1
    #: Roles (`manager`) or ids of people; empty is everybody who may review.
    reviewers: tuple[Reviewer, ...] = Field(default=(), max_length=50)
    due_hours: Annotated[int, Field(ge=1, le=8_760, strict=True)] | None = None
    instructions: Text = ""


class OperationSpec(Part):
    """Something done with the answer: a file written, a message sent, an HTTP call."""

    type: Annotated[str, Field(min_length=1, max_length=100)]
    name: Name | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    #: None asks people where somebody outside notices it: see `lib.integrations.base.Kind.is_outside`.
    requires_approval: StrictBool | None = None
    condition: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None


class PhaseSpec(Part):
    """One step: a prompt, who answers it, and what has to be there before."""

    code: Code
    name: Name
    prompt: Annotated[str, Field(min_length=1)]
    #: None is the phase before, an empty list none at all.
    depends_on: tuple[Code, ...] | None = None
    #: An expression; the phase is skipped where it is not true.
    condition: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    model: Model | None = None
    parameters: ModelParameters = ModelParameters()
    output: PhaseOutput = PhaseOutput()
    timeout_seconds: Annotated[int, Field(ge=1, le=3_600, strict=True)] | None = None
    max_attempts: Annotated[int, Field(ge=1, le=10, strict=True)] | None = None
    #: Asked in this order where the model of the phase fails for good.
    fallback_models: tuple[Model, ...] = Field(default=(), max_length=5)
    review: ReviewGate | None = None
    operations: tuple[OperationSpec, ...] = Field(default=(), max_length=MAX_OPERATIONS)

    def asking_first(self) -> Self:
        """The same, without operations that are done unasked because the template says so."""
        if all(each.requires_approval is not False for each in self.operations):
            return self
        usual = {"requires_approval": None}
        asking = (
            each.model_copy(update=usual) if each.requires_approval is False else each for each in self.operations
        )
        return self.model_copy(update={"operations": tuple(asking)})


class TemplateData(Part):
    """A whole template but for its name, category and tags, which are columns."""

    schema_version: Literal[1] = 1
    description: Text = ""
    inputs: tuple[InputField, ...] = Field(default=(), max_length=50)
    phases: tuple[PhaseSpec, ...] = Field(min_length=1, max_length=MAX_PHASES)
    #: What the launch form proposes.
    model: Model | None = None
    #: For each phase that says nothing else.
    parameters: ModelParameters = ModelParameters()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        _refuse_twice([field.name for field in self.inputs], "the input")
        _refuse_twice([phase.code for phase in self.phases], "the phase")
        size = sum(len(phase.prompt.encode()) for phase in self.phases)
        if size > MAX_PROMPT_BYTES:
            message = f"the prompts are {size // 1000} kB together; {MAX_PROMPT_BYTES // 1000} kB is the most"
            raise ValueError(message)
        order_phases(self.dependencies())
        return self

    def to_json(self) -> dict[str, object]:
        """For the JSONB column; what was left out stays out."""
        return self.model_dump(mode="json", exclude_unset=True)

    def asking_first(self) -> Self:
        """The same, with nothing that leads outside done unasked, whatever it says."""
        return self.model_copy(update={"phases": tuple(phase.asking_first() for phase in self.phases)})

    def dependencies(self) -> dict[str, tuple[str, ...]]:
        """Code of each phase -> codes of those it waits for, with “the phase before” made explicit."""
        found: dict[str, tuple[str, ...]] = {}
        before: tuple[str, ...] = ()
        for phase in self.phases:
            named = before if phase.depends_on is None else phase.depends_on
            found[phase.code] = tuple(dict.fromkeys(named))
            before = (phase.code,)
        return found


def phase_title(position: int, name: str) -> str:
    """What people read of a phase, of its `position` from 0: Phase 1 “Ideation”."""
    counted = f"Phase {position + 1}"
    return counted if name == counted else f"{counted} “{cut(name)}”"


def parse_template(data: object) -> TemplateData:
    """`data` as a template, or `PlanInvalid` with one line a fault."""
    try:
        return validate(TemplateData, data, what="The template")
    except InvalidInput as error:
        raise PlanInvalid(error.message, problems=error.problems) from None


def order_phases(dependencies: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The codes such that each comes after what it waits for, otherwise as listed. `ValueError` where that can't be."""
    for code, needed in dependencies.items():
        for missing in (other for other in needed if other not in dependencies):
            message = f"“{code}” waits for “{missing}”, which is not a phase of this template"
            raise ValueError(message)
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        circle = " → ".join(f"“{code}”" for code in reversed(error.args[1]))
        message = f"these phases wait for each other: {circle}"
        raise ValueError(message) from None
    ordered: list[str] = []
    waiting = list(dependencies)
    while waiting:
        ready = next(code for code in waiting if set(dependencies[code]) <= set(ordered))
        ordered.append(ready)
        waiting.remove(ready)
    return tuple(ordered)


def _refuse_twice(names: list[str], what: str) -> None:
    if twice := next((name for name in names if names.count(name) > 1), None):
        message = f"{what} “{twice}” is there twice"
        raise ValueError(message)
