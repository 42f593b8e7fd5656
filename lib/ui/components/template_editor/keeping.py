"""Fields of the editor: each shows what the draft says, and an edit is kept in the draft before the page is drawn."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID
from zlib import crc32

import streamlit as st

from lib.access.permissions import Permission
from lib.templates.editing.content import (
    Content,
    Path,
    get_phase,
    set_phase_field,
    set_template_field,
    switch_on,
)
from lib.templates.editing.service import edit_draft
from lib.ui import feedback, state, words
from lib.ui.components.template_editor import left_behind
from lib.ui.components.template_editor.notebook import NOTHING, Field, keep_typed, notebook_of
from lib.ui.guard import require_actor
from lib.ui.tabs import current_tab

#: What a field is called where its name alone would not do.
_LABELS: Final = {"name": "Name of the phase", "schema": "JSON Schema", "description": "What it is for"}


def shows(field: Field, content: Content) -> dict[str, Any]:
    """The arguments of the widget, which shows what the draft says.

    Where an edit could not be kept, what was typed stays instead. What is drawn again as it was leaves alone what is
    being typed: `value` is what a new widget begins with.
    """
    arguments, value = _draw(field, content)
    return {**arguments, "value": value}


def shows_one_of(field: Field, content: Content, options: Sequence[Any]) -> dict[str, Any]:
    """The same for a choice of one."""
    arguments, value = _draw(field, content)
    return {**arguments, "index": options.index(value) if value in options else None}


def shows_some_of(field: Field, content: Content) -> dict[str, Any]:
    """The same for a choice of several, and for one of a few that all can be seen."""
    arguments, value = _draw(field, content)
    return {**arguments, "default": value}


def among(field: Field, labels: Iterable[str]) -> Field:
    """The same field, to choose from options of these labels.

    A browser knows an option by its label alone: of one that was renamed meanwhile it would say that it is gone,
    and a choice would be lost. With other labels it is another widget.
    """
    return replace(field, name=f"{field.name}-{options_key(labels)}")


def options_key(labels: Iterable[str]) -> str:
    """The same for the same labels."""
    return f"{crc32(chr(10).join(labels).encode('utf-8', 'replace')):x}"


def text(stored: object) -> str:
    """What a field of text shows."""
    return str(stored or "")


def phase_field(
    template_id: UUID,
    code: str,
    path: Path,
    *,
    write: Callable[[Any], object],
    read: Callable[[Any], object] = lambda value: value,
) -> Field:
    """A field of a phase; `write` makes what the widget shows of what is stored, and `read` the other way round."""
    return part_of_phase(
        template_id,
        code,
        "-".join(path),
        _label(path),
        get=lambda content, of: write(look_up(get_phase(content, of), path)),
        put=lambda content, of, value: set_phase_field(content, of, path, read(value)),
        put_into=lambda content, of, value: set_phase_field(switch_on(content, of, path), of, path, read(value)),
    )


def part_of_phase(
    template_id: UUID,
    code: str,
    name: str,
    label: str,
    *,
    get: Callable[[Content, str], Any],
    put: Callable[[Content, str, Any], Content],
    put_into: Callable[[Content, str, Any], Content] | None = None,
    operation: tuple[int, str] | None = None,
    is_sent_at_once: bool = True,
    is_off: Callable[[Any], bool] | None = None,
) -> Field:
    """A part of a phase that is got and put by functions of the phase's code, which may be another one by then."""
    phase = notebook_of(template_id).phase(code)
    return Field(
        template_id,
        f"{phase.number}-{name}",
        label,
        lambda content: get(content, phase.code_now),
        lambda content, value: put(content, phase.code_now, value),
        phase=phase,
        put_into=put_into,
        operation=operation,
        is_sent_at_once=is_sent_at_once,
        is_off=is_off,
    )


def template_field(template_id: UUID, path: Path, *, write: Callable[[Any], object]) -> Field:
    """A field of the template."""
    return Field(
        template_id,
        f"template-{'-'.join(path)}",
        _label(path),
        lambda content: write(look_up(content["data"], path)),
        lambda content, value: set_template_field(content, path, value),
    )


def keep(template_id: UUID, edit: Callable[[Content], Content]) -> None:
    """Apply an edit to the draft, on top of what was typed. For callbacks: what goes wrong is said in the page then."""
    with feedback.told_later():
        keep_now(template_id, edit)


def keep_now(template_id: UUID, edit: Callable[[Content], Content]) -> None:
    """The same, where what goes wrong is said on the spot. What is refused of what was typed is said in the page."""
    notebook = notebook_of(template_id)

    def look_and_edit(content: Content) -> Content:
        notebook.look(content)
        edited = edit(content)
        notebook.look(edited)
        return edited

    with feedback.told_later():
        keep_typed(template_id)
    edit_draft(require_actor(Permission.TEMPLATES_VIEW), template_id, look_and_edit)


def remember_undecided(template_id: UUID) -> None:
    """Have what is in no draft, and waits for a choice or for other words, outlive this tab; and nothing else."""
    notebook = notebook_of(template_id)
    if notebook.not_kept:
        left_behind.leave(state.peek(state.DRAWN_FOR), template_id, notebook, tab=current_tab())
    else:
        left_behind.forget(notebook)


def is_kept(field: Field) -> bool:
    """Whether the draft says what the field shows."""
    return notebook_of(field.template_id).entries[field.name].typed is NOTHING


def say_refused(field: Field) -> None:
    """Say below a field why the draft does not take what it shows, for as long as that stands there."""
    entry = notebook_of(field.template_id).entries[field.name]
    if entry.refusal is not None:
        st.markdown(f":red[:material/error:] {words.plain(entry.refusal)} :gray[Not in the draft.]")


def open_phase(code: str) -> None:
    """Have the page show that phase from now on, also after a reload."""
    st.query_params["phase"] = code


def _draw(field: Field, content: Content) -> tuple[dict[str, Any], Any]:
    entry = notebook_of(field.template_id).entry_of(field, content)
    value = entry.shown if entry.typed is NOTHING else entry.typed
    return {"key": entry.key, "on_change": _keep, "args": (field.template_id,)}, value


def _keep(template_id: UUID) -> None:
    with feedback.told_later():
        keep_typed(template_id)


def _label(path: Path) -> str:
    return _LABELS.get(path[-1], path[-1].replace("_", " ").capitalize())


def look_up(stored: Any, path: Path) -> Any:
    """What stands there, None where nothing does."""
    for key in path:
        stored = stored.get(key) if isinstance(stored, dict) else None
    return stored
