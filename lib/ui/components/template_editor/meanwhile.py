"""What somebody typed and the draft did not take: both texts to choose from, and the texts of what is gone.

A button is known by its field and not by its place in the list: a second press lands on nothing, and not on the next.
"""

from typing import Any
from uuid import UUID

import streamlit as st

from lib.errors import Conflict
from lib.templates.editing.content import Content, codes_of, get_phase
from lib.templates.editing.operations import add_operation
from lib.templates.editing.phases import add_phase
from lib.templates.editing.views import Desk
from lib.ui import feedback, words
from lib.ui.components.template_editor.keeping import keep_now, open_phase, options_key, remember_undecided
from lib.ui.components.template_editor.notebook import Entry, keep_typed, notebook_of

#: In characters: what is longer is cut where it is shown, and kept whole.
_MOST = 4_000
_PHASE_GONE = "phase that you wrote into was removed, or given another code,"


def show_meanwhile(desk: Desk) -> None:
    """Draw both, for as long as nobody has chosen; nothing where nobody was faster."""
    notebook = notebook_of(desk.template_id)
    remember_undecided(desk.template_id)
    for entry in notebook.changed_meanwhile:
        _show_choice(desk, entry)
    for entry in notebook.gone:
        _show_gone(desk, entry)


def show_refused(desk: Desk) -> None:
    """Draw what is refused of fields that the page does not show, where nobody would see it else."""
    for entry in notebook_of(desk.template_id).refused:
        if not entry.is_drawn:
            key = _key(entry)
            with st.container(border=True, key=f"refused-{key}", gap="xsmall"):
                said = f"{place_of(desk, entry)} is not in the draft. {entry.refusal}"
                st.markdown(f":orange[:material/warning:] {words.plain(said)}")
                _show_text("Yours", entry.typed)
                st.button("Forget it", key=f"forget-{key}", on_click=entry.forget)


def _show_choice(desk: Desk, entry: Entry) -> None:
    try:
        theirs = entry.field.get(desk.content)
    except Conflict:  # since then its phase was removed as well
        entry.is_changed_meanwhile, entry.is_gone = False, True
        return
    with st.container(border=True, key=f"meanwhile-{_key(entry)}", gap="xsmall"):
        said = f"{place_of(desk, entry)} was changed meanwhile, while you wrote here."
        st.markdown(f":orange[:material/warning:] {words.plain(said)} Both are kept until you choose.")
        left, right = st.columns(2)
        with left:
            _show_text("Yours", entry.typed)
            st.button("Keep mine", key=f"keep-mine-{_key(entry)}", on_click=_keep_mine, args=(entry, theirs))
        with right:
            _show_text("In the draft", theirs)
            st.button("Keep the draft's", key=f"keep-theirs-{_key(entry)}", on_click=entry.show, args=(theirs,))


def _keep_mine(entry: Entry, theirs: Any) -> None:
    entry.insist(theirs)
    with feedback.told_later():
        keep_typed(entry.field.template_id)


def _show_gone(desk: Desk, entry: Entry) -> None:
    is_operation = _code_of(entry) is not None
    what = "operation that you wrote into was removed" if is_operation else _PHASE_GONE
    with st.container(border=True, key=f"gone-{_key(entry)}", gap="xsmall"):
        said = f"The {what} meanwhile."
        st.markdown(f":orange[:material/warning:] {words.plain(said)} Here is what you wrote.")
        _show_text(entry.field.label, entry.typed)
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Add it again" if is_operation else "Add a phase with it",
                icon=":material/add:",
                key=f"add-gone-{_key(entry)}",
                on_click=_add_again,
                args=(desk.template_id, entry),
            )
            st.button("Forget it", key=f"forget-{_key(entry)}", on_click=entry.forget)


def _add_again(template_id: UUID, entry: Entry) -> None:
    """Put all that was typed into that phase into a new one at the end, and open it; for an operation, there.

    Each operation is added anew: what was typed into one that is gone overwrites none that is still there.
    """
    lost = [one for one in notebook_of(template_id).gone if one.field.phase is entry.field.phase]
    added: list[str] = []

    def edit(content: Content) -> Content:
        there = _code_of(entry)
        changed, code = add_phase(content) if there is None else (content, there)
        for operation in dict.fromkeys(one.field.operation for one in lost):
            changed = add_operation(changed, code, operation[1]) if operation else changed
            for one in lost:
                if one.field.operation == operation and one.field.put_into is not None:
                    changed = one.field.put_into(changed, code, one.typed)
        added.append(code)
        return changed

    with feedback.told_later():
        keep_now(template_id, edit)
        for one in lost:
            one.forget()
        open_phase(added[-1])


def place_of(desk: Desk, entry: Entry) -> str:
    """The field as people call it, with its phase where it is of one."""
    code = _code_of(entry)
    if code is None or code not in codes_of(desk.content):
        return f"“{entry.field.label}”"
    name = get_phase(desk.content, code).get("name") or code
    return f"“{entry.field.label}” of “{words.line(str(name))}”"


def _code_of(entry: Entry) -> str | None:
    """Of its phase, where that is there."""
    return entry.field.phase.code if entry.field.phase else None


def _key(entry: Entry) -> str:
    """Of a container, which becomes a class in the browser: no words of anybody."""
    return options_key([entry.field.name])


def _show_text(label: str, value: Any) -> None:
    shown = _say(value)
    st.markdown(f":gray[{words.plain(label)}]")
    cut = shown[:_MOST] + ("…" if len(shown) > _MOST else "")
    st.code(words.visible(cut) or " ", language=None, wrap_lines=True, height=200 if len(cut) > 600 else "content")


def _say(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else "off"
        case list():
            return ", ".join(map(str, value))
    return str(value)
