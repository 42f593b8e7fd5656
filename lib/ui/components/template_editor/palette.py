"""What a prompt may read, at hand: a click puts it at the end of the prompt."""

from functools import partial

import streamlit as st

from lib.errors import InvalidInput
from lib.templates.editing.content import Content, get_phase, set_phase_field
from lib.templates.editing.names import FILTER_WORDS, list_variables
from lib.templates.editing.views import Desk
from lib.ui import words
from lib.ui.components.template_editor.keeping import is_kept, keep
from lib.ui.components.template_editor.notebook import Field


def show_palette(desk: Desk, code: str, prompt: Field) -> None:
    """Draw the button that opens it."""
    with st.popover("Insert a variable", icon=":material/data_object:"):
        st.markdown(":gray[A click puts it at the end of the prompt; you can move it from there.]")
        with st.container(key="palette", gap="xxsmall"):
            for number, variable in enumerate(list_variables(desk.content, code)):
                label = f"`{words.line(variable.expression).replace('`', '')}` :gray[{words.plain(variable.meaning)}]"
                insert = partial(
                    keep, desk.template_id, partial(_insert, field=prompt, code=code, written=variable.written)
                )
                st.button(label, key=f"insert-{number}", type="tertiary", on_click=insert)
        filters = "\n".join(f"* `| {name}` :gray[{words.plain(said)}]" for name, said in FILTER_WORDS.items())
        st.markdown(f"A filter changes what stands before it:\n\n{filters}")


def _insert(content: Content, field: Field, code: str, written: str) -> Content:
    if not is_kept(field):
        message = "The prompt is not in the draft, and nothing can be put at its end before it is: see below it why."
        raise InvalidInput(message)
    prompt = str(get_phase(content, code).get("prompt") or "")
    gap = "" if not prompt or prompt[-1].isspace() else " "
    return set_phase_field(content, code, ("prompt",), f"{prompt}{gap}{written}")
