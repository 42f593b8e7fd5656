"""What a condition may read, and what it reads that is not there: a run must not be the first to find out."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lib.errors import PlanInvalid
from lib.quoting import LONGEST_SENTENCE, cut
from lib.templates.comparisons import find_wrong_choices, looks_like_comparison, propose_comparison
from lib.templates.reads import Part, Read, find_parts, find_reads
from lib.templates.steps import PromptFault
from lib.templates.structure import TemplateData, order_phases, phase_title
from lib.validation import find_similar

_PROJECT: Final = ("name", "description")
#: Of a phase before; `json` where its answer is JSON.
_TEXT_PARTS: Final = ("response", "name", "status", "code")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there for a condition: the template's questions, and the phases that have ended by then.

    Of each question its choices: none of them is any answer. Of each phase the names of its answer's fields: none of
    them is any field, and None is an answer in plain text.
    """

    inputs: Mapping[str, Collection[str]]
    phases: Mapping[str, Collection[str] | None]


def fields_of(output: Mapping[str, Any] | None) -> Collection[str] | None:
    """The fields of a phase's answer, as `Surroundings` has them, of its `output` as it is written in a template."""
    if not output or output.get("kind") != "json":
        return None
    schema = output.get("schema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return tuple(properties) if isinstance(properties, Mapping) else ()


def find_condition_faults(condition: str, around: Surroundings) -> tuple[str, ...]:
    """What is wrong with it, a line each; nothing where a run can ask it."""
    faults = _find_faults(condition, around)
    if not faults:
        return ()
    proposed = propose_comparison(condition, around.inputs)
    if proposed != condition and not _find_faults(proposed, around):
        return (f"to compare, write two equals signs and put words in quotes: {cut(proposed, LONGEST_SENTENCE)}",)
    if len(faults) == 1 and not _is_expression(condition) and looks_like_comparison(condition):
        example = f"inputs.{next(iter(around.inputs), 'season')} == 'winter'"
        return (f"{faults[0]}; to compare, write two equals signs and put words in quotes, as in {example}",)
    return faults


def find_condition_doubts(condition: str, around: Surroundings) -> tuple[str, ...]:
    """What a run can ask and its author can't have meant, a line each."""
    return tuple(dict.fromkeys(find_wrong_choices(condition, around.inputs)))


def _find_faults(condition: str, around: Surroundings) -> tuple[str, ...]:
    try:
        reads, parts = find_reads(condition, is_condition=True), find_parts(condition)
    except PromptFault as fault:
        return (fault.message.removeprefix("line 1: "),)
    return (*_unknown(reads, around), *_unknown_parts(parts, around))


def _is_expression(condition: str) -> bool:
    try:
        find_reads(condition, is_condition=True)
    except PromptFault:
        return False
    return True


def check_conditions(template: TemplateData) -> None:
    """Raise `PlanInvalid` with one line for each condition that can't be used. For saving a template."""
    needs = template.dependencies()
    upstream: dict[str, set[str]] = {}
    for code in order_phases(needs):
        upstream[code] = set(needs[code]).union(*(upstream[other] for other in needs[code]))
    outputs = {phase.code: fields_of(phase.output.model_dump()) for phase in template.phases}
    problems = []
    for position, phase in enumerate(template.phases):
        if phase.condition is None:
            continue
        around = Surroundings(
            inputs={field.name: field.choices for field in template.inputs},
            phases={code: outputs[code] for code in outputs if code in upstream[phase.code]},
        )
        called = phase_title(position, phase.name)
        problems += [
            f"The condition of {called} can't be used: {fault}{'' if fault.endswith('?') else '.'}"
            for fault in find_condition_faults(phase.condition, around)
        ]
    if problems:
        raise PlanInvalid("\n".join(problems), problems=problems)


def _unknown(reads: Collection[Read], around: Surroundings) -> Iterator[str]:
    known: dict[str | None, Collection[str]] = {
        None: ("topic", "inputs", "project", "phases", "previous"),
        "inputs": around.inputs,
        "project": _PROJECT,
        "phases": around.phases,
        # `model` is there for prompts alone: which one will be asked says nothing about the material
        "model": (),
    }
    for read in reads:
        if read.group == "model" or read.name in known[read.group]:
            continue
        if read.group == "phases":
            yield f"it reads “{read.name}”, which is no phase that this one waits for{_meant(read.name, around.phases)}"
        else:
            written = f"{read.group}.{read.name}" if read.group else read.name
            yield f"it reads “{written}”, which is not there{_meant(read.name, known[read.group])}"


def _unknown_parts(parts: Collection[Part], around: Surroundings) -> Iterator[str]:
    for part in parts:
        if part.phase not in around.phases:
            continue
        fields = around.phases[part.phase]
        known = _TEXT_PARTS if fields is None else (*_TEXT_PARTS, "json")
        if part.name == "json" and fields is None:
            yield f"it reads the JSON of “{part.phase}”, whose answer is text; make its answer JSON first"
        elif part.name not in known:
            yield f"it reads “{part.name}” of “{part.phase}”, which is not there{_meant(part.name, known)}"
        elif part.field is not None and fields and part.field not in fields:
            yield f"the answer of “{part.phase}” has no “{part.field}” in its schema{_meant(part.field, fields)}"


def _meant(name: str, known: Collection[str]) -> str:
    similar = find_similar(name, known)
    if similar:
        return f"; did you mean “{similar}”?"
    return f"; at hand: {', '.join(list(known)[:8])}" if known else ""
