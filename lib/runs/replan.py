"""The plan of a run that goes on from another one: what is taken over, what is asked anew, and how. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lib.entry import clean_text
from lib.errors import InvalidInput
from lib.providers.base import ModelChoice, ModelParameters, ModelTraits
from lib.templates.model_choice import ModelSource
from lib.templates.plan import Plan, PlannedPhase
from lib.templates.sandbox import MAX_PROMPT_BYTES
from lib.templates.structure import ReviewGate

#: What follows from the model or from another part that is told by itself.
_TOLD_OTHERWISE: Final = frozenset(
    {"position", "prompt", "name", "depends_on", "upstream", "model", "model_source", "is_small_model", "review"}
    | {"notes_characters", "parameters"}
)

#: In place of the code of a phase that a retry begins with: none is asked, and what was not done after them is.
AFTER_THE_LAST: Final = ""

TraitsOf = Callable[[ModelChoice], ModelTraits]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the template's latest version does otherwise, and the phases or questions that it concerns."""

    what: str
    names: tuple[str, ...] = ()


def find_reused(plan: Plan, *, before: Plan, completed: Collection[str], begins_with: str | None) -> tuple[str, ...]:
    """Codes of the phases that are taken over, in the plan's order; none where it begins at the start.

    Neither the phase that it begins with nor one behind it; nothing behind a phase that the run before did not have;
    and neither an answer that fewer or other people have looked at than this plan wants, nor what is behind it. Raises
    `InvalidInput` for a phase that the plan does not have.
    """
    if begins_with is None:
        return ()
    codes = plan.codes
    if begins_with not in {*codes, AFTER_THE_LAST}:
        message = f"“{begins_with}” is no phase of that version. Begin with another one."
        raise InvalidInput(message, field="From")
    was = {phase.code: phase.review for phase in before.phases}
    anew = {begins_with} | {
        phase.code for phase in plan.phases if phase.code not in was or _asks_more(phase.review, was[phase.code])
    }
    return tuple(
        phase.code
        for phase in plan.phases
        if phase.code in completed and phase.code not in anew and not anew & set(phase.upstream)
    )


def _asks_more(gate: ReviewGate | None, before: ReviewGate | None) -> bool:
    """Whether an answer that has passed the gate before may not have passed this one."""
    if gate is None:
        return False
    if before is None or before.required_approvals < gate.required_approvals:
        return True
    return bool(gate.reviewers) and not (before.reviewers and set(before.reviewers) <= set(gate.reviewers))


def change_prompt(plan: Plan, code: str, prompt: str) -> Plan:
    """The plan with another prompt for one phase. Raises `InvalidInput`."""
    text = clean_text(prompt, field="Prompt", longest=MAX_PROMPT_BYTES)
    return _change(plan, {code: {"prompt": text}})


def change_model(plan: Plan, model: ModelChoice, *, begins_with: str | None, traits_of: TraitsOf) -> Plan:
    """The plan with another model for every phase that the template gives none of its own.

    The phase that it begins with asks it all the same: it is the one that somebody chose it for.
    """
    changed = {
        phase.code: _with_model(phase, model, traits_of)
        for phase in plan.phases
        if phase.model_source is not ModelSource.PHASE or phase.code == begins_with
    }
    return _change(plan, changed)


def find_differences(old: Plan, new: Plan) -> Iterator[Difference]:
    """What tells the latest version from the plan that was frozen; phases are the same where their codes are."""
    before, after = ({phase.code: phase for phase in plan.phases} for plan in (old, new))
    both = [(before[code], phase) for code, phase in after.items() if code in before]
    pairs = {
        "New": [phase.name for code, phase in after.items() if code not in before],
        "Gone": [phase.name for code, phase in before.items() if code not in after],
        "Another prompt": [phase.name for was, phase in both if was.prompt != phase.prompt],
        "Waits for other phases": [phase.name for was, phase in both if was.depends_on != phase.depends_on],
        "Another review": [phase.name for was, phase in both if was.review != phase.review],
        "Other settings": [phase.name for was, phase in both if _beside(was) != _beside(phase)],
        "Asks at launch, new": _labels(new, old),
        "Asks no longer": _labels(old, new),
    }
    return (Difference(what, tuple(names)) for what, names in pairs.items() if names)


def _labels(plan: Plan, other: Plan) -> list[str]:
    known = {question.name for question in other.inputs}
    return [question.label for question in plan.inputs if question.name not in known]


def _beside(phase: PlannedPhase) -> dict[str, Any]:
    return phase.model_dump(mode="json", exclude=set(_TOLD_OTHERWISE))


def _change(plan: Plan, changes: Mapping[str, Mapping[str, Any]]) -> Plan:
    phases = (phase.model_copy(update=dict(changes.get(phase.code, {}))) for phase in plan.phases)
    return plan.model_copy(update={"phases": tuple(phases)})


def _with_model(phase: PlannedPhase, model: ModelChoice, traits_of: TraitsOf) -> Mapping[str, Any]:
    """What the model decides of a phase; what was said for the one before, and by it alone, makes way."""
    before, traits = traits_of(phase.choice).parameters.model_dump(), traits_of(model)
    own = {
        name: value
        for name, value in phase.parameters.model_dump(exclude_defaults=True).items()
        if before.get(name) != value
    }
    return {
        "model": str(model),
        "model_source": ModelSource.RUN,
        "is_small_model": traits.is_small,
        "notes_characters": traits.notes_characters,
        "parameters": ModelParameters(**own).over(traits.parameters),
        "fallbacks": tuple(other for other in phase.fallbacks if other.model != str(model)),
    }
