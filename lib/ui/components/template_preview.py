"""What a template says, to be read before it is used: its phases in order, and what it asks at launch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import streamlit as st

from lib.templates.inputs import InputField, InputKind
from lib.templates.structure import PhaseSpec, TemplateData
from lib.ui import words
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.template_editor.graph import show_graph

#: In characters: a phase's name in the line that opens it, and in another phase's words.
_LONGEST_NAME, _LONGEST_OTHER = 80, 40
_KINDS: Final[Mapping[InputKind, str]] = {
    InputKind.TEXT: "a line of text",
    InputKind.LONG_TEXT: "a longer text",
    InputKind.CHOICE: "one of several",
    InputKind.NUMBER: "a number",
    InputKind.DATE: "a date",
}


def show_template_preview(data: TemplateData) -> None:
    """Draw the phases, folded; a prompt goes to the browser when somebody opens it.

    Where they do not simply follow each other, a graph above them shows what waits for what.
    """
    names = {phase.code: words.short(phase.name, most=_LONGEST_OTHER) for phase in data.phases}
    dependencies = data.dependencies()
    with card("Phases", note=words.count(len(data.phases), "phase"), key="template-phases"):
        if not _is_chain([dependencies[phase.code] for phase in data.phases], [*dependencies]):
            show_graph(data, key="graph-of-phases")
        for number, phase in enumerate(data.phases, 1):
            waits = say_order([names[code] for code in dependencies[phase.code]])
            name = words.plain(words.short(phase.name, most=_LONGEST_NAME))
            label = f"**{number} {name}** :gray[· {words.plain(' · '.join([waits, *_say_more(phase)]))}]"
            with st.expander(label, type="compact", key=f"phase-{number}", on_change="rerun") as opened:
                if opened.open:
                    _show_phase(phase)


def _is_chain(needs: Sequence[Sequence[str]], codes: Sequence[str]) -> bool:
    """Whether each phase waits for the one before it and for no other."""
    return [*needs] == [(), *((code,) for code in codes[:-1])]


def show_template_inputs(inputs: Sequence[InputField]) -> None:
    """Draw what a launch asks beside the topic; nothing where it asks nothing more."""
    if inputs:
        with card("Asked at launch", key="template-inputs"):
            show_facts([(field.label, _say_input(field)) for field in inputs])


def say_order(names: Sequence[str]) -> str:
    """What a phase waits for: "after Scope and Prices"."""
    return f"after {words.together(names)}" if names else "begins at once"


def _say_more(phase: PhaseSpec) -> Iterator[str]:
    """What is not to be overlooked while a phase is folded."""
    if phase.condition:
        yield "on a condition"
    if phase.review:
        yield "reviewed"
    if phase.operations:
        yield words.count(len(phase.operations), "operation")


def _show_phase(phase: PhaseSpec) -> None:
    st.code(words.visible(phase.prompt), language=None, wrap_lines=True)
    if facts := _facts(phase):
        show_facts(facts)


def _facts(phase: PhaseSpec) -> list[tuple[str, str]]:
    """What a phase says beside its prompt."""
    parameters = phase.parameters.model_dump(exclude_defaults=True)
    review = phase.review
    said = {
        "Model": phase.model,
        "If it fails": ", ".join(phase.fallback_models),
        "Parameters": ", ".join(f"{name.replace('_', ' ')} {words.said(value)}" for name, value in parameters.items()),
        "Answer": "JSON" if phase.output.kind == "json" else None,
        "Only if": phase.condition,
        "Review": review and f"{words.count(review.required_approvals, 'approval')} {review.instructions}".strip(),
        "Then": ", ".join(operation.name or operation.type for operation in phase.operations),
    }
    return [(label, text) for label, text in said.items() if text]


def _say_input(field: InputField) -> str:
    said = [_KINDS[field.kind]]
    if field.choices:
        said = [f"one of: {', '.join(field.choices)}"]
    limits = (("from", field.minimum), ("to", field.maximum))
    said += [f"{word} {words.said(limit)}" for word, limit in limits if limit is not None]
    parts = [" ".join(said) + ("" if field.required else ", optional")]
    parts += [f"else: {words.said(field.default)}"] if field.default is not None else []
    parts += [field.help] if field.help else []
    return "\n".join(parts)
