"""What a phase says beside its prompt: model and limits, what the answer has to be, and who looks at it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import streamlit as st

from lib.access.permissions import Role
from lib.templates.editing import phases
from lib.templates.editing.content import Content, get_phase, set_phase_field
from lib.templates.editing.views import Desk
from lib.templates.plan import DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUT_SECONDS
from lib.ui import words
from lib.ui.components.template_editor.condition import show_condition
from lib.ui.components.template_editor.keeping import Field, phase_field
from lib.ui.components.template_editor.models import Models

_REVIEWERS: Final = {Role.ADMIN: "Admins", Role.MANAGER: "Managers", Role.MEMBER: "Members"}


def show_model(desk: Desk, code: str, models: Models) -> None:
    """Draw the model, how it is asked, for how long and how often."""
    phase = get_phase(desk.content, code)
    options = models.options(phase.get("model"))
    chosen = phase_field(desk.template_id, code, ("model",)).among(map(models.label, options))
    st.selectbox(
        "Model",
        options,
        format_func=lambda model: models.label(model) if model else "The run's model",
        help="Named here it is asked whatever is chosen at launch.",
        **chosen.shows(phase.get("model")),
    )
    show_parameters(
        phase.get("parameters") or {}, lambda name: phase_field(desk.template_id, code, ("parameters", name))
    )
    left, right = st.columns(2)
    left.number_input(
        "Time-out in seconds",
        min_value=1,
        max_value=3_600,
        placeholder=words.number(DEFAULT_TIMEOUT_SECONDS),
        **phase_field(desk.template_id, code, ("timeout_seconds",)).shows(phase.get("timeout_seconds")),
    )
    right.number_input(
        "Attempts",
        min_value=1,
        max_value=10,
        placeholder=words.number(DEFAULT_MAX_ATTEMPTS),
        help="How often it is asked at most, where the first call fails.",
        **phase_field(desk.template_id, code, ("max_attempts",)).shows(phase.get("max_attempts")),
    )
    _show_fallbacks(desk, code, models)
    show_condition(desk, code)
    renamed = Field(desk.template_id, f"{code}-code", lambda content, new: phases.rename_code(content, code, new))
    st.text_input(
        "Code",
        help='What prompts call it, as in phases["…"]. Changed here, it is changed in every prompt that reads it.',
        **renamed.shows(code),
    )


def _show_fallbacks(desk: Desk, code: str, models: Models) -> None:
    stored = [str(model) for model in get_phase(desk.content, code).get("fallback_models") or ()]
    options = [model for model in models.options(None) if model] + stored
    named = phase_field(desk.template_id, code, ("fallback_models",), read=list).among(map(models.label, options))
    st.multiselect(
        "If it fails, ask",
        list(dict.fromkeys(options)),
        format_func=models.label,
        max_selections=5,
        placeholder="Nobody else",
        help="Models that are asked in this order, each where the one before it has failed for good.",
        **named.shows(stored),
    )


def show_parameters(written: Mapping[str, Any], field_of: Callable[[str], Field]) -> None:
    """Draw how a model is asked to write; what is left empty the model decides."""
    left, right = st.columns(2)
    left.number_input(
        "Temperature",
        min_value=0.0,
        max_value=2.0,
        step=0.1,
        placeholder="The model's own",
        help="Low is sober, high is surprising.",
        **field_of("temperature").shows(_float(written.get("temperature"))),
    )
    right.number_input(
        "Longest answer in tokens",
        min_value=1,
        max_value=1_000_000,
        placeholder="The model's own",
        help="A token is about three quarters of a word.",
        **field_of("max_tokens").shows(written.get("max_tokens")),
    )


def show_answer(desk: Desk, code: str) -> None:
    """Draw what the answer has to be."""
    output = get_phase(desk.content, code).get("output") or {}
    kinds = {"text": "Free text", "json": "JSON"}
    kind = Field(desk.template_id, f"{code}-output", lambda content, value: _set_kind(content, code, value))
    st.segmented_control(
        "The answer is",
        list(kinds),
        format_func=lambda each: kinds[each],
        required=True,
        **kind.shows(output.get("kind", "text")),
    )
    if output.get("kind") != "json":
        return
    schema = phase_field(desk.template_id, code, ("output", "schema"), read=_read_schema)
    st.text_area(
        "JSON Schema",
        height=200,
        placeholder='{"type": "object", "properties": {"title": {"type": "string"}}}',
        help="What the answer has to look like. Left empty, any JSON will do.",
        **schema.shows(_write_schema(output.get("schema"))),
    )


def show_review(desk: Desk, code: str) -> None:
    """Draw who has to agree before the phases behind this one begin."""
    review = get_phase(desk.content, code).get("review")
    gate = Field(desk.template_id, f"{code}-review", lambda content, is_on: _set_gate(content, code, is_on=is_on))
    st.toggle("People look at the answer before the run goes on", **gate.shows(review is not None))
    if review is None:
        return

    def of(name: str) -> Field:
        return phase_field(desk.template_id, code, ("review", name))

    left, right = st.columns(2)
    left.number_input(
        "Approvals needed",
        min_value=1,
        max_value=20,
        **of("required_approvals").shows(review.get("required_approvals", 1)),
    )
    right.number_input(
        "Due in hours",
        min_value=1,
        max_value=8_760,
        placeholder="No limit",
        **of("due_hours").shows(review.get("due_hours")),
    )
    named = list(review.get("reviewers", ()))
    st.multiselect(
        "Who may review",
        list(dict.fromkeys([*map(str, _REVIEWERS), *named])),
        format_func=lambda role: _REVIEWERS.get(role, role),
        placeholder="Everybody who may review",
        **of("reviewers").shows(named),
    )
    st.text_area(
        "Instructions",
        height=90,
        placeholder="What to look at",
        **of("instructions").shows(review.get("instructions", "")),
    )


def _set_kind(content: Content, code: str, kind: str) -> Content:
    return set_phase_field(content, code, ("output",), {"kind": kind} if kind == "json" else None)


def _set_gate(content: Content, code: str, *, is_on: bool) -> Content:
    return set_phase_field(content, code, ("review",), {} if is_on else None)


def _say_unsupported(what: str) -> None:
    st.markdown(
        f":orange[:material/info:] This version can't run {what} yet. The template can be saved with it, not launched."
    )


def _read_schema(text: Any) -> Any:
    """The schema; what is no JSON yet is kept as it was typed, and is a problem until it is."""
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        return text


def _write_schema(schema: Any) -> str:
    return schema if isinstance(schema, str) else "" if schema is None else json.dumps(schema, indent=2)


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
