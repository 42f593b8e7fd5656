"""One phase of a run as a step that opens."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from lib.ui.components.status import PHASE, Status
from lib.ui.words import plain, short

#: In characters. The timeline above has the whole name at hand.
_LONGEST_NAME = 120


@contextmanager
def phase_card(
    number: int,
    name: str,
    *,
    status: Status,
    meta: Sequence[str],
    detail: str | None,
    key: str,
    is_expanded: bool = False,
) -> Iterator[bool]:
    """Draw the step; yields whether it is open, so that a page fetches prompt and answer of open steps only.

    `meta` stands beside the name ("0:42", "6,120 tokens"), `detail` is the first line inside; a step without a detail
    has nothing to tell yet and does not open. Opening reruns the page, or the fragment around the step. What the
    reader opened stays open while the status changes, as long as `key` stays.
    """
    word = "" if status == PHASE["completed"] else f" · :{status.color}[{status.word}]"
    told = f" :gray[· {plain(' · '.join(meta))}]" if meta else ""
    # Streamlit takes a step with another label for another step; what the reader opened is handed on through its key.
    step_key = f"phase-{key}"
    st.session_state[step_key] = st.session_state.get(step_key, is_expanded)
    with st.container(key=f"step-{status.color}-{key}"):  # style.css colours the icon by this key
        step = st.expander(
            f"**{number} {plain(short(name, most=_LONGEST_NAME))}**{word}{told}",
            type="step",
            icon="spinner" if status == PHASE["running"] else status.icon,
            key=step_key,
            on_change="rerun",
        )
    with step:
        if detail:
            st.markdown(f":gray[{plain(detail)}]")
        yield bool(step.open) and detail is not None
