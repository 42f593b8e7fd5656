"""What tells two versions of a template apart: each phase that differs, its prompt line by line, and the rest."""

from collections.abc import Mapping

import streamlit as st

from lib.templates.structure import PhaseSpec, TemplateData
from lib.ui import words
from lib.ui.components.text_diff import show_text_diff
from lib.ui.components.value_diff import show_value_diff

#: In characters.
_LONGEST_NAME = 80
_NAMES: Mapping[str, str] = {
    "order": "Order of the phases",
    "questions": "Order of the questions",
    "description": "Description",
    "model": "Model",
    "inputs": "Asked at launch",
    "parameters": "Parameters",
    "name": "Name",
    "depends_on": "Waits for",
    "condition": "Only if",
    "output": "Answer",
    "review": "Review",
    "operations": "Then",
    "fallback_models": "If it fails",
    "timeout_seconds": "Seconds it may take",
    "max_attempts": "Attempts",
}


def show_template_changes(old: TemplateData, new: TemplateData) -> None:
    """Draw what was added, removed and changed; phases are the same where their codes are."""
    before, after = ({phase.code: phase for phase in data.phases} for data in (old, new))
    is_same = True
    around = _around(old, new), _around(new, old)
    if around[0] != around[1]:
        is_same = False
        show_value_diff(*around, names=_NAMES)
    for code in dict.fromkeys([*after, *before]):
        if before.get(code) != after.get(code):
            is_same = False
            with st.container(gap="xsmall"):
                _show_phase(before.get(code), after.get(code))
    if is_same:
        st.markdown(":gray[Both versions say the same.]")


def _around(data: TemplateData, other: TemplateData) -> dict[str, object]:
    """What stands around the phases; the order of phases and questions as far as both have them."""
    said = data.model_dump(mode="json", include={"description", "model", "inputs", "parameters"}, exclude_defaults=True)
    # by name, which prompts read and no two share: two questions may be labelled alike
    inputs = {field["name"]: field for field in said.pop("inputs", [])}
    codes, names = {phase.code for phase in other.phases}, {field.name for field in other.inputs}
    return said | {
        "inputs": inputs,
        "order": [phase.code for phase in data.phases if phase.code in codes],
        "questions": [field.name for field in data.inputs if field.name in names],
    }


def _show_phase(old: PhaseSpec | None, new: PhaseSpec | None) -> None:
    phase = new or old
    if phase is None:
        return
    what = "changed" if old and new else "added" if new else "removed"
    st.markdown(f"**{words.plain(words.short(phase.name, most=_LONGEST_NAME))}** :gray[· {what}]")
    before, after = _beside(old), _beside(new)
    if before != after and old and new:
        show_value_diff(before, after, names=_NAMES)
    if (old.prompt if old else "") != (new.prompt if new else ""):
        show_text_diff(old.prompt if old else "", new.prompt if new else "")


def _beside(phase: PhaseSpec | None) -> dict[str, object]:
    """What a phase says beside its prompt."""
    return phase.model_dump(mode="json", exclude={"prompt", "code"}, exclude_defaults=True) if phase else {}
