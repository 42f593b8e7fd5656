"""What tells two versions of a template apart: each phase that differs, its prompt line by line, and the rest."""

import json
from collections.abc import Mapping

import streamlit as st

from lib.templates.inputs import InputField
from lib.templates.structure import PhaseSpec, TemplateData
from lib.ui import words
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
    "kind": "Asks for",
    "required": "It has to be answered",
    "default": "What stands there at first",
    "choices": "Choices",
    "help": "Help",
    "max_length": "Longest answer in characters",
    "minimum": "At least",
    "maximum": "At most",
}
_OUTPUTS: Mapping[str, str] = {"text": "Free text", "json": "JSON"}


def show_template_changes(old: TemplateData, new: TemplateData) -> None:
    """Draw what was added, removed and changed; phases are the same where their codes are."""
    before, after = ({phase.code: phase for phase in data.phases} for data in (old, new))
    is_same = True
    around = _around(old, new), _around(new, old)
    if around[0] != around[1]:
        is_same = False
        show_value_diff(*around, names=_NAMES)
    # by name, which prompts read and no two share: two questions may be labelled alike
    asked, asks = ({field.name: field for field in data.inputs} for data in (old, new))
    for name in dict.fromkeys([*asks, *asked]):
        if asked.get(name) != asks.get(name):
            is_same = False
            with st.container(gap="xsmall"):
                _show_question(asked.get(name), asks.get(name))
    for code in dict.fromkeys([*after, *before]):
        if before.get(code) != after.get(code):
            is_same = False
            with st.container(gap="xsmall"):
                _show_phase((old, before.get(code)), (new, after.get(code)))
    if is_same:
        st.markdown(":gray[Both versions say the same.]")


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


def _show_question(old: InputField | None, new: InputField | None) -> None:
    field = new or old
    if field is None:
        return
    _show_title("Question", field.label, is_old=bool(old), is_new=bool(new))
    show_value_diff(_asked(old), _asked(new), names=_QUESTION_NAMES)


def _asked(field: InputField | None) -> dict[str, object]:
    if field is None:
        return {}
    said = field.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)
    return said | {"kind": KINDS[field.kind], "required": field.required}


def _show_phase(old: tuple[TemplateData, PhaseSpec | None], new: tuple[TemplateData, PhaseSpec | None]) -> None:
    phase = new[1] or old[1]
    if phase is None:
        return
    _show_title("Phase", phase.name, is_old=bool(old[1]), is_new=bool(new[1]))
    before, after = _beside(*old), _beside(*new)
    if before != after:
        show_value_diff(before, after, names=_NAMES)
    prompts = [each.prompt if each else "" for _, each in (old, new)]
    if prompts[0] != prompts[1]:
        show_text_diff(*prompts)


def _show_title(what: str, name: str, *, is_old: bool, is_new: bool) -> None:
    became = "changed" if is_old and is_new else "added" if is_new else "removed"
    st.markdown(f"{what} **{words.plain(words.short(name, most=_LONGEST_NAME))}** :gray[· {became}]")


def _beside(data: TemplateData, phase: PhaseSpec | None) -> dict[str, object]:
    """What a phase says beside its prompt, and what it waits for by name."""
    if phase is None:
        return {}
    said = phase.model_dump(mode="json", exclude={"prompt", "code", "review", "output"}, exclude_defaults=True)
    names = {each.code: each.name for each in data.phases}
    if phase.depends_on is None:
        said["depends_on"] = "the phase before, if there is one"
    else:
        said["depends_on"] = [names.get(code, code) for code in phase.depends_on] or "nothing"
    if phase.review is not None:
        asked = phase.review.model_dump(mode="json", exclude_defaults=True)
        said["review"] = {"required_approvals": phase.review.required_approvals, **asked}
    if phase.output.kind == "json":
        schema = phase.output.json_schema
        written = None if schema is None else json.dumps(schema, ensure_ascii=False, indent=2)
        said["output"] = {"kind": _OUTPUTS["json"], "schema": written}
    else:
        said["output"] = {"kind": _OUTPUTS["text"]}
    return said
