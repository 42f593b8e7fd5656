"""From a plan's prompts to the texts that models get."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lib.errors import PlanInvalid
from lib.templates.filters import BUDGET, MODEL, RESPONSE
from lib.templates.inputs import InputValue, whole
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.renderers import taking_together
from lib.templates.sandbox import compile_prompt, render
from lib.templates.steps import PromptFault
from lib.templates.structure import TemplateData

#: Of processor time, for all prompts of a plan before the launch: somebody waits for it.
MAX_PREVIEW_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class PhaseAnswer:
    """What a phase before has answered."""

    code: str
    name: str
    response: str


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
class PreviewedPrompt:
    """A prompt before the launch, with a visible mark where an answer will stand."""

    code: str
    name: str
    prompt: str


def render_prompt(phase: PlannedPhase, context: PromptContext) -> str:
    """The text that the phase's model gets. The same plan and answers give the same text.

    A prompt reads `topic`, `inputs.<name>`, `project.name`, `project.description`, `phases["Phase 1"].response` and
    `.name`, `previous` (the answers it depends on, in order) and `model.name`, `model.is_small`; the filter `notes`
    cuts answers to what the model can take. Raises `PlanInvalid` that names the phase and what is missing.
    """
    answers = [_as_variables(context.answers[code]) for code in phase.upstream if code in context.answers]
    variables = {
        "topic": context.topic,
        # whole numbers as they are taken now: a run of before may have 40.0
        "inputs": {name: whole(value) for name, value in context.inputs.items()},
        "project": {"name": context.project_name, "description": context.project_description},
        "phases": {answer["code"]: answer for answer in answers},
        "previous": answers,
        MODEL: {
            "name": phase.choice.model,
            "is_small": phase.is_small_model,
            BUDGET: phase.notes_characters,
        },
    }
    try:
        text = render(phase.prompt, variables)
    except PromptFault as fault:
        raise _explain(phase.code, phase.name, fault) from fault
    if not text:
        raise _explain(phase.code, phase.name, PromptFault("it comes out empty"))
    return text


def preview_prompts(plan: Plan, context: PromptContext) -> tuple[PreviewedPrompt, ...]:
    """All prompts of the plan, before anything is asked. Answers to come are shown as a mark in angle brackets.

    Raises `PlanInvalid` as `render_prompt`, and for the phase that takes longest where all together take too long.
    """
    marks = {
        phase.code: PhaseAnswer(phase.code, phase.name, f"⟨the answer of {phase.title} will stand here⟩")
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
                previews.append(PreviewedPrompt(phase.code, phase.name, render_prompt(phase, expected)))
            except PlanInvalid:
                if left.seconds > 0:
                    raise
            seconds[phase.code] = before - left.seconds
            if left.seconds <= 0:
                raise _too_slow(plan.get_phase(max(seconds, key=lambda code: seconds[code])), seconds)
    return tuple(previews)


def _too_slow(slowest: PlannedPhase, seconds: Mapping[str, float]) -> PlanInvalid:
    words = (
        f"it takes {seconds[slowest.code]:.1f} s to be filled in, and the prompts of all phases together more than the "
        f"{MAX_PREVIEW_SECONDS:g} s that they may; does it loop too often?"
    )
    return _explain(slowest.code, slowest.name, PromptFault(words))


def check_prompts(template: TemplateData) -> None:
    """Raise `PlanInvalid` with one line for each prompt that is not a valid one. For saving a template."""
    problems = []
    for phase in template.phases:
        try:
            compile_prompt(phase.prompt)
        except PromptFault as fault:
            problems.append(_explain(phase.code, phase.name, fault).message)
    if problems:
        raise PlanInvalid("\n".join(problems), problems=problems)


def _as_variables(answer: PhaseAnswer) -> dict[str, str]:
    return {"code": answer.code, "name": answer.name, RESPONSE: answer.response}


def _explain(code: str, name: str, fault: PromptFault) -> PlanInvalid:
    end = "" if fault.message.endswith((".", "?")) else "."
    return PlanInvalid(f"The prompt of {code} “{name}” can't be used: {fault.message}{end}", field=code)
