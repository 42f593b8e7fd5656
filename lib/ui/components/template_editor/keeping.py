"""Fields of the editor: each shows what the draft says, and an edit is kept in the draft before the page is drawn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID
from zlib import crc32

import streamlit as st

from lib.access.permissions import Permission
from lib.templates.editing.content import Content, Path, set_phase_field, set_template_field
from lib.templates.editing.service import edit_draft
from lib.ui import feedback
from lib.ui.guard import require_actor

_NOT_DRAWN: Final = object()

#: Puts what a field holds into a draft.
Put = Callable[[Content, Any], Content]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a draft: the key of its widget, and how what it holds is kept."""

    template_id: UUID
    name: str
    put: Put

    @property
    def key(self) -> str:
        """Of the widget."""
        return f"edit-{self.template_id.hex[-8:]}-{self.name}"

    def among(self, labels: Iterable[str]) -> "Field":
        """The same, to choose from options of these labels.

        A browser knows an option by its label alone: of one that was renamed meanwhile it would say that it is gone,
        and a choice would be lost. With other labels it is another widget.
        """
        return replace(self, name=f"{self.name}-{options_key(labels)}")

    def shows(self, value: object) -> dict[str, Any]:
        """The arguments of the widget, which shows `value` from now on.

        Where an edit could not be kept, what was typed stays instead. An unchanged value is not set again: a browser
        would take it for a new one, and throw away what is being typed.
        """
        if not st.session_state.get(_refused(self.key)) and st.session_state.get(self.key, _NOT_DRAWN) != value:
            st.session_state[self.key] = value
        return {"key": self.key, "on_change": _keep, "args": (self,)}


def options_key(labels: Iterable[str]) -> str:
    """The same for the same labels."""
    return f"{crc32(chr(10).join(labels).encode('utf-8', 'replace')):x}"


def phase_field(template_id: UUID, code: str, path: Path, *, read: Callable[[Any], object] | None = None) -> Field:
    """A field of a phase; `read` makes what is kept out of what the widget holds."""
    return Field(
        template_id,
        f"{code}-{'-'.join(path)}",
        lambda content, value: set_phase_field(content, code, path, read(value) if read else value),
    )


def template_field(template_id: UUID, path: Path) -> Field:
    """A field of the template."""
    return Field(
        template_id, f"template-{'-'.join(path)}", lambda content, value: set_template_field(content, path, value)
    )


def keep(template_id: UUID, edit: Callable[[Content], Content]) -> None:
    """Apply an edit to the draft. For callbacks: what goes wrong is said in the page that follows."""
    with feedback.told_later():
        edit_draft(require_actor(Permission.TEMPLATES_VIEW), template_id, edit)


def open_phase(code: str) -> None:
    """Have the page show that phase from now on, also after a reload."""
    st.query_params["phase"] = code


def _keep(field: Field) -> None:
    value = st.session_state[field.key]
    st.session_state[_refused(field.key)] = True
    with feedback.told_later():
        actor = require_actor(Permission.TEMPLATES_VIEW)
        edit_draft(actor, field.template_id, lambda content: field.put(content, value))
        st.session_state[_refused(field.key)] = False


def _refused(key: str) -> str:
    return f"{key}-refused"
