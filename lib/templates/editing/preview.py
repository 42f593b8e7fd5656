"""A phase's prompt as a model would get it, made of the draft's samples."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from lib import clock
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.templates.editing.content import Content, Phase, codes_of, get_phase
from lib.templates.editing.phases import dependencies_of, upstream_of
from lib.templates.editing.questions import inputs_of
from lib.templates.inputs import InputKind, InputValue, whole
from lib.templates.plan import DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUT_SECONDS, PlannedPhase
from lib.templates.rendering import PhaseAnswer, PromptContext, render_prompt
from lib.templates.structure import PhaseOutput

TOPIC = "A bicycle that folds into a backpack"
PROJECT = "Sample project"
PROJECT_DESCRIPTION = "A small team that tries out an idea."


def render_phase(content: Content, code: str, *, choice: ModelChoice, traits: ModelTraits) -> str:
    """The prompt of that phase on the samples. Raises `PlanInvalid` that says what is wrong, with its line."""
    return render_prompt(plan_phase(content, code, choice=choice, traits=traits), sample_context(content))


def plan_phase(content: Content, code: str, *, choice: ModelChoice, traits: ModelTraits) -> PlannedPhase:
    """The phase as far as its words go; what of a draft is not valid yet is left out."""
    phase = get_phase(content, code)
    return PlannedPhase(
        position=codes_of(content).index(code),
        code=code,
        name=str(phase.get("name") or code),
        prompt=str(phase.get("prompt") or ""),
        depends_on=dependencies_of(content)[code],
        upstream=upstream_of(content, code),
        model=str(choice),
        is_small_model=traits.is_small,
        notes_characters=traits.notes_characters,
        parameters=ModelParameters(),
        timeout_seconds=DEFAULT_TIMEOUT_SECONDS,
        max_attempts=DEFAULT_MAX_ATTEMPTS,
        condition=phase.get("condition") or None,
        output=output_of(phase),
    )


def output_of(phase: Phase) -> PhaseOutput:
    """What the answer has to be; any JSON where the schema is not valid yet."""
    written = phase.get("output") or {}
    try:
        return PhaseOutput.model_validate(written)
    except ValidationError:
        return PhaseOutput(kind="json" if written.get("kind") == "json" else "text")


def sample_context(content: Content) -> PromptContext:
    """What the prompts read: what was entered as a sample, and a mark or something fitting where nothing was."""
    samples = content["samples"]
    names = {phase["code"]: str(phase.get("name") or "") for phase in content["data"]["phases"]}
    given, answers = samples.get("inputs", {}), samples.get("answers", {})
    return PromptContext(
        topic=samples.get("topic") or TOPIC,
        project_name=PROJECT,
        project_description=PROJECT_DESCRIPTION,
        inputs={field["name"]: sample_of(field, given.get(field["name"])) for field in inputs_of(content)},
        answers={
            code: PhaseAnswer(
                code,
                name,
                answers.get(code) or f"⟨the answer of “{name}” will stand here⟩",
                output=output_of(get_phase(content, code)),
                is_mark=not answers.get(code),
            )
            for code, name in names.items()
        },
    )


def sample_of(field: Mapping[str, Any], given: object) -> InputValue:
    """The answer to a question in a preview."""
    for value in (given, field.get("default")):
        if isinstance(value, str | int | float) and value != "":
            return whole(value)
    if not field.get("required", True):
        return None
    kind = field.get("kind", InputKind.TEXT)
    if kind == InputKind.CHOICE:
        return str(field["choices"][0])
    if kind == InputKind.NUMBER:
        return whole(_number_within(field))
    return _today().isoformat() if kind == InputKind.DATE else f"⟨{field['label']}⟩"


def _number_within(field: Mapping[str, Any]) -> int | float:
    """1, or what is nearest to it within the limits."""
    least, most = field.get("minimum"), field.get("maximum")
    number: int | float = 1 if least is None else max(least, 1)
    return number if most is None else min(number, most)


def _today() -> date:
    return clock.now().date()
