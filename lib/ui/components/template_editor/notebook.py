"""What a tab remembers of the editor's fields: what each showed, and what was typed into it and is not kept yet.

A field is kept by comparing what its widget holds with this, and not by being told of a change: a callback that was
never called, or a database that was away, costs a moment and no word. And the draft is told what the field showed, so
that what somebody else has written there since is not overwritten (`lib.templates.editing.meanwhile`).

A field belongs to its phase and not to the phase's code, which is changed, and used again: a renamed phase keeps its
fields, with what is being typed there, and a new phase of an old code shows nothing that was typed into another one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import streamlit as st

from lib.access.permissions import Permission
from lib.errors import DatabaseFull, DatabaseUnavailable, NotSignedIn, OrchestratorError
from lib.templates.editing.content import Content, codes_of
from lib.templates.editing.meanwhile import FieldChanged, Gone, PhaseGone, change_field
from lib.templates.editing.service import edit_draft
from lib.ui import state
from lib.ui.components.template_editor import left_behind
from lib.ui.guard import require_actor
from lib.ui.tabs import is_open_tab

NOTHING: Final = object()
#: After which what was typed is tried again by itself.
_PASSING: Final = (DatabaseUnavailable, DatabaseFull, NotSignedIn)


@dataclass(slots=True)
class PhaseHere:
    """A phase as this tab knows it, whatever code it has by now."""

    number: int
    #: None once it is not there any more.
    code: str | None

    @property
    def code_now(self) -> str:
        """Its code. Raises `PhaseGone`."""
        if self.code is None:
            raise PhaseGone
        return self.code


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a draft: what its widget shows of a draft, and how what the widget holds is put into one."""

    template_id: UUID
    name: str
    label: str
    get: Callable[[Content], Any]
    put: Callable[[Content, Any], Content]
    #: Of a field of a phase: which one, and how the value is put into another one; None where that makes no sense.
    phase: PhaseHere | None = None
    put_into: Callable[[Content, str, Any], Content] | None = None
    #: Of a field of an operation: its place in the phase, and its kind.
    operation: tuple[int, str] | None = None
    #: Whether what is typed is sent at each pause, and not only once the field is left.
    is_sent_at_once: bool = True
    #: Of a switch: whether this value of it takes away the fields that stand below it.
    is_off: Callable[[Any], bool] | None = None


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
    #: How often other words took the place of what it showed: each time by another widget, because a browser may send
    #: the text of the old one until it has drawn the new one.
    turn: int = 0
    is_changed_meanwhile: bool = False
    is_gone: bool = False
    #: Why what was typed is refused; it is tried again all the same, for the reason may be gone.
    refusal: str | None = None
    is_drawn: bool = False

    @property
    def key(self) -> str:
        """Of the widget."""
        turn = f"-{self.turn}" if self.turn else ""
        kind = "edit" if self.field.is_sent_at_once else "enter"
        return f"{kind}-{self.field.template_id.hex[-8:]}-{self.field.name}{turn}"

    @property
    def waits(self) -> bool:
        """Whether there is something to keep, or to try again."""
        return self.typed is not NOTHING and (self.typed != self.seen or self.refusal is not None)

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
        self.typed, self.is_changed_meanwhile, self.is_gone, self.refusal = NOTHING, False, False, None

    def note(self, held: Mapping[str, Any]) -> None:
        """Take what the widget holds, where that was not dealt with yet."""
        value = held.get(self.key, NOTHING)
        if value is NOTHING:
            return
        if value != self.seen:
            self.typed = value
        elif self.typed is not NOTHING and self.typed != self.seen:  # was taken back before it could be kept
            self.forget()


@dataclass(slots=True)
class Notebook:
    """All fields of one template in this tab, by name."""

    entries: dict[str, Entry] = field(default_factory=dict)
    #: The phases that are there, by code.
    phases: dict[str, PhaseHere] = field(default_factory=dict)
    #: Phases by the codes that they had, until this tab gave them another one.
    renamed: dict[str, PhaseHere] = field(default_factory=dict)
    count: int = 0

    def go_on_from(self, left: "Notebook") -> None:
        """Be what that one was."""
        self.entries, self.phases, self.renamed = left.entries, left.phases, left.renamed
        self.count = left.count

    def phase(self, code: str) -> PhaseHere:
        """The phase that has this code now."""
        if code not in self.phases:
            self.count += 1
            self.phases[code] = PhaseHere(self.count, code)
        return self.phases[code]

    def look(self, content: Content) -> None:
        """Note which phases are there no more. What was typed into them is offered back."""
        codes = set(codes_of(content))
        for code in set(self.phases) - codes:
            self.phases.pop(code).code = None
        for entry in self.entries.values():
            if entry.field.phase and entry.field.phase.code is None and entry.typed is not NOTHING:
                entry.refusal, entry.is_changed_meanwhile, entry.is_gone = None, False, True
                if entry.field.put_into is None:
                    entry.forget()

    def begin_drawing(self, content: Content) -> None:
        """From here on the fields are drawn that `content` is shown in."""
        self.look(content)
        for entry in self.entries.values():
            entry.is_drawn = False

    def rename(self, phase: PhaseHere, new: str) -> None:
        """Have the phase, with its fields, known by that code."""
        old = phase.code_now
        if new != old:
            self.renamed[old] = self.phases[new] = self.phases.pop(old)
            phase.code = new

    def find_code(self, asked: str | None, codes: Sequence[str]) -> str:
        """The phase that is asked for, also by a code that it had before; else the first."""
        if asked in codes:
            return str(asked)
        phase = self.renamed.get(asked or "")
        return phase.code if phase and phase.code and phase.code in codes else codes[0]

    def entry_of(self, drawn: Field, content: Content) -> Entry:
        """The entry of a field that is drawn now."""
        value = drawn.get(content)
        entry = self.entries.setdefault(drawn.name, Entry(drawn, shown=value, seen=value))
        if entry.typed is NOTHING and entry.shown != value:
            entry.show(value)
        entry.is_drawn = True
        return entry

    def forget_typed(self) -> None:
        """Have all fields show what the draft says."""
        for entry in self.entries.values():
            if entry.typed is not NOTHING:
                entry.show(entry.shown)

    def switch_off(self, switch: Entry) -> None:
        """Forget what was typed into fields that go with their switch."""
        for name, entry in self.entries.items():
            if name.startswith(f"{switch.field.name}-"):
                entry.seen = entry.seen if entry.typed is NOTHING else entry.typed
                entry.forget()

    @property
    def changed_meanwhile(self) -> list[Entry]:
        """Fields that somebody has to choose about."""
        return [entry for entry in self.entries.values() if entry.is_changed_meanwhile]

    @property
    def gone(self) -> list[Entry]:
        """Fields of phases and operations that are not there any more, with what was typed there."""
        return [entry for entry in self.entries.values() if entry.is_gone]

    @property
    def refused(self) -> list[Entry]:
        """Fields with what the draft does not take."""
        return [entry for entry in self.entries.values() if entry.refusal is not None]

    @property
    def not_kept(self) -> list[Entry]:
        """Fields with what is in no draft, whyever that is."""
        return [entry for entry in self.entries.values() if entry.typed is not NOTHING]


def notebook_of(template_id: UUID) -> Notebook:
    """What the tab remembers of that one."""
    key = f"notebook-{template_id}"
    found = state.peek(key)
    if not isinstance(found, Notebook):
        found = st.session_state[key] = Notebook()
        left = left_behind.take(state.peek(state.DRAWN_FOR), template_id, is_open=is_open_tab)
        if isinstance(left, Notebook):
            found.go_on_from(left)
    return found


def keep_typed(template_id: UUID) -> None:
    """Keep what the fields hold and the draft does not. Raises what keeps one from being kept, and what it says stays.

    Nothing that a browser sends meanwhile ends this. What is refused keeps nothing else from being kept, and is said
    once for as long as the reason stays.
    """
    notebook, held = notebook_of(template_id), state.snapshot()
    entries = list(notebook.entries.values())
    for entry in entries:
        entry.note(held)
    refused: list[OrchestratorError] = []
    for entry in entries:
        if entry.waits:
            try:
                _keep(notebook, entry)
            except NotSignedIn:
                left_behind.leave(state.peek(state.DRAWN_FOR), template_id, notebook)
                raise
            except _PASSING:
                raise
            except OrchestratorError as error:
                if (entry.refusal, entry.seen) != (error.message, entry.typed):
                    refused.append(error)
                entry.refusal, entry.seen = error.message, entry.typed
    if refused:
        raise refused[0]


def _keep(notebook: Notebook, entry: Entry) -> None:
    drawn, value = entry.field, entry.typed
    edits: list[tuple[Content, Content]] = []

    def edit(content: Content) -> Content:
        notebook.look(content)
        edits.append((content, change_field(content, value, seen=entry.shown, get=drawn.get, put=drawn.put)))
        return edits[-1][1]

    entry.is_changed_meanwhile = entry.is_gone = False
    try:
        edit_draft(require_actor(Permission.TEMPLATES_VIEW), drawn.template_id, edit)
    except (FieldChanged, Gone) as error:
        entry.seen, entry.refusal = value, None
        entry.is_changed_meanwhile = isinstance(error, FieldChanged)
        entry.is_gone = isinstance(error, Gone)
        if entry.is_gone and drawn.put_into is None:
            entry.forget()
    else:
        entry.seen = value
        entry.forget()
        _note_what_goes_with_it(notebook, entry, *edits[-1])


def _note_what_goes_with_it(notebook: Notebook, entry: Entry, before: Content, after: Content) -> None:
    drawn, value = entry.field, entry.seen
    if drawn.phase is not None:
        had, has = set(codes_of(before)), set(codes_of(after))
        if drawn.phase.code_now not in has:
            notebook.rename(drawn.phase, *(has - had))
    entry.shown = drawn.get(after)
    if drawn.is_off is not None and drawn.is_off(value):
        notebook.switch_off(entry)
