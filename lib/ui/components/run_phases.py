"""The phases of a run as steps that open: prompt, answer, attempts."""

from uuid import UUID

import streamlit as st

from lib import clock
from lib.models.run import PhaseStatus
from lib.runs.views import AttemptView, PhaseView, RunDetail
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.facts import show_facts
from lib.ui.components.markdown_view import show_markdown
from lib.ui.components.phase_card import phase_card


def show_run_phases(run: RunDetail, *, time_zone: str) -> None:
    """Draw every phase; the one that is being written is open, and at the end the last one that was."""
    last = max((phase.position for phase in run.phases if phase.newest.response), default=None)
    with st.container(gap="xsmall", key="phases"):
        for phase in run.phases:
            is_writing = phase.status is PhaseStatus.RUNNING
            with phase_card(
                phase.position + 1,
                phase.name,
                status=status.PHASE[phase.status],
                meta=_meta(phase),
                detail=_detail(phase),
                # another key once it is written: it opens while it is, and closes by itself when the next one begins
                key=f"{phase.position}-{'writing' if is_writing else 'live' if run.is_live else 'ended'}",
                is_expanded=is_writing or (not run.is_live and phase.position == last),
            ) as is_open:
                if is_open:
                    _show_inside(run.summary.id, phase, time_zone=time_zone)


def _meta(phase: PhaseView) -> list[str]:
    newest = phase.newest
    said = []
    if newest.execution_time_ms is not None:
        said.append(words.clock(newest.execution_time_ms / 1000))
    elif newest.started_at is not None:
        said.append(words.clock((clock.now() - newest.started_at).total_seconds()))
    if newest.prompt_tokens is not None:
        said.append(words.tokens(newest.prompt_tokens + (newest.completion_tokens or 0)))
    if newest.completed_at is not None and newest.started_at is not None:
        said.append(words.money(newest.cost_usd))
    if len(phase.attempts) > 1:
        said.append(words.count(len(phase.attempts), "attempt"))
    return said


def _detail(phase: PhaseView) -> str | None:
    newest = phase.newest
    if newest.prompt is None and not newest.error:
        return None
    return f"{newest.model} · attempt {newest.number}"


def _show_inside(run_id: UUID, phase: PhaseView, *, time_zone: str) -> None:
    newest = phase.newest
    names = ["Answer", "Prompt", "Details", *(["Attempts"] if len(phase.attempts) > 1 else [])]
    tabs = dict(zip(names, st.tabs(names, key=f"tabs-{run_id}-{phase.position}"), strict=True))
    with tabs["Answer"]:
        if newest.error:
            st.markdown(f":red[:material/error:] {words.plain(newest.error.message)}")
        if newest.response:
            show_markdown(newest.response, is_streaming=newest.status is PhaseStatus.RUNNING)
            if newest.finish_reason == "length":
                st.markdown(":orange[:material/content_cut: Cut off here: the model reached its limit of tokens.]")
        elif newest.status is PhaseStatus.RUNNING:
            st.markdown(":shimmer[Waiting for the first word]")
    with tabs["Prompt"]:
        st.code(newest.prompt or "", language=None, wrap_lines=True)
    with tabs["Details"]:
        _show_details(newest, time_zone=time_zone)
    if "Attempts" in tabs:
        with tabs["Attempts"]:
            for attempt in phase.attempts:
                _show_attempt(attempt)


def _show_details(attempt: AttemptView, *, time_zone: str) -> None:
    show_facts(
        [
            ("Model", attempt.model),
            ("Tokens in", words.number(attempt.prompt_tokens)),
            ("Tokens out", words.number(attempt.completion_tokens)),
            ("Cost", words.money(attempt.cost_usd) if attempt.completed_at else words.NOTHING),
            ("Time", words.duration(attempt.execution_time_ms / 1000) if attempt.execution_time_ms else words.NOTHING),
            ("Began", words.exact(attempt.started_at, zone=time_zone)),
            ("Ended because", attempt.finish_reason or words.NOTHING),
        ]
    )


def _show_attempt(attempt: AttemptView) -> None:
    said = status.inline(status.PHASE[attempt.status])
    took = words.duration(attempt.execution_time_ms / 1000) if attempt.execution_time_ms else ""
    why = f"  \n{words.plain(attempt.error.message)}" if attempt.error else ""
    st.markdown(f"**Attempt {attempt.number}** {said} :gray[{words.plain(took)}]{why}")
