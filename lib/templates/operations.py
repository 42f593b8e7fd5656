"""From a plan's operations to what is to be done: their parameters rendered once the phase is completed."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue, ValidationError

from lib.errors import PlanInvalid, PlanNotSupported
from lib.integrations.base import FailureKind, Kind, OperationFailed, Parameters
from lib.integrations.registry import find_kinds
from lib.models.operation import OperationStatus
from lib.storable import storable
from lib.templates.json_output.parsing import NotJson, parse_json
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.renderers import TimeLeft, taking_together
from lib.templates.rendering import COMPLETED, PhaseAnswer, PromptContext, variables_of
from lib.templates.sandbox import compile_prompt, is_true, render
from lib.templates.steps import PromptFault
from lib.templates.structure import OperationSpec, TemplateData, phase_title
from lib.validation import explain

#: What an operation reads besides what its phase's prompt does.
OWN_NAMES: Final = ("answer", "answers", "answers_json", "phase", "run")
#: Of the operations of one phase together, filled in: processor time, and what comes out.
MAX_SECONDS: Final = 4.0
MAX_CHARACTERS: Final = 8_000_000
#: Of one operation; each is filled in by itself.
MAX_TEXTS: Final = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What operations may say of their run."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOperation:
    """One that is to be made: what it does, or why nothing is to be done."""

    position: int
    type: str
    name: str | None
    params: Mapping[str, Any]
    requires_approval: bool
    #: In one sentence.
    would: str = ""
    #: `status` and `error`, where it has ended before it began.
    ended: Mapping[str, Any] | None = None


def plan_operations(phase: PlannedPhase, context: PromptContext, run: RunFacts) -> tuple[PlannedOperation, ...]:
    """The operations of a phase that is completed. The same answers give the same.

    One that can't be rendered, or whose parameters can't be used, has failed by then; one whose condition is not true
    is cancelled. Neither keeps the others from being done. All of them together may take so much time, and become so
    long: those that come too late have failed.
    """
    with taking_together(MAX_SECONDS) as time:
        filling = _Filling(phase, context, run, time, MAX_CHARACTERS)
        return tuple(_plan(spec, position, filling) for position, spec in enumerate(phase.operations))


def refuse_unsupported(plan: Plan) -> None:
    """Raise `PlanNotSupported` that names each phase and what it asks for that can't be run (yet).

    A template may have been saved before its operations were looked at, or its kinds may have changed since.
    """
    missing = [
        f"{phase.title} asks for operations, and number {number} can't be used: {fault}"
        for phase in plan.phases
        for number, fault in _find_faults(phase.operations)
    ]
    if missing:
        message = f"This version can't run that yet: {'; '.join(missing)}. Choose another template, or take it out."
        raise PlanNotSupported(message)


def _find_faults(operations: Sequence[OperationSpec]) -> Iterator[tuple[int, str]]:
    """The number of each operation of a phase that can't be used, as people count, and why."""
    for number, spec in enumerate(operations, start=1):
        for fault in find_operation_faults(spec):
            yield number, fault


def asks_approval(spec: OperationSpec) -> bool:
    """Whether people are asked about an operation as it is written; True of one that can't be used."""
    kind = find_kinds().get(spec.type)
    if kind is None or spec.requires_approval is not None:
        return spec.requires_approval is not False
    try:
        return kind.is_outside(kind.parameters.model_validate(spec.parameters))
    except ValidationError:
        return True


def check_operations(template: TemplateData) -> None:
    """Raise `PlanInvalid` with one line for each operation that can't be used. For saving a template."""
    problems = [
        f"Operation {number} of {phase_title(position, phase.name)} can't be used: {fault}."
        for position, phase in enumerate(template.phases)
        for number, spec in enumerate(phase.operations, start=1)
        for fault in find_faults_to_mend(spec)
    ]
    if problems:
        raise PlanInvalid("\n".join(problems), problems=problems)


def find_faults_to_mend(spec: OperationSpec) -> Iterator[str]:
    """The same, and what makes it fail in each run: said to who writes it, while what is stored can be launched."""
    is_right = True
    for fault in find_operation_faults(spec):
        is_right = False
        yield fault
    if is_right:
        yield from find_kinds()[spec.type].parameters.model_validate(spec.parameters).find_hopeless()


def find_operation_faults(spec: OperationSpec) -> Iterator[str]:
    """What is wrong with an operation as it is written, in words that end a sentence."""
    kind = find_kinds().get(spec.type)
    if kind is None:
        yield f"“{spec.type}” is no kind of operation; known are {', '.join(find_kinds())}"
        return
    try:
        params = kind.parameters.model_validate(spec.parameters)
    except ValidationError as error:
        yield from (line.rstrip(".") for line in explain(error, kind.parameters))
        return
    texts = [*_texts([getattr(params, name) for name in kind.parameters.rendered_fields()])]
    if sum("{" in text for text in texts) > MAX_TEXTS:
        yield f"it has more than {MAX_TEXTS} texts that are to be filled in"
        return
    for text in texts:
        try:
            compile_prompt(text)
        except PromptFault as fault:
            yield fault.message.rstrip(".")
    if spec.condition is not None:
        try:
            compile_prompt(spec.condition, is_condition=True)
        except PromptFault as fault:
            yield f"its condition: {fault.message.rstrip('.')}"


@dataclass(slots=True)
class _Filling:
    """What the operations of one phase read, and what they have left together of time and of characters."""

    phase: PlannedPhase
    context: PromptContext
    run: RunFacts
    time: TimeLeft
    characters: int

    def take(self, text: str) -> str:
        """The text, where there is room for it. Raises `PromptFault`."""
        if len(text) > self.characters:
            raise PromptFault(f"the operations of its phase become longer than {MAX_CHARACTERS:,} characters together")
        self.characters -= len(text)
        return text

    def explain(self, message: str) -> str:
        """Why something could not be filled in: where no time was left, that is why."""
        together = f"the operations of its phase take more than {MAX_SECONDS:g} s together; does one loop too often?"
        return message if self.time.seconds > 0 else together


def _plan(spec: OperationSpec, position: int, filling: _Filling) -> PlannedOperation:
    kind = find_kinds().get(spec.type)
    said: dict[str, Any] = {"position": position, "type": spec.type, "name": spec.name}
    try:
        if kind is None:
            message = f"This version does not know operations of the kind “{spec.type}”."
            raise OperationFailed(message, kind=FailureKind.INVALID)
        variables = _variables(spec, filling.phase, filling.context, filling.run)
        if spec.condition is not None and not is_true(spec.condition, variables):
            error = {"kind": "condition", "message": f"Not done, because its condition is not true: {spec.condition}"}
            return _ended(said, spec, OperationStatus.CANCELLED, error)
        params = _render(kind, spec, variables, filling)
        kind.check(params)
        would = kind.describe(params)
    except (PromptFault, PlanInvalid) as fault:
        message = f"Its parameters can't be filled in: {filling.explain(fault.message)}"
        return _ended(said, spec, OperationStatus.FAILED, {"kind": FailureKind.INVALID, "message": message})
    except OperationFailed as failed:
        return _ended(said, spec, OperationStatus.FAILED, {"kind": failed.kind, "message": failed.message})
    except Exception:  # whatever it is, the answers of the phase were paid for: the run ends as of a failed operation
        log.exception("operation %s of %s can't be filled in", position + 1, filling.phase.title)
        message = "Something went wrong on our side while it was filled in. It is in the worker's log."
        return _ended(said, spec, OperationStatus.FAILED, {"kind": FailureKind.INTERNAL, "message": message})
    asks = kind.is_outside(params) if spec.requires_approval is None else spec.requires_approval
    stored = params.model_dump(mode="json", exclude_none=True)
    return PlannedOperation(**said, params=stored, requires_approval=asks, would=would)


def _ended(
    said: Mapping[str, Any], spec: OperationSpec, status: OperationStatus, error: Mapping[str, Any]
) -> PlannedOperation:
    """With its parameters as they were written: they say what it would have been."""
    asks = spec.requires_approval is not False
    ended = {"status": status, "error": dict(error)}
    return PlannedOperation(**said, params=dict(spec.parameters), requires_approval=asks, ended=ended)


def _render(kind: Kind, spec: OperationSpec, variables: Mapping[str, object], filling: _Filling) -> Parameters:
    """Raises `PromptFault`, and `OperationFailed` where what is written, or comes out, does not fit."""
    written = _validate(kind, spec.parameters, what="Its parameters")
    values = {name: getattr(written, name) for name in kind.parameters.model_fields}
    rendered = kind.parameters.rendered_fields()
    filled = {name: _fill(value, variables, filling) if name in rendered else value for name, value in values.items()}
    return _validate(kind, filled, what="Its parameters, filled in,")


def _validate(kind: Kind, values: Mapping[str, Any], *, what: str) -> Parameters:
    try:
        return kind.parameters.model_validate(values)
    except ValidationError as error:
        message = f"{what} can't be used: {'; '.join(each.rstrip('.') for each in explain(error, kind.parameters))}."
        raise OperationFailed(message, kind=FailureKind.INVALID) from error


def _fill(value: JsonValue, variables: Mapping[str, object], filling: _Filling) -> JsonValue:
    if isinstance(value, str):
        # what is approved, kept and sent is one and the same: see lib/engine/store.py
        return filling.take(storable(render(value, variables))) if "{" in value else value
    if isinstance(value, dict):
        return {name: _fill(inner, variables, filling) for name, inner in value.items()}
    return [_fill(inner, variables, filling) for inner in value] if isinstance(value, list) else value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _variables(spec: OperationSpec, phase: PlannedPhase, context: PromptContext, run: RunFacts) -> dict[str, object]:
    """What it reads: what the phase's prompt did, its own answer, and the run."""
    reading = phase.model_copy(update={"upstream": (*phase.upstream, phase.code)})
    texts = " ".join([*_texts(spec.parameters), spec.condition or ""])
    own = context.answers[phase.code]
    return variables_of(reading, context, reads=texts) | {
        "answer": own.response,
        "answers": _in_markdown(reading, context) if "answers" in texts else "",
        "answers_json": _in_json(reading, context) if "answers_json" in texts else "",
        "phase": {"code": phase.code, "name": phase.name},
        "run": {"id": run.id, "title": run.title, "url": run.url},
    }


def _answers(phase: PlannedPhase, context: PromptContext) -> list[PhaseAnswer]:
    found = [context.answers[code] for code in phase.upstream if code in context.answers]
    return [answer for answer in found if answer.status == COMPLETED]


def _in_markdown(phase: PlannedPhase, context: PromptContext) -> str:
    return "\n\n".join(f"# {answer.name}\n\n{answer.response}" for answer in _answers(phase, context))


def _in_json(phase: PlannedPhase, context: PromptContext) -> str:
    said = [{"code": each.code, "name": each.name, "answer": _as_json(each)} for each in _answers(phase, context)]
    return json.dumps(said, ensure_ascii=False, indent=2)


def _as_json(answer: PhaseAnswer) -> object:
    if answer.output.kind != "json":
        return answer.response
    try:
        return parse_json(answer.response)
    except NotJson:  # somebody has edited it
        return answer.response
