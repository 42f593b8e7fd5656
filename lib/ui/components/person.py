"""Who it was: a name, the role where that helps, and whether they are still there."""

import streamlit as st
from markupsafe import Markup

from lib.ui import words
from lib.users.views import Person

#: Who did what nobody in particular did, at the beginning of a line or in a column.
SYSTEM = "System"
#: In characters; the rest stands in the tooltip.
_LONGEST_NAME = 60
_NAME = Markup('<span class="ao-person" title="{}">{}</span>')
_NOTE = Markup(' <span class="ao-none">({})</span>')


def show_person(person: Person | None, *, with_role: bool = False) -> None:
    """Draw the person's name; None is nobody in particular: the installation did it by itself."""
    st.html(person_inline(person, with_role=with_role), width="content")


def person_inline(person: Person | None, *, with_role: bool = False) -> Markup:
    """The same, to stand in a line of other markup."""
    if person is None:
        return Markup("the system")
    said = _notes(person, with_role=with_role)
    name = _NAME.format(words.line(person.name), words.short(person.name, most=_LONGEST_NAME))
    return name + (_NOTE.format(", ".join(said)) if said else Markup(""))


def person_in_words(person: Person | None) -> str:
    """The same as text: "Max Okafor (deactivated)"."""
    if person is None:
        return "the system"
    return f"{person.name} (deactivated)" if person.is_deactivated else person.name


def _notes(person: Person, *, with_role: bool) -> list[str]:
    return [*([person.role] if with_role else []), *(["deactivated"] if person.is_deactivated else [])]
