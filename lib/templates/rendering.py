"""From a plan's prompts to the texts that models get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lib.errors import PlanInvalid
from lib.templates.filters import BUDGET, MODEL, RESPONSE, Stand
from lib.templates.inputs import InputValue, whole
from lib.templates.json_output.parsing import NotJson, parse_json
from lib.templates.json_output.samples import sample_of
from lib.templates.json_output.wording import ask_for_json
from lib.templates.notes import take_notes
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.renderers import taking_together
from lib.templates.sandbox import compile_prompt, is_true, render
from lib.templates.steps import PromptFault
from lib.templates.structure import PhaseOutput, PhaseSpec, TemplateData, phase_title

#: What `phases["…"].status` says; a phase that failed is read by nobody.
COMPLETED, SKIPPED = "completed", "skipped"

_REDO: Final = "Somebody has read an earlier answer of yours to this and asks for another one. They say:"
_BEFORE: Final = "Your earlier answer was:"

#: Of processor time, for all prompts of a plan before the launch: somebody waits for it.
MAX_PREVIEW_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class PhaseAnswer:
    """What a phase before has answered; nothing where it was skipped."""

    code: str
    name: str
    response: str = ""
    status: str = COMPLETED
    output: PhaseOutput = field(default_factory=PhaseOutput)
    #: Of a preview, where the answer is yet to come.
    is_mark: bool = False


@dataclass(frozen=True, slots=True)
class PromptContext:
    """What the prompts of one run can read."""

    topic: str
    project_name: str
    project_description: str = ""
    inputs: Mapping[str, InputValue] = field(default_factory=dict)
    #: By phase code. A prompt sees those it depends on, and no others that happen to be there already.
    answers: Mapping[str, PhaseAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Redo:
    """An answer that somebody sent back."""

    #: The number of the attempt that it was.
    attempt: int
    comment: str
    response: str


@dataclass(frozen=True, slots=True)
class PreviewedPrompt:
    """A prompt before the launch, with a visible mark where an answer will stand."""

    code: str
    name: str
    prompt: str
    #: Where this is not true nothing is asked.
    condition: str | None = None
    #: Who is asked where the model before fails for good.
    fallbacks: tuple[str, ...] = ()


def render_prompt(phase: PlannedPhase, context: PromptContext) -> str:
    """The text that the phase's model gets. The same plan and answers give the same text.

    A prompt reads `topic`, `inputs.<name>`, `project.name`, `project.description`, `phases["Phase 1"].response`,
    `.name`, `.status` and `.json`, `previous` (the answers it depends on, in order) and `model.name`,
    `model.is_small`; the filter `notes` cuts answers to what the model can take. Of a skipped phase everything is
    empty, and `previous` is without it. Where the answer has to be JSON, a paragraph behind the prompt asks for that.
    Raises `PlanInvalid` that names the phase and what is missing.
    """
    model = {"name": phase.choice.model, "is_small": phase.is_small_model, BUDGET: phase.notes_characters}
    try:
        text = render(phase.prompt, variables_of(phase, context) | {MODEL: model})
    except PromptFault as fault:
        raise _explain(phase, phase.position, fault) from fault
    if not text:
        raise _explain(phase, phase.position, PromptFault("it comes out empty"))
    if phase.output.kind != "json":
        return text
    # a tiny model loses itself in a schema; the one that there is writes by it as by a grammar
    return f"{text}\n\n{ask_for_json(None if phase.is_small_model else phase.output.json_schema)}"


def is_condition_met(phase: PlannedPhase, context: PromptContext) -> bool:
    """Whether the phase is to be asked: its condition is true, or it has none. It reads what a prompt does but `model`.

    Raises `PlanInvalid` that names the phase and what is wrong.
    """
    if phase.condition is None:
        return True
    try:
        return is_true(phase.condition, variables_of(phase, context))
    except PromptFault as fault:
        raise _explain(phase, phase.position, fault, what="condition") from fault


def add_redo(prompt: str, phase: PlannedPhase, redo: Redo) -> str:
    """The prompt for another answer: it ends with what was said to the one before, and that one, as far as it fits."""
    before = take_notes(redo.response, phase.notes_characters)
    return f"{prompt}\n\n{_REDO}\n\n{redo.comment}\n\n{_BEFORE}\n\n{before}"


def preview_prompts(plan: Plan, context: PromptContext) -> tuple[PreviewedPrompt, ...]:
    """All prompts of the plan, before anything is asked. Answers to come are shown as a mark in angle brackets.

    Raises `PlanInvalid` as `render_prompt`, and for the phase that takes longest where all together take too long.
    """
    marks = {
        phase.code: PhaseAnswer(
            phase.code,
            phase.name,
            f"⟨the answer of {phase.title} will stand here⟩",
            output=phase.output,
            is_mark=True,
        )
        for phase in plan.phases
    }
    expected = PromptContext(
        topic=context.topic,
        project_name=context.project_name,
        project_description=context.project_description,
        inputs=context.inputs,
        answers=marks | dict(context.answers),
    )
    previews: list[PreviewedPrompt] = []
    seconds: dict[str, float] = {}
    with taking_together(MAX_PREVIEW_SECONDS) as left:
        for phase in plan.phases:
            before = left.seconds
            try:
                previews.append(_preview(phase, expected))
            except PlanInvalid:
                if left.seconds > 0:
                    raise
            seconds[phase.code] = before - left.seconds
            if left.seconds <= 0:
                raise _too_slow(plan.get_phase(max(seconds, key=lambda code: seconds[code])), seconds)
    return tuple(previews)


def _preview(phase: PlannedPhase, context: PromptContext) -> PreviewedPrompt:
    return PreviewedPrompt(
        phase.code,
        phase.name,
        render_prompt(phase, context),
        condition=phase.condition,
        fallbacks=tuple(other.model for other in phase.fallbacks),
    )


def _too_slow(slowest: PlannedPhase, seconds: Mapping[str, float]) -> PlanInvalid:
    words = (
        f"it takes {seconds[slowest.code]:.1f} s to be filled in, and the prompts of all phases together more than the "
        f"{MAX_PREVIEW_SECONDS:g} s that they may; does it loop too often?"
    )
    return _explain(slowest, slowest.position, PromptFault(words))


def check_prompts(template: TemplateData) -> None:
    """Raise `PlanInvalid` with one line for each prompt that is not a valid one. For saving a template."""
    problems = []
    for position, phase in enumerate(template.phases):
        try:
            compile_prompt(phase.prompt)
        except PromptFault as fault:
            problems.append(_explain(phase, position, fault).message)
    if problems:
        raise PlanInvalid("\n".join(problems), problems=problems)


def variables_of(phase: PlannedPhase, context: PromptContext, *, reads: str | None = None) -> dict[str, object]:
    """What the phase's prompt and condition read, or else what `reads`, their text, does. Raises `PromptFault`."""
    answers = [context.answers[code] for code in phase.upstream if code in context.answers]
    read = f"{phase.prompt} {phase.condition}" if reads is None else reads
    shown = {answer.code: _as_variables(answer, has_json="json" in read) for answer in answers}
    return {
        "topic": context.topic,
        # whole numbers as they are taken now: a run of before may have 40.0
        "inputs": {name: whole(value) for name, value in context.inputs.items()},
        "project": {"name": context.project_name, "description": context.project_description},
        "phases": shown,
        "previous": [shown[answer.code] for answer in answers if answer.status == COMPLETED],
    }


def _as_variables(answer: PhaseAnswer, *, has_json: bool) -> dict[str, object]:
    shown: dict[str, object] = {
        "code": answer.code,
        "name": answer.name,
        "status": answer.status,
        RESPONSE: answer.response,
    }
    if has_json and answer.output.kind == "json":
        shown["json"] = _read_json(answer)
    return shown


def _read_json(answer: PhaseAnswer) -> object:
    """The answer as values; in a preview such as the schema asks for."""
    if answer.status == SKIPPED:
        return Stand()
    if answer.is_mark:
        schema = answer.output.json_schema
        return Stand(answer.response) if schema is None else sample_of(schema)
    try:
        return parse_json(answer.response)
    except NotJson as error:  # it was held against its schema when it came: somebody has edited it since
        raise PromptFault(f"the answer of “{answer.name}” {error}") from error


def _explain(
    phase: PlannedPhase | PhaseSpec, position: int, fault: PromptFault, *, what: str = "prompt"
) -> PlanInvalid:
    end = "" if fault.message.endswith((".", "?")) else "."
    called = phase_title(position, phase.name)
    return PlanInvalid(f"The {what} of {called} can't be used: {fault.message}{end}", field=phase.code)
