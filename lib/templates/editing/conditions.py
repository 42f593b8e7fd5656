"""The condition of a draft's phase: what it may read, what is wrong with it, and what it comes to on the samples."""

from dataclasses import dataclass

from lib.errors import PlanInvalid
from lib.providers.base import ModelChoice
from lib.providers.catalog import get_traits
from lib.templates.conditions import Surroundings, fields_of, find_condition_doubts, find_condition_faults
from lib.templates.editing.comparing import list_subjects
from lib.templates.editing.content import Content, get_phase
from lib.templates.editing.names import Variable
from lib.templates.editing.phases import upstream_of
from lib.templates.editing.preview import plan_phase, sample_context
from lib.templates.editing.questions import inputs_of
from lib.templates.rendering import is_condition_met

#: Nothing in a condition depends on the model.
_ANY_MODEL = ModelChoice("local", "any")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a condition comes to on the samples, or what is wrong with it."""

    is_met: bool
    faults: tuple[str, ...] = ()
    #: What its author can't have meant.
    doubts: tuple[str, ...] = ()


def find_faults(content: Content, code: str) -> tuple[str, ...]:
    """What is wrong with the condition of that phase, a line each; nothing where it has none."""
    condition = get_phase(content, code).get("condition")
    if not isinstance(condition, str) or not condition:
        return ()
    return find_condition_faults(condition, _around(content, code))


def find_doubts(content: Content, code: str) -> tuple[str, ...]:
    """What its author can't have meant, a line each."""
    condition = get_phase(content, code).get("condition")
    return find_condition_doubts(condition, _around(content, code)) if isinstance(condition, str) else ()


def try_condition(content: Content, code: str) -> Tried:
    """Ask it on the samples. Answers that nobody has given are marks, or such as their schema asks for."""
    if faults := find_faults(content, code):
        return Tried(is_met=False, faults=faults)
    phase = plan_phase(content, code, choice=_ANY_MODEL, traits=get_traits(_ANY_MODEL))
    try:
        return Tried(is_condition_met(phase, sample_context(content)), doubts=find_doubts(content, code))
    except PlanInvalid as error:
        return Tried(is_met=False, faults=(error.message,))


def list_condition_variables(content: Content, code: str) -> tuple[Variable, ...]:
    """What the condition of that phase may read."""
    names = {phase["code"]: str(phase.get("name") or "") for phase in content["data"]["phases"]}
    found = [Variable("topic", "what the run is about")]
    found += [Variable(f"inputs.{field['name']}", field["label"]) for field in inputs_of(content)]
    for other, fields in _around(content, code).phases.items():
        called = f'phases["{other}"]'
        found.append(Variable(f"{called}.response", f"the answer of “{names[other]}”"))
        found.append(Variable(f"{called}.status", "completed or skipped"))
        if fields is not None:
            found += [Variable(f"{called}.json.{field}", "a field of it") for field in fields] or [
                Variable(f"{called}.json", "its fields")
            ]
    return (*found, Variable("project.name", "the project's name"))


def list_condition_examples(content: Content, code: str) -> tuple[Variable, ...]:
    """Conditions that this very phase could have, one of each kind that it can."""
    kinds = {
        "inputs.": "what was entered at launch",
        "phases[": "a field of an answer in JSON",
    }
    found = [Variable("'boat' in topic | lower", "a word in the topic")]
    subjects = list_subjects(content, code)
    for begins, meaning in kinds.items():
        subject = next((each for each in subjects if each.expression.startswith(begins)), None)
        if subject is not None:
            found.append(Variable(subject.example, meaning))
    for other in upstream_of(content, code)[:1]:
        found.append(Variable(f"'yes' in phases[\"{other}\"].response | lower", "a word in an answer"))
        found.append(Variable(f"phases[\"{other}\"].status == 'completed'", "whether a phase was asked"))
    return tuple(found)


def _around(content: Content, code: str) -> Surroundings:
    return Surroundings(
        inputs={field["name"]: field.get("choices") or () for field in inputs_of(content)},
        phases={other: fields_of(get_phase(content, other).get("output")) for other in upstream_of(content, code)},
    )
