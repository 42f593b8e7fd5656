"""What somebody typed where another tab was faster: both texts to choose from, and the text of a phase that is gone."""

from typing import Any
from uuid import UUID

import streamlit as st

from lib.errors import Conflict
from lib.templates.editing.content import Content, codes_of, get_phase
from lib.templates.editing.phases import add_phase
from lib.templates.editing.views import Desk
from lib.ui import feedback, words
from lib.ui.components.template_editor.keeping import keep, open_phase
from lib.ui.components.template_editor.notebook import Entry, keep_typed, notebook_of

#: In characters: what is longer is cut where it is shown, and kept whole.
_MOST = 4_000


def show_meanwhile(desk: Desk) -> None:
    """Draw both, for as long as nobody has chosen; nothing where nobody was faster."""
    notebook = notebook_of(desk.template_id)
    for number, entry in enumerate(notebook.changed_meanwhile):
        _show_choice(desk, entry, number)
    for number, entry in enumerate(notebook.gone):
        _show_gone(desk, entry, number)


def _show_choice(desk: Desk, entry: Entry, number: int) -> None:
    try:
        theirs = entry.field.get(desk.content)
    except Conflict:  # since then its phase was removed as well
        entry.is_changed_meanwhile, entry.is_gone = False, True
        return
    with st.container(border=True, key=f"meanwhile-{number}", gap="xsmall"):
        said = f"{_place(desk, entry)} was changed in another tab while you changed it here."
        st.markdown(f":orange[:material/warning:] {words.plain(said)} Both are kept until you choose.")
        left, right = st.columns(2)
        with left:
            _show_text("Yours", entry.typed)
            st.button("Keep mine", key=f"keep-mine-{number}", on_click=_keep_mine, args=(entry, theirs))
        with right:
            _show_text("In the draft", theirs)
            st.button("Keep the draft's", key=f"keep-theirs-{number}", on_click=entry.show, args=(theirs,))


def _keep_mine(entry: Entry, theirs: Any) -> None:
    entry.insist(theirs)
    with feedback.told_later():
        keep_typed(entry.field.template_id)


def _show_gone(desk: Desk, entry: Entry, number: int) -> None:
    with st.container(border=True, key=f"gone-{number}", gap="xsmall"):
        is_operation = entry.field.code in codes_of(desk.content)
        what = (
            "operation that you wrote into was removed"
            if is_operation
            else ("phase that you wrote into was removed, or given another code,")
        )
        said = f"The {what} in another tab."
        st.markdown(f":orange[:material/warning:] {words.plain(said)} Here is what you wrote.")
        _show_text(entry.field.label, entry.typed)
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Add it again" if is_operation else "Add a phase with it",
                icon=":material/add:",
                key=f"add-gone-{number}",
                on_click=_add_again,
                args=(desk.template_id, entry),
            )
            st.button("Forget it", key=f"forget-{number}", on_click=entry.forget)


def _add_again(template_id: UUID, entry: Entry) -> None:
    """Put all that was typed into that phase into a new one at the end, and open it; for an operation, there."""
    lost = [one for one in notebook_of(template_id).gone if one.field.code == entry.field.code]
    added: list[str] = []

    def edit(content: Content) -> Content:
        of = entry.field.code
        changed, code = (content, of) if of and of in codes_of(content) else add_phase(content)
        for one in lost:
            changed = one.field.put_into(changed, code, one.typed)
        added.append(code)
        return changed

    keep(template_id, edit)
    if added:
        for one in lost:
            one.forget()
        open_phase(added[-1])


def _place(desk: Desk, entry: Entry) -> str:
    code = entry.field.code
    if code is None or code not in codes_of(desk.content):
        return f"“{entry.field.label}”"
    return f"“{entry.field.label}” of “{words.line(str(get_phase(desk.content, code).get('name') or code))}”"


def _show_text(label: str, value: Any) -> None:
    shown = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
    st.markdown(f":gray[{words.plain(label)}]")
    cut = shown[:_MOST] + ("…" if len(shown) > _MOST else "")
    st.code(words.visible(cut) or " ", language=None, wrap_lines=True, height=200 if len(cut) > 600 else "content")
