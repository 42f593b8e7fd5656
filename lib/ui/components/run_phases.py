"""The phases of a run as steps that open: prompt, answer, attempts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import streamlit as st

from lib import clock
from lib.access.permissions import Permission
from lib.models.operation import OperationStatus
from lib.models.run import PhaseStatus
from lib.reviews.service import get_review
from lib.reviews.views import Review
from lib.runs.commenting.views import CommentCounts
from lib.runs.operating.views import OperationView
from lib.runs.service import get_texts
from lib.runs.structures import NotAsked
from lib.runs.views import AttemptFigures, AttemptTexts, PhaseFigures, RunProgress
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.answer import AT_ONCE
from lib.ui.components.attempt_changes import show_attempt_changes
from lib.ui.components.facts import show_facts
from lib.ui.components.finished_answer import show_finished_answer
from lib.ui.components.phase_card import phase_card
from lib.ui.components.review_panel import show_editor, show_review_panel
from lib.ui.components.run_comments import show_comments
from lib.ui.components.run_operations import show_operations
from lib.ui.components.text_diff import show_text_diff
from lib.ui.components.writing import show_writing
from lib.ui.guard import require_actor

#: A longer answer stands closed until somebody opens it: the browser takes seconds to draw it.
_MOST_OPENED_BYTES = 200_000
#: In the line that opens a step, where the whole sentence would not fit.
_WHY_SKIPPED: Final[Mapping[str, str]] = {
    NotAsked.CONDITION: "its condition is not true",
    NotAsked.SKIPPED_BEFORE: "all before it were skipped",
}
_LONGEST_NOTE: Final = 90


def show_run_phases(
    run: RunProgress,
    phases: Sequence[PhaseFigures],
    *,
    comments: CommentCounts,
    operations: Sequence[OperationView] = (),
    time_zone: str,
) -> bool:
    """Draw these phases of the run; the one that is being written is open, and at the end what one comes to read.

    That is the phase that failed, or else the last one that was written.

    Prompts and answers are read of the open ones only. Returns whether one of those is being written, and so watched.
    """
    is_deciding = any(phase.status is PhaseStatus.WAITING_REVIEW for phase in run.phases)
    wanted = None if run.is_live or is_deciding else _find_wanted(run)
    is_watched = False
    with st.container(gap="xsmall"):
        for phase in phases:
            is_writing, waits = phase.status is PhaseStatus.RUNNING, phase.status is PhaseStatus.WAITING_REVIEW
            own = [each for each in operations if each.phase_code == phase.code]
            acts = any(each.status is OperationStatus.WAITING_APPROVAL or _is_under_way(each) for each in own)
            is_wanted = phase.position == wanted and phase.newest.response_bytes <= _MOST_OPENED_BYTES
            with phase_card(
                phase.position + 1,
                phase.name,
                status=status.PHASE[phase.status],
                meta=[
                    *_meta(phase, is_live=run.is_live, comments=comments.of.get(phase.code, 0), time_zone=time_zone),
                    *_say_operations(own),
                ],
                detail=_detail(phase),
                # another key once it is written: it opens while it is, and closes by itself when the next one begins
                key=f"{phase.position}-{'acts' if acts else _moment(run, phase)}",
                is_expanded=is_writing or waits or acts or is_wanted,
            ) as is_open:
                if is_open and not phase.note:
                    _show_inside(run, phase, _read_texts(run, phase), comments=comments, time_zone=time_zone)
                    show_operations(own, time_zone=time_zone)
                    is_watched = is_watched or is_writing
    return is_watched


def _say_operations(operations: Sequence[OperationView]) -> list[str]:
    """What the line that opens a step says of them."""
    if any(each.status is OperationStatus.WAITING_APPROVAL for each in operations):
        return ["needs approval"]
    if tried := [each.attempts for each in operations if _is_under_way(each)]:
        return [
            f"operation tried {words.count(max(tried), 'time')} so far" if max(tried) > 1 else "operation under way"
        ]
    if any(each.status is OperationStatus.FAILED for each in operations):
        return ["operation failed"]
    return [words.count(len(operations), "operation")] if operations else []


def _is_under_way(operation: OperationView) -> bool:
    """Whether it is being done, or will be tried again."""
    is_begun = operation.status is OperationStatus.PENDING and operation.attempts > 0
    return operation.status is OperationStatus.RUNNING or is_begun


def _moment(run: RunProgress, phase: PhaseFigures) -> str:
    match phase.status:
        case PhaseStatus.RUNNING:
            return "writing"
        case PhaseStatus.WAITING_REVIEW:
            return "review"
    return "live" if run.is_live else "ended"


def _find_wanted(run: RunProgress) -> int | None:
    failed = [phase.position for phase in run.phases if phase.status is PhaseStatus.FAILED]
    written = [phase.position for phase in run.phases if phase.newest.response_bytes]
    return failed[0] if failed else max(written, default=None)


def _read_texts(run: RunProgress, phase: PhaseFigures) -> AttemptTexts:
    return get_texts(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id, phase.newest.id)


def _meta(phase: PhaseFigures, *, is_live: bool, comments: int, time_zone: str) -> list[str]:
    """Nothing that changes from one second to the next: this is drawn when the run stands otherwise, and not before."""
    newest = phase.newest
    commented = [words.count(comments, "comment")] if comments else []
    if newest.reused_from:
        return ["reused", *commented]
    if phase.note:
        said = phase.note[:1].lower() + phase.note[1:].rstrip(".")
        kind = newest.error.kind if newest.error else ""
        return [_WHY_SKIPPED.get(kind, words.short(said, most=_LONGEST_NOTE)), *commented]
    meta: list[str] = []
    if newest.started_at is not None and newest.answered_at is not None:
        meta.append(words.clock(_worked_seconds(phase)))  # as the timeline shows it: of all attempts
    if newest.prompt_tokens is not None:
        meta.append(words.tokens(newest.prompt_tokens + (newest.completion_tokens or 0)))
    if newest.answered_at is not None and newest.started_at is not None:
        meta.append(words.cost(newest.cost_usd))
    if newest.is_edited:
        meta.append("edited")
    if len(phase.attempts) > 1:
        meta.append(words.count(len(phase.attempts), "attempt"))
    if is_live and newest.next_attempt_at:
        meta.append(_until(newest.next_attempt_at, time_zone=time_zone))
    return [*meta, *commented]


def _worked_seconds(phase: PhaseFigures) -> float:
    """How long all its attempts took that have ended, with loading a local model."""
    spans = [
        (each.answered_at - each.started_at).total_seconds()
        for each in phase.attempts
        if each.started_at is not None and each.answered_at is not None
    ]
    return sum(max(span, 0.0) for span in spans)


def _until(moment: datetime, *, time_zone: str) -> str:
    if moment <= clock.now():
        return "next attempt in a moment"
    return f"next attempt at {words.hour(moment, zone=time_zone)}"


def _detail(phase: PhaseFigures) -> str | None:
    newest = phase.newest
    if phase.note:
        return phase.note
    if not newest.has_prompt and not newest.error:
        return None
    return f"{newest.model} · {'reused from the run before' if newest.reused_from else f'attempt {newest.number}'}"


def _show_inside(
    run: RunProgress, phase: PhaseFigures, texts: AttemptTexts, *, comments: CommentCounts, time_zone: str
) -> None:
    run_id, newest = run.summary.id, phase.newest
    review = _read_review(newest)
    if review and review.summary.decided_at is None:  # what is drawn is what a decision names
        texts = replace(texts, response=review.text, original=review.answer if review.edit else None)
    has_ended = newest.status is not PhaseStatus.RUNNING
    names = [
        "Answer",
        "Prompt",
        *(["Details"] if has_ended else []),
        *(["Attempts"] if len(phase.attempts) > 1 else []),
        *(["Edits"] if texts.original is not None else []),
        *(["Changes"] if has_ended and _has_earlier(run, phase) else []),
        *(["Comments"] if comments.may_write or comments.of.get(phase.code) else []),
    ]
    tabs = dict(zip(names, st.tabs(names, key=f"tabs-{run_id}-{phase.position}"), strict=True))
    with tabs["Answer"]:
        _show_answer(run, phase, texts, review, time_zone=time_zone)
    with tabs["Prompt"]:
        st.code(words.visible(texts.prompt or ""), language=None, wrap_lines=True)
    if "Details" in tabs:
        with tabs["Details"]:
            _show_details(newest, time_zone=time_zone)
    if "Attempts" in tabs:
        with tabs["Attempts"]:
            for attempt in phase.attempts:
                _show_attempt(attempt)
    if "Edits" in tabs:
        with tabs["Edits"]:
            _show_edits(texts)
    if review:
        show_review_panel(review, time_zone=time_zone)
    if "Changes" in tabs:
        with tabs["Changes"]:
            show_attempt_changes(run_id, newest.id, texts)
    if "Comments" in tabs:
        with tabs["Comments"]:
            show_comments(run, phase.code, comments, time_zone=time_zone)


def _show_answer(
    run: RunProgress, phase: PhaseFigures, texts: AttemptTexts, review: Review | None, *, time_zone: str
) -> None:
    newest = phase.newest
    if newest.error:
        st.markdown(f":red[:material/error:] {words.plain(newest.error.message)} {_follow_up(newest)}")
    if newest.status is PhaseStatus.RUNNING:
        show_writing(run, newest, texts.response)
    elif texts.response:
        if review and texts.original is not None:
            show_editor(review, time_zone=time_zone)
        show_finished_answer(run.summary.id, phase, texts.response)
        if newest.finish_reason == "length":
            st.markdown(":orange[:material/content_cut: Cut off here: the model reached its limit of tokens.]")


def _show_edits(texts: AttemptTexts) -> None:
    """What a reviewer has made of the answer, and the model's own."""
    original = texts.original or ""
    st.markdown(":gray[What a reviewer made of the model's answer; later phases read that.]")
    show_text_diff(original, texts.response)
    with st.expander("The model's own answer", type="compact"):
        st.code(words.visible(original[:AT_ONCE]), language=None, wrap_lines=True)


def _read_review(attempt: AttemptFigures) -> Review | None:
    if attempt.review is None:
        return None
    return get_review(require_actor(Permission.ORCHESTRATIONS_VIEW), attempt.review.id)


def _has_earlier(run: RunProgress, phase: PhaseFigures) -> bool:
    """Whether it was asked before, here or in the run that this one goes on from."""
    return len(phase.attempts) > 1 or (run.parent_run_id is not None and phase.newest.reused_from is None)


def _show_details(attempt: AttemptFigures, *, time_zone: str) -> None:
    show_facts(
        [
            ("Model", attempt.model),
            ("Tokens in", words.number(attempt.prompt_tokens)),
            ("Tokens out", words.number(attempt.completion_tokens)),
            ("Cost", words.money(attempt.cost_usd) if attempt.answered_at else words.NOTHING),
            (
                "Model took",
                words.duration(attempt.execution_time_ms / 1000) if attempt.execution_time_ms else words.NOTHING,
            ),
            ("Began", words.exact(attempt.started_at, zone=time_zone)),
            ("Ended because", attempt.finish_reason or words.NOTHING),
        ]
    )


def _follow_up(attempt: AttemptFigures) -> str:
    reason = attempt.error.retry_reason if attempt.error else None
    return f":gray[{words.plain(f'{reason[:1].upper()}{reason[1:]}.')}]" if reason else ""


def _show_attempt(attempt: AttemptFigures) -> None:
    said = status.inline(status.PHASE[attempt.status])
    took = " · ".join(
        [attempt.model, *([words.duration(attempt.execution_time_ms / 1000)] if attempt.execution_time_ms else [])]
    )
    why = f"  \n{words.plain(attempt.error.message)} {_follow_up(attempt)}" if attempt.error else ""
    why = f"  \nSent back: {words.plain(attempt.redo_comment)}" if attempt.redo_comment else why
    st.markdown(f"**Attempt {attempt.number}** {said} :gray[{words.plain(took)}]{why}")
