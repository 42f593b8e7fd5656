"""What a phase says beside its prompt: model and limits, what the answer has to be, and who looks at it."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from lib.access.permissions import Role
from lib.templates.editing import phases
from lib.templates.editing.content import Content, get_phase, set_phase_field
from lib.templates.editing.views import Desk
from lib.templates.plan import DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUT_SECONDS
from lib.ui import words
from lib.ui.components.number_look import as_float
from lib.ui.components.template_editor.condition import show_condition
from lib.ui.components.template_editor.keeping import (
    among,
    part_of_phase,
    phase_field,
    say_refused,
    shows,
    shows_one_of,
    shows_some_of,
    text,
)
from lib.ui.components.template_editor.models import Models
from lib.ui.components.template_editor.notebook import Field

REVIEWERS: Final[Mapping[str, str]] = {Role.ADMIN: "Admins", Role.MANAGER: "Managers", Role.MEMBER: "Members"}


def show_model(desk: Desk, code: str, models: Models) -> None:
    """Draw the model, how it is asked, for how long and how often."""
    phase = get_phase(desk.content, code)
    options = models.options(phase.get("model"))
    content, of = desk.content, partial(phase_field, desk.template_id, code)
    chosen = among(of(("model",), write=_as_stored), map(models.label, options))
    st.selectbox(
        "Model",
        options,
        format_func=lambda model: models.label(model) if model else "The run's model",
        help="Named here it is asked whatever is chosen at launch.",
        **shows_one_of(chosen, content, options),
    )
    show_parameters(content, lambda name, write: of(("parameters", name), write=write))
    left, right = st.columns(2)
    left.number_input(
        "Time-out in seconds",
        step=1,
        placeholder=words.number(DEFAULT_TIMEOUT_SECONDS),
        **shows(of(("timeout_seconds",), write=_as_stored), content),
    )
    right.number_input(
        "Attempts",
        step=1,
        placeholder=words.number(DEFAULT_MAX_ATTEMPTS),
        help="How often it is asked at most, where the first call fails.",
        **shows(of(("max_attempts",), write=_as_stored), content),
    )
    _show_fallbacks(desk, code, models)
    show_condition(desk, code)
    _show_code(desk, code)


def _show_code(desk: Desk, code: str) -> None:
    renamed = part_of_phase(
        desk.template_id,
        code,
        "code",
        "Code",
        get=lambda edited, of: get_phase(edited, of)["code"],
        put=phases.rename_code,
        is_sent_at_once=False,  # half a code is one as well
    )
    st.text_input(
        "Code",
        help='What prompts call it, as in phases["…"]. Changed here, it is changed in every prompt that reads it.',
        **shows(renamed, desk.content),
    )
    say_refused(renamed)


def _show_fallbacks(desk: Desk, code: str, models: Models) -> None:
    field = phase_field(desk.template_id, code, ("fallback_models",), write=_as_texts, read=list)
    stored = field.get(desk.content)
    options = list(dict.fromkeys([*(model for model in models.options(None) if model), *stored]))
    st.multiselect(
        "If it fails, ask",
        options,
        format_func=models.label,
        max_selections=5,
        placeholder="Nobody else",
        help="Models that are asked in this order, each where the one before it has failed for good.",
        **shows_some_of(among(field, map(models.label, options)), desk.content),
    )


def show_parameters(content: Content, field_of: Callable[[str, Callable[[Any], object]], Field]) -> None:
    """Draw how a model is asked to write; what is left empty the model decides."""
    left, right = st.columns(2)
    left.number_input(
        "Temperature",
        step=0.1,
        placeholder="The model's own",
        help="Low is sober, high is surprising.",
        **shows(field_of("temperature", as_float), content),
    )
    right.number_input(
        "Longest answer in tokens",
        step=1,
        placeholder="The model's own",
        help="A token is about three quarters of a word.",
        **shows(field_of("max_tokens", _as_stored), content),
    )


def show_answer(desk: Desk, code: str) -> None:
    """Draw what the answer has to be."""
    kinds = {"text": "Free text", "json": "JSON"}
    kind = part_of_phase(
        desk.template_id,
        code,
        "output",
        "The answer is",
        get=_kind_of,
        put=_set_kind,
        put_into=_set_kind,
        is_off=lambda value: value != "json",
    )
    st.segmented_control(
        "The answer is",
        list(kinds),
        format_func=lambda each: kinds[each],
        required=True,
        **shows_some_of(kind, desk.content),
    )
    if _kind_of(desk.content, code) != "json":
        return
    schema = phase_field(desk.template_id, code, ("output", "schema"), write=_write_schema, read=_read_schema)
    st.text_area(
        "JSON Schema",
        height=200,
        placeholder='{"type": "object", "properties": {"title": {"type": "string"}}}',
        help="What the answer has to look like. Left empty, any JSON will do.",
        **shows(schema, desk.content),
    )
    say_refused(schema)


def show_review(desk: Desk, code: str) -> None:
    """Draw who has to agree before the phases behind this one begin."""
    content = desk.content
    gate = part_of_phase(
        desk.template_id,
        code,
        "review",
        "Review",
        get=_has_gate,
        put=_set_gate,
        put_into=_set_gate,
        is_off=lambda is_on: not is_on,
    )
    st.toggle("People look at the answer before the run goes on", **shows(gate, content))
    if not _has_gate(content, code):
        return

    def of(name: str, write: Callable[[Any], object]) -> Field:
        return phase_field(desk.template_id, code, ("review", name), write=write)

    left, right = st.columns(2)
    left.number_input(
        "Approvals needed",
        step=1,
        **shows(of("required_approvals", lambda stored: 1 if stored is None else stored), content),
    )
    right.number_input(
        "Due in hours",
        step=1,
        placeholder="No limit",
        **shows(of("due_hours", _as_stored), content),
    )
    reviewers = of("reviewers", lambda stored: list(stored or ()))
    st.multiselect(
        "Who may review",
        list(dict.fromkeys([*map(str, REVIEWERS), *reviewers.get(content)])),
        format_func=lambda role: REVIEWERS.get(role, role),
        placeholder="Everybody who may review",
        **shows_some_of(reviewers, content),
    )
    instructions = of("instructions", text)
    st.text_area("Instructions", height=90, placeholder="What to look at", **shows(instructions, content))
    say_refused(instructions)


def _kind_of(content: Content, code: str) -> str:
    return str((get_phase(content, code).get("output") or {}).get("kind", "text"))


def _set_kind(content: Content, code: str, kind: str) -> Content:
    return set_phase_field(content, code, ("output",), {"kind": kind} if kind == "json" else None)


def _has_gate(content: Content, code: str) -> bool:
    return get_phase(content, code).get("review") is not None


def _set_gate(content: Content, code: str, is_on: Any) -> Content:
    return set_phase_field(content, code, ("review",), {} if is_on else None)


def _read_schema(text: Any) -> Any:
    """The schema; what is no JSON yet is kept as it was typed, and is a problem until it is."""
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        return text


def _write_schema(schema: Any) -> str:
    return schema if isinstance(schema, str) else "" if schema is None else json.dumps(schema, indent=2)


def _as_stored(stored: Any) -> Any:
    return stored


def _as_texts(stored: Any) -> list[str]:
    return [str(each) for each in stored or ()]
