"""A prompt as the model will read it, made of the samples, and the way to ask a model for real."""

from typing import Literal

import streamlit as st

from lib.errors import PlanInvalid
from lib.templates.editing.names import find_unknown
from lib.templates.editing.preview import render_phase
from lib.templates.editing.views import Desk
from lib.ui import words
from lib.ui.components.template_editor.models import Models
from lib.ui.components.template_editor.trying import show_try

#: In characters. What is longer is cut in the preview, and tried out whole.
_MOST = 20_000


def show_preview(desk: Desk, code: str, models: Models) -> None:
    """Draw the prompt, or in words and with its line what is wrong with it."""
    choice = models.of_phase(desk.content, code)
    st.markdown("**What the model will read** :gray[on the samples]")
    unknown = find_unknown(desk.content, code)
    for line in unknown:
        st.markdown(f":orange[:material/warning:] {words.plain(line[:1].upper() + line[1:])}")
    if choice is None:
        st.markdown(":gray[No model is on offer, so nobody knows how to write for one.]")
        return
    try:
        prompt = render_phase(desk.content, code, choice=choice, traits=models.traits(choice))
    except PlanInvalid as error:
        if not unknown:  # else it says the same
            st.markdown(f":red[:material/error:] {words.plain(error.message)}")
        return
    st.code(words.visible(prompt[:_MOST]), language=None, wrap_lines=True, height=_height(prompt))
    if len(prompt) > _MOST:
        st.markdown(f":gray[The first {words.number(_MOST)} of {words.count(len(prompt), 'character')}.]")
    show_try(desk, code, choice, models, prompt)


def _height(prompt: str) -> int | Literal["content"]:
    """So tall that it does not push the rest of the page away."""
    return 320 if prompt.count("\n") > 14 or len(prompt) > 1_400 else "content"
