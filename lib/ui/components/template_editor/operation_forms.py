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
from lib.templates.editing.content import Path
from lib.templates.editing.operations import Operation
from lib.templates.editing.views import Desk
from lib.ui import words
from lib.ui.components.template_editor.keeping import among, keep, part_of_phase, shows, shows_one_of, text
from lib.ui.components.template_editor.notebook import Field
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
        _show_operation(_Place(desk, code, index, str(written.get("type"))), written, offered)
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
    kind: str

    def field(
        self,
        path: Path,
        label: str,
        *,
        write: Callable[[Any], Any],
        read: Callable[[Any], object] = lambda value: value,
    ) -> Field:
        """A field of it: `write` and `read` are as in `phase_field`."""
        index, kind = self.index, self.kind
        return part_of_phase(
            self.desk.template_id,
            self.code,
            f"operation-{index}-{kind}-{'-'.join(path)}",
            label,
            get=lambda content, of: write(editing.get_operation_field(content, of, index, path, kind=kind)),
            put=lambda content, of, value: editing.set_operation_field(
                content, of, index, path, read(value), kind=kind
            ),
            put_into=lambda content, of, value: editing.put_operation_field(content, of, path, read(value), kind=kind),
            operation=(index, kind),
        )

    def shows(
        self, path: Path, label: str, *, write: Callable[[Any], Any], read: Callable[[Any], object]
    ) -> dict[str, Any]:
        """The label and the arguments of the widget of a field that somebody types into."""
        return {"label": label, **shows(self.field(path, label, write=write, read=read), self.desk.content)}


def _show_operation(place: _Place, written: Operation, offered: Sequence[OfferedIntegration]) -> None:
    kind = find_kinds().get(str(written.get("type")))
    name = words.plain(words.short(str(written.get("name") or ""), most=60))
    label = kind.label if kind else words.plain(str(written.get("type")))
    title = f"{place.index + 1} {label}" + (f" · {name}" if name else "")
    with st.expander(title, icon=kind.icon if kind else None, expanded=True):
        left, right = st.columns([3, 2])
        with left:
            named = place.shows(("name",), "Name of the operation", write=text, read=_or_none)
            st.text_input(placeholder=label, **named)
        with right:
            _show_approval(place)
        if kind is None:
            st.markdown(":red[This version does not know its kind. Remove it, or choose another one.]")
        else:
            for each in kind.parameters.model_fields:
                _show_parameter(place, kind, each, offered)
        st.text_input(
            placeholder="Always",
            help="An expression as between {{ and }}, such as “answer” or “phases['Check'].json.score >= 7”.",
            **place.shows(("condition",), "Only if", write=text, read=_or_none),
        )
        if st.button("Remove", icon=":material/delete:", type="tertiary", key=f"remove-operation-{place.index}"):
            removed = partial(editing.remove_operation, code=place.code, index=place.index, kind=place.kind)
            keep(place.desk.template_id, removed)
            st.rerun()


def _show_approval(place: _Place) -> None:
    label, options = "Somebody approves it first", list(_APPROVALS)
    st.selectbox(
        label,
        options,
        format_func=lambda each: _APPROVALS.get(each, str(each)),
        placeholder="Where it leads outside",
        help="Never alone whoever has launched the run.",
        **shows_one_of(place.field(("requires_approval",), label, write=_as_stored), place.desk.content, options),
    )


def _show_parameter(place: _Place, kind: Kind, name: str, offered: Sequence[OfferedIntegration]) -> None:
    said, path = kind.parameters.model_fields[name], ("parameters", name)
    label, hint = str(said.title), words.plain(said.description) if said.description else None
    extra = said.json_schema_extra
    lines = int(str(extra.get("lines", 0))) if isinstance(extra, dict) else 0
    if name == "connection":
        names = {each.slug: f"{each.name} · {each.slug}" for each in offered if each.kind == kind.name}
        _show_connection(place, place.field(path, label, write=_as_stored), names, hint)
    elif get_origin(said.annotation) is Literal:
        options = list(get_args(said.annotation))
        chosen = place.field(path, label, write=lambda stored: stored if stored in options else said.get_default())
        st.selectbox(label, options, help=hint, **shows_one_of(chosen, place.desk.content, options))
    elif get_origin(said.annotation) is dict:
        st.text_area(height=80, help=hint, **place.shows(path, label, write=_write_lines, read=_read_lines))
    elif "Json" in str(said.annotation):
        st.text_area(height=140, help=hint, **place.shows(path, label, write=_write_json, read=_read_json))
    elif lines:
        height = max(30 * lines, 80)
        st.text_area(height=height, help=hint, **place.shows(path, label, write=text, read=_or_none))
    else:
        st.text_input(help=hint, **place.shows(path, label, write=text, read=_or_none))


def _show_connection(place: _Place, field: Field, names: Mapping[str, str], hint: str | None) -> None:
    content = place.desk.content
    value = field.get(content)
    options = [*names, *([str(value)] if value and value not in names else [])]

    def say(slug: str) -> str:
        return words.line(names.get(slug, f"{slug} (not there)"))

    shown = shows_one_of(among(field, map(say, options)), content, options)
    st.selectbox(field.label, options, format_func=say, placeholder="None", help=hint, **shown)


def _as_stored(stored: Any) -> Any:
    return stored


def _or_none(typed: str) -> str | None:
    return typed.strip() or None


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
