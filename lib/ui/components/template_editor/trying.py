"""Asking a model for real what a phase asks, beside the prompt, and keeping its answer for the phases that follow."""

from functools import partial
from typing import Any, Final

import streamlit as st

from lib.access.permissions import Permission
from lib.providers.base import JsonWish, ModelChoice, ModelParameters
from lib.templates import trying
from lib.templates.editing.content import get_phase, set_sample
from lib.templates.editing.preview import output_of
from lib.templates.editing.views import Desk
from lib.templates.json_output.checking import check_answer
from lib.templates.plan import DEFAULT_TIMEOUT_SECONDS
from lib.templates.trying import Try
from lib.ui import feedback, words
from lib.ui.components.answer import show_answer
from lib.ui.components.template_editor.keeping import keep
from lib.ui.components.template_editor.models import Models
from lib.ui.guard import require_actor

#: Between two looks at what is written so far.
_LOOK_SECONDS: Final = 0.5
#: In characters: the end of what is being written, and the beginning of an answer.
_MOST_SHOWN: Final = 8_000


def show_try(desk: Desk, code: str, choice: ModelChoice, models: Models, prompt: str) -> None:
    """Draw the button, what is written meanwhile, and how it ended: answer, tokens, cost and time, or the error."""
    key = f"try-{desk.template_id.hex[-8:]}-{code}"
    tried: Try | None = st.session_state.get(key)
    is_running = tried is not None and not tried.is_over
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        is_asked = st.button(
            "Try this phase",
            icon=":material/play_arrow:",
            disabled=is_running or not require_actor().may(Permission.ORCHESTRATIONS_RUN),
            help="A real call to the model: it counts, and may cost something, as in a run.",
        )
        st.markdown(f":gray[asks {words.plain(models.label(str(choice)))}]", width="content")
    if is_asked:
        with feedback.told():
            st.session_state[key] = _begin(desk, code, choice, models, prompt)
            st.rerun()
    if tried is not None and is_running:
        st.fragment(_show_running, run_every=_LOOK_SECONDS)(tried)
    elif tried is not None:
        _show_end(desk, code, tried, is_of_now=tried.prompt == prompt)


def _begin(desk: Desk, code: str, choice: ModelChoice, models: Models, prompt: str) -> Try:
    phase = get_phase(desk.content, code)
    parameters = _parameters(phase.get("parameters")).over(_parameters(desk.content["data"].get("parameters")))
    timeout, output = phase.get("timeout_seconds"), output_of(phase)
    return trying.begin_try(
        require_actor(Permission.TEMPLATES_VIEW),
        choice,
        prompt,
        parameters=parameters.over(models.traits(choice).parameters),
        timeout_seconds=timeout if isinstance(timeout, int) and timeout > 0 else DEFAULT_TIMEOUT_SECONDS,
        json=JsonWish(output.json_schema) if output.kind == "json" else None,
    )


def _parameters(written: Any) -> ModelParameters:
    return ModelParameters.model_validate(written or {})


def _show_running(tried: Try) -> None:
    require_actor(Permission.TEMPLATES_VIEW)
    if tried.is_over:
        feedback.draw_anew()
    with st.container(border=True, key="try", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":blue[:material/progress_activity:] Writing for {words.duration(tried.elapsed_seconds)}")
            st.space("stretch")
            st.button("Cancel the try", on_click=tried.cancel, disabled=tried.is_cancelled)
        written = "".join(tried.pieces)
        if written:
            show_answer(written[-_MOST_SHOWN:])
        else:
            st.markdown(":gray[Waiting for the first word]")


def _show_end(desk: Desk, code: str, tried: Try, *, is_of_now: bool) -> None:
    with st.container(border=True, key="try", gap="xsmall"):
        cost = f"{words.cost(tried.cost_usd)} · {words.duration(tried.seconds)}"
        if tried.answer is None:
            said = "Cancelled." if tried.error is None else tried.error
            color, icon = ("gray", "block") if tried.error is None else ("red", "error")
            st.markdown(f":{color}[:material/{icon}:] {words.plain(said)} :gray[{words.plain(cost)}]")
            return
        figures = f"{words.tokens(tried.answer.total_tokens)} · {cost}"
        st.markdown(f":green[:material/check_circle:] {words.plain(tried.answer.model)} :gray[{words.plain(figures)}]")
        if not is_of_now:
            st.markdown(":gray[The prompt has changed since.]")
        if tried.answer.finish_reason == "length":
            st.markdown(":orange[:material/warning:] It ends where the longest answer that was allowed ends.")
        for fault in check_answer(output_of(get_phase(desk.content, code)), tried.answer.text):
            st.markdown(f":orange[:material/warning:] {words.plain(f'A run would ask once more: {fault}.')}")
        show_answer(tried.answer.text[:_MOST_SHOWN])
        if len(tried.answer.text) > _MOST_SHOWN:
            st.markdown(f":gray[The first {words.number(_MOST_SHOWN)} characters.]")
        answer = tried.answer.text[:100_000]
        if desk.content["samples"].get("answers", {}).get(code) == answer:
            st.markdown(":gray[:material/check: The previews of later phases read this answer.]")
            return
        put = partial(set_sample, path=("answers", code), value=answer)
        st.button("Use it in the previews of later phases", on_click=keep, args=(desk.template_id, put))
