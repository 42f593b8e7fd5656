"""What tells two versions of a template apart: each phase that differs, its prompt line by line, and the rest."""

import json
from collections.abc import Iterator, Mapping

import streamlit as st

from lib.templates.inputs import InputField
from lib.templates.structure import PhaseSpec, TemplateData
from lib.ui import words
from lib.ui.components.template_editor.phase_settings import REVIEWERS
from lib.ui.components.template_editor.questions import KINDS
from lib.ui.components.text_diff import show_text_diff
from lib.ui.components.value_diff import show_value_diff

#: In characters.
_LONGEST_NAME = 80
#: Settings by what the editor calls them.
_NAMES: Mapping[str, str] = {
    "order": "Order of the phases",
    "questions": "Order of the questions",
    "description": "What it is for",
    "model": "Model",
    "parameters.temperature": "Temperature",
    "parameters.max_tokens": "Longest answer in tokens",
    "name": "Name of the phase",
    "depends_on": "After",
    "condition": "Condition",
    "output.kind": "The answer is",
    "output.schema": "JSON Schema",
    "review.required_approvals": "Approvals needed",
    "review.due_hours": "Due in hours",
    "review.reviewers": "Who may review",
    "review.instructions": "Instructions",
    "review": "Review",
    "operations": "Operations",
    "fallback_models": "If it fails, ask",
    "timeout_seconds": "Time-out in seconds",
    "max_attempts": "Attempts",
}
_QUESTION_NAMES: Mapping[str, str] = {
    "label": "Question",
    "kind": "Answered by",
    "required": "It has to be answered",
    "default": "What stands there at first",
    "choices": "Choices",
    "help": "Help",
    "max_length": "Longest answer in characters",
    "minimum": "At least",
    "maximum": "At most",
}
_OUTPUTS: Mapping[str, str] = {"text": "Free text", "json": "JSON"}


def show_template_changes(old: TemplateData, new: TemplateData, *, numbers: tuple[int, int]) -> None:
    """Draw what was added, removed and changed between versions of these numbers; phases are known by their codes."""
    called = (f"Version {words.number(numbers[0])}", f"Version {words.number(numbers[1])}")
    drawn = [_show_around(old, new, called), *_show_questions(old, new, called), *_show_phases(old, new, called)]
    if not any(drawn):
        st.markdown(":gray[Both versions say the same.]")


def _show_around(old: TemplateData, new: TemplateData, called: tuple[str, str]) -> bool:
    before, after = _around(old, new), _around(new, old)
    if before != after:
        show_value_diff(before, after, names=_NAMES, called=called)
    return before != after


def _around(data: TemplateData, other: TemplateData) -> dict[str, object]:
    """What stands around phases and questions; the order of both as far as both versions have them."""
    said = data.model_dump(mode="json", include={"description", "model", "parameters"}, exclude_defaults=True)
    codes, names = {phase.code for phase in other.phases}, {field.name for field in other.inputs}
    return said | {
        "order": _told_apart({phase.code: phase.name for phase in data.phases if phase.code in codes}),
        "questions": _told_apart({field.name: field.label for field in data.inputs if field.name in names}),
    }


def _told_apart(named: Mapping[str, str]) -> list[str]:
    """What each is called; those that are called alike with their key."""
    called = list(named.values())
    return [f"{name} · {key}" if called.count(name) > 1 else name for key, name in named.items()]


def _show_questions(old: TemplateData, new: TemplateData, called: tuple[str, str]) -> Iterator[bool]:
    """Draw those that differ, known by their names, which prompts read and no two share: two may be labelled alike."""
    asked, asks = ({field.name: field for field in data.inputs} for data in (old, new))
    for name in dict.fromkeys([*asks, *asked]):
        before, after = asked.get(name), asks.get(name)
        field = after or before
        if before == after or field is None:
            continue
        with st.container(gap="xsmall"):
            _show_title("Question", field.label, is_old=bool(before), is_new=bool(after))
            show_value_diff(_asked(before), _asked(after), names=_QUESTION_NAMES, called=called)
        yield True


def _asked(field: InputField | None) -> dict[str, object]:
    if field is None:
        return {}
    said = field.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
    return said | {"kind": KINDS[field.kind], "required": field.required}


def _show_phases(old: TemplateData, new: TemplateData, called: tuple[str, str]) -> Iterator[bool]:
    """Draw those that differ: also one that waits for the phase before it, where that is another one by now."""
    before, after = ({phase.code: phase for phase in data.phases} for data in (old, new))
    for code in dict.fromkeys([*after, *before]):
        phases = before.get(code), after.get(code)
        phase = phases[1] or phases[0]
        beside = _beside(old, phases[0]), _beside(new, phases[1])
        prompts = [each.prompt if each else "" for each in phases]
        if phase is None or (beside[0] == beside[1] and prompts[0] == prompts[1]):
            continue
        with st.container(gap="xsmall"):
            _show_title("Phase", phase.name, is_old=bool(phases[0]), is_new=bool(phases[1]))
            if beside[0] != beside[1]:
                show_value_diff(*beside, names=_NAMES, called=called)
            if prompts[0] != prompts[1]:
                show_text_diff(*prompts)
        yield True


def _show_title(what: str, name: str, *, is_old: bool, is_new: bool) -> None:
    became = "changed" if is_old and is_new else "added" if is_new else "removed"
    st.markdown(f"{what} **{words.plain(words.short(name, most=_LONGEST_NAME))}** :gray[· {became}]")


def _beside(data: TemplateData, phase: PhaseSpec | None) -> dict[str, object]:
    """What a phase says beside its prompt, and what it waits for by name."""
    if phase is None:
        return {}
    said = phase.model_dump(mode="json", exclude={"prompt", "code", "review", "output"}, exclude_defaults=True)
    names = {each.code: each.name for each in data.phases}
    said["depends_on"] = [names.get(code, code) for code in data.dependencies()[phase.code]] or "Begins at once"
    if phase.review is not None:
        asked = phase.review.model_dump(mode="json", exclude_defaults=True)
        roles = [REVIEWERS.get(each, each) for each in phase.review.reviewers]
        said["review"] = {
            "required_approvals": phase.review.required_approvals,
            **asked,
            **({"reviewers": roles} if roles else {}),
        }
    if phase.output.kind == "json":
        schema = phase.output.json_schema
        written = None if schema is None else json.dumps(schema, ensure_ascii=False, indent=2)
        said["output"] = {"kind": _OUTPUTS["json"], "schema": written}
    else:
        said["output"] = {"kind": _OUTPUTS["text"]}
    return said
