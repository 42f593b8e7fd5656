"""What models will be asked by a run, before anything is: each prompt, when it is asked at all, and who else may be."""

from collections.abc import Sequence

import streamlit as st

from lib.templates.rendering import PreviewedPrompt
from lib.ui import words


def show_prompts(prompts: Sequence[PreviewedPrompt]) -> None:
    """Draw them folded, the first one open."""
    st.markdown(f":gray[{words.count(len(prompts), 'prompt')}, rendered with what you entered.]")
    for number, prompt in enumerate(prompts, 1):
        only = f" :gray[· only if {words.plain(words.short(prompt.condition, most=60))}]" if prompt.condition else ""
        name = words.plain(words.short(prompt.name, most=120))
        with st.expander(f"**{number} {name}**{only}", type="compact", expanded=number == 1):
            if prompt.condition:
                st.markdown(f":gray[{words.plain(f'Skipped where this is not true: {prompt.condition}')}]")
            if prompt.fallbacks:
                others = words.together(list(prompt.fallbacks))
                st.markdown(f":gray[{words.plain(f'If its model fails, asked next: {others}')}]")
            st.code(words.visible(prompt.prompt), language=None, wrap_lines=True)
