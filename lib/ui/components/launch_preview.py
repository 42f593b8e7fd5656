"""What a launch would do, before it is done: what it will probably take, and every prompt."""

import streamlit as st

from lib.access.actor import Actor
from lib.runs.launch import LaunchRequest, preview_launch
from lib.ui import feedback, words
from lib.ui.components.card import card
from lib.ui.components.estimate import show_estimate
from lib.ui.components.model_choice import show_own_models

_LONGEST_NAME = 120


def show_launch_preview(actor: Actor, request: LaunchRequest | None) -> None:
    """Draw both cards, or what speaks against the launch; None is a choice that is still missing."""
    prepared = None
    with card("What it will probably take"), feedback.told():
        if request is None:
            st.markdown(":gray[Cost, time and calls, once project, template and model are chosen.]")
        else:
            prepared = preview_launch(actor, request)
            show_estimate(prepared.estimate, prepared.quota, key="launch")
    if prepared is None:
        return
    with card("What the model will be asked"):
        st.markdown(f":gray[{words.count(len(prepared.prompts), 'prompt')}, rendered with what you entered.]")
        show_own_models(prepared.plan)
        for number, prompt in enumerate(prepared.prompts, 1):
            name = words.plain(words.short(prompt.name, most=_LONGEST_NAME))
            with st.expander(f"**{number} {name}**", type="compact", expanded=number == 1):
                st.code(words.visible(prompt.prompt), language=None, wrap_lines=True)
