"""What is done after a phase: a form for each operation, made of what its kind asks for."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, get_args, get_origin

import streamlit as st

from lib.access.permissions import Permission
from lib.connections.integrations.service import list_offered
from lib.connections.integrations.views import OfferedIntegration
from lib.integrations.base import Kind
from lib.integrations.registry import find_kinds
from lib.templates.editing import operations as editing
from lib.templates.editing.content import Content
from lib.templates.editing.operations import Operation
from lib.templates.editing.views import Desk
from lib.ui import words
from lib.ui.components.template_editor.keeping import Field, keep
from lib.ui.guard import require_actor

_APPROVALS: Final = {True: "Always", False: "Never"}
_READS: Final = (
    "`{{ answer }}` :gray[this phase's answer] · `{{ answers }}` :gray[all so far] · `{{ answers_json }}` "
    ":gray[the same as JSON] · `{{ run.title }}`, `{{ run.url }}`, `{{ run.id }}`, `{{ phase.name }}` :gray[and "
    "whatever prompts read]"
)


def show_phase_operations(desk: Desk, code: str) -> None:
    """Draw the operations of a phase, and a way to add one."""
    st.markdown(
        ":gray[Done once the phase is completed, in every run for which integrations are on. What leads outside waits "
        "until somebody approves it.]"
    )
    found = editing.operations_of(desk.content, code)
    offered = list_offered(require_actor(Permission.ORCHESTRATIONS_VIEW)) if found else ()
    for index, written in enumerate(found):
        _show_operation(_Place(desk, code, index), written, offered)
    labels = {kind.label: name for name, kind in find_kinds().items()}
    chosen = st.menu_button("Add an operation", list(labels), icon=":material/add:", key="add-operation")
    if chosen in labels:
        keep(desk.template_id, partial(editing.add_operation, code=code, kind=labels[chosen]))
        st.rerun()
    if found:
        st.markdown(_READS)


@dataclass(frozen=True, slots=True)
class _Place:
    """Which operation of a draft is drawn."""

    desk: Desk
    code: str
    index: int

    def field(self, path: tuple[str, ...], read: Callable[[Any], object] | None = None) -> Field:
        """A field of it; `read` makes what is kept out of what the widget holds."""

        def put(content: Content, value: Any) -> Content:
            said = read(value) if read else value
            return editing.set_operation_field(content, self.code, self.index, path, said)

        return Field(self.desk.template_id, f"{self.code}-operation-{self.index}-{'-'.join(path)}", put)


def _show_operation(place: _Place, written: Operation, offered: Sequence[OfferedIntegration]) -> None:
    kind = find_kinds().get(str(written.get("type")))
    name = words.plain(words.short(str(written.get("name") or ""), most=60))
    label = kind.label if kind else words.plain(str(written.get("type")))
    title = f"{place.index + 1} {label}" + (f" · {name}" if name else "")
    with st.expander(title, icon=kind.icon if kind else None, expanded=True):
        left, right = st.columns([3, 2])
        with left:
            named = place.field(("name",), _or_none)
            st.text_input("Name of the operation", placeholder=label, **named.shows(str(written.get("name") or "")))
        with right:
            _show_approval(place, written)
        if kind is None:
            st.markdown(":red[This version does not know its kind. Remove it, or choose another one.]")
        else:
            for each in kind.parameters.model_fields:
                _show_parameter(place, written, kind, each, offered)
        st.text_input(
            "Only if",
            placeholder="Always",
            help="An expression as between {{ and }}, such as “answer” or “phases['Check'].json.score >= 7”.",
            **place.field(("condition",), _or_none).shows(str(written.get("condition") or "")),
        )
        if st.button("Remove", icon=":material/delete:", type="tertiary", key=f"remove-operation-{place.index}"):
            keep(place.desk.template_id, partial(editing.remove_operation, code=place.code, index=place.index))
            st.rerun()


def _show_approval(place: _Place, written: Operation) -> None:
    st.selectbox(
        "Somebody approves it first",
        list(_APPROVALS),
        format_func=lambda each: _APPROVALS.get(each, str(each)),
        placeholder="Where it leads outside",
        help="Never alone whoever has launched the run.",
        **place.field(("requires_approval",)).shows(written.get("requires_approval")),
    )


def _show_parameter(
    place: _Place, written: Operation, kind: Kind, name: str, offered: Sequence[OfferedIntegration]
) -> None:
    said, path = kind.parameters.model_fields[name], ("parameters", name)
    value = (written.get("parameters") or {}).get(name)
    about: dict[str, Any] = {
        "label": str(said.title),
        "help": words.plain(said.description) if said.description else None,
    }
    extra = said.json_schema_extra
    lines = int(str(extra.get("lines", 0))) if isinstance(extra, dict) else 0
    if name == "connection":
        names = {each.slug: f"{each.name} · {each.slug}" for each in offered if each.kind == kind.name}
        _show_connection(place.field(path), names, value, about)
    elif get_origin(said.annotation) is Literal:
        options = list(get_args(said.annotation))
        shown = value if value in options else said.get_default()
        st.selectbox(options=options, **about, **place.field(path).shows(shown))
    elif get_origin(said.annotation) is dict:
        st.text_area(height=80, **about, **place.field(path, _read_lines).shows(_write_lines(value)))
    elif "Json" in str(said.annotation):
        st.text_area(height=140, **about, **place.field(path, _read_json).shows(_write_json(value)))
    elif lines:
        st.text_area(height=max(30 * lines, 80), **about, **place.field(path, _or_none).shows(str(value or "")))
    else:
        st.text_input(**about, **place.field(path, _or_none).shows(str(value or "")))


def _show_connection(field: Field, names: Mapping[str, str], value: object, about: Mapping[str, Any]) -> None:
    options = [*names, *([str(value)] if value and value not in names else [])]

    def say(slug: str) -> str:
        return words.line(names.get(slug, f"{slug} (not there)"))

    shown = field.among(map(say, options)).shows(value)
    st.selectbox(options=options, format_func=say, placeholder="None", **about, **shown)


def _or_none(text: str) -> str | None:
    return text.strip() or None


def _read_lines(text: str) -> dict[str, str] | None:
    """Of lines “Name: value”; one without a colon is a name without a value, which nothing takes for a header."""
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in pairs} or None


def _write_lines(value: object) -> str:
    return "\n".join(f"{name}: {said}" for name, said in value.items()) if isinstance(value, dict) else ""


def _read_json(text: str) -> object:
    """What it says; the text itself where that is no JSON yet, so that nothing typed is lost."""
    try:
        return json.loads(text) if text.strip() else None
    except ValueError:
        return text


def _write_json(value: object) -> str:
    if value is None or isinstance(value, str):
        return str(value or "")
    return json.dumps(value, ensure_ascii=False, indent=2)
