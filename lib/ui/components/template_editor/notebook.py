"""What a tab remembers of the editor's fields: what each showed, and what was typed into it and is not kept yet.

A field is kept by comparing what its widget holds with this, and not by being told of a change: a callback that was
never called, or a database that was away, costs a moment and no word. And the draft is told what the field showed, so
that what somebody else has written there since is not overwritten (`lib.templates.editing.meanwhile`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import streamlit as st

from lib.access.permissions import Permission
from lib.errors import DatabaseFull, DatabaseUnavailable, NotSignedIn, OrchestratorError
from lib.templates.editing.content import Content
from lib.templates.editing.meanwhile import ChangedMeanwhile, Gone, change_field
from lib.templates.editing.service import edit_draft
from lib.ui import state
from lib.ui.guard import require_actor

NOTHING: Final = object()
#: After which what was typed is tried again by itself.
_PASSING: Final = (DatabaseUnavailable, DatabaseFull, NotSignedIn)


def _nowhere(content: Content, _code: str, _value: Any) -> Content:
    return content


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a draft: what its widget shows of a draft, and how what the widget holds is put into one."""

    template_id: UUID
    name: str
    label: str
    get: Callable[[Content], Any]
    put: Callable[[Content, Any], Content]
    #: Of a field of a phase: its code, and how the value is put into another phase.
    code: str | None = None
    put_into: Callable[[Content, str, Any], Content] = _nowhere


@dataclass(slots=True)
class Entry:
    """One field in this tab."""

    field: Field
    #: What the draft said when the field was drawn, or was kept, last.
    shown: Any
    #: What the widget held when that was dealt with last: kept, refused, or asked about.
    seen: Any
    #: What was typed and is not in the draft.
    typed: Any = NOTHING
    #: How often another tab's words took the place of what it showed: each time by another widget, because a browser
    #: may send the text of the old one until it has drawn the new one.
    turn: int = 0
    is_changed_meanwhile: bool = False
    is_gone: bool = False

    @property
    def key(self) -> str:
        """Of the widget."""
        turn = f"-{self.turn}" if self.turn else ""
        return f"edit-{self.field.template_id.hex[-8:]}-{self.field.name}{turn}"

    def show(self, value: Any) -> None:
        """Have the field show that from now on, whatever it held."""
        self.turn += 1
        self.shown = self.seen = value
        self.forget()

    def insist(self, theirs: Any) -> None:
        """Have what was typed kept in place of what the draft says, unless that changes once more."""
        self.shown, self.seen = theirs, NOTHING

    def forget(self) -> None:
        """Keep what was typed no longer."""
        self.typed, self.is_changed_meanwhile, self.is_gone = NOTHING, False, False


@dataclass(slots=True)
class Notebook:
    """All fields of one template in this tab, by name."""

    entries: dict[str, Entry] = field(default_factory=dict)

    def entry_of(self, drawn: Field, content: Content) -> Entry:
        """The entry of a field that is drawn now."""
        value = drawn.get(content)
        entry = self.entries.setdefault(drawn.name, Entry(drawn, shown=value, seen=value))
        if entry.typed is NOTHING and entry.shown != value:
            entry.show(value)
        return entry

    def forget_typed(self) -> None:
        """Have all fields show what the draft says."""
        for entry in self.entries.values():
            if entry.typed is not NOTHING:
                entry.show(entry.shown)

    @property
    def changed_meanwhile(self) -> list[Entry]:
        """Fields that somebody has to choose about."""
        return [entry for entry in self.entries.values() if entry.is_changed_meanwhile]

    @property
    def gone(self) -> list[Entry]:
        """Fields of phases and operations that are not there any more, with what was typed there."""
        return [entry for entry in self.entries.values() if entry.is_gone]


def notebook_of(template_id: UUID) -> Notebook:
    """What the tab remembers of that one."""
    key = f"notebook-{template_id}"
    found = state.peek(key)
    if not isinstance(found, Notebook):
        found = st.session_state[key] = Notebook()
    return found


def keep_typed(template_id: UUID) -> None:
    """Keep what the fields hold and the draft does not. Raises what keeps one from being kept, and what it says stays.

    Nothing that a browser sends meanwhile ends this.
    """
    held = state.snapshot()
    for entry in list(notebook_of(template_id).entries.values()):
        value = held.get(entry.key, entry.typed)
        if value is not NOTHING and value != entry.seen:
            entry.typed = value
            _keep(entry)


def _keep(entry: Entry) -> None:
    drawn, value = entry.field, entry.typed
    edited: list[Content] = []

    def edit(content: Content) -> Content:
        edited.append(change_field(content, value, seen=entry.shown, get=drawn.get, put=drawn.put))
        return edited[-1]

    entry.is_changed_meanwhile = entry.is_gone = False
    try:
        edit_draft(require_actor(Permission.TEMPLATES_VIEW), drawn.template_id, edit)
    except _PASSING:
        raise
    except (ChangedMeanwhile, Gone) as error:
        entry.seen = value
        entry.is_changed_meanwhile = isinstance(error, ChangedMeanwhile)
        entry.is_gone = isinstance(error, Gone)
    except OrchestratorError:
        entry.seen = value  # the same is refused again
        raise
    else:
        entry.seen, entry.typed = value, NOTHING
        entry.shown = _get(drawn, edited[-1], value)


def _get(drawn: Field, content: Content, value: Any) -> Any:
    try:
        return drawn.get(content)
    except Gone:  # it was the phase's code that was changed
        return value
