"""What keeps a draft from being saved, and what will keep its runs from going well, each with where it is mended."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lib.errors import PlanInvalid
from lib.quoting import cut
from lib.templates.editing.conditions import find_doubts, find_faults
from lib.templates.editing.content import Content, Phase, phases_of
from lib.templates.editing.names import find_unknown
from lib.templates.editing.operations import find_faults as find_operation_faults
from lib.templates.editing.questions import inputs_of
from lib.templates.sandbox import compile_prompt
from lib.templates.steps import PromptFault
from lib.templates.structure import parse_template

_PLACE: Final = re.compile(r"(phases|inputs) (\d+)(?:, |: )")
#: What the editor calls what the structure names otherwise.
_WORDS: Final = {
    "output, schema": "JSON Schema",
    "review, required_approvals": "approvals",
    "review, reviewers": "reviewers",
    "review, due_hours": "due hours",
    "review, instructions": "instructions",
    "timeout_seconds": "time-out",
    "max_attempts": "attempts",
    "depends_on": "after",
    "fallback_models": "fallback models",
    "parameters, max_tokens": "longest answer",
    "parameters, ": "",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend: at a phase, at a question, or at the template as a whole."""

    message: str
    phase: str | None = None
    question: str | None = None
    #: Whether no version can be saved before it is mended.
    is_fatal: bool = True


def find_problems(content: Content) -> tuple[Problem, ...]:
    """All of them, those that keep it from being saved first."""
    return (*_structure(content), *_prompts(content), *_conditions(content), *_operations(content), *_names(content))


def _structure(content: Content) -> Iterator[Problem]:
    try:
        parse_template(content["data"])
    except PlanInvalid as error:
        for line in error.problems:
            yield _locate(content, line)


def _locate(content: Content, line: str) -> Problem:
    """`phases 2, prompt: is empty` as “Research”: prompt is empty."""
    found = _PLACE.match(line)
    if found is None:
        return Problem(f"{line[:1].upper()}{line[1:]}.")
    group, number = found[1], int(found[2]) - 1
    rest = line[found.end() :]
    for named, called in _WORDS.items():
        rest = rest.replace(named, called)
    rest = rest.replace(": ", " ", 1)
    if group == "phases":
        phase = phases_of(content)[number]
        return Problem(f"{_named(phase)}: {rest}.", phase=phase["code"])
    field = inputs_of(content)[number]
    return Problem(f"“{cut(field.get('label') or field['name'])}”: {rest}.", question=field["name"])


def _prompts(content: Content) -> Iterator[Problem]:
    for phase in phases_of(content):
        prompt = phase.get("prompt")
        if not isinstance(prompt, str) or not prompt:
            continue  # said by the structure
        try:
            compile_prompt(prompt)
        except PromptFault as fault:
            yield Problem(f"{_named(phase)}: the prompt can't be used: {_ended(fault.message)}", phase["code"])


def _conditions(content: Content) -> Iterator[Problem]:
    for phase in phases_of(content):
        for fault in find_faults(content, phase["code"]):
            yield Problem(f"{_named(phase)}: the condition can't be used: {_ended(fault)}", phase["code"])


def _operations(content: Content) -> Iterator[Problem]:
    named = {phase["code"]: _named(phase) for phase in phases_of(content)}
    for code, fault in find_operation_faults(content):
        yield Problem(f"{named[code]}: {_ended(fault)}", code)


def _names(content: Content) -> Iterator[Problem]:
    for phase in phases_of(content):
        for line in find_unknown(content, phase["code"]):
            yield Problem(f"{_named(phase)}, {_ended(line)}", phase["code"], is_fatal=False)
        for line in find_doubts(content, phase["code"]):
            yield Problem(f"{_named(phase)}, condition: {_ended(line)}", phase["code"], is_fatal=False)


def _named(phase: Phase) -> str:
    return f"“{cut(phase.get('name') or phase['code'])}”"


def _ended(said: str) -> str:
    return said if said.endswith((".", "?")) else f"{said}."
