"""A run's phases as rows of a timeline."""

from datetime import datetime

from lib import clock
from lib.models.run import PhaseStatus
from lib.runs.views import AttemptFigures, PhaseFigures, RunProgress
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.run_table import seconds_of
from lib.ui.components.timeline import Span, SpanKind, TimelineRow, show_timeline

_KINDS = {
    PhaseStatus.RUNNING: SpanKind.RUN,
    PhaseStatus.COMPLETED: SpanKind.OK,
    # what the model did is done; the wait for people is drawn behind it
    PhaseStatus.WAITING_REVIEW: SpanKind.OK,
    PhaseStatus.REJECTED: SpanKind.OK,
    PhaseStatus.CANCELLED: SpanKind.STOP,
}


def show_run_timeline(run: RunProgress) -> None:
    """Draw when each attempt of each phase was made, on the axis of the run's own time."""
    start = run.summary.started_at or run.summary.created_at
    rows = [
        TimelineRow(
            phase.position + 1,
            phase.name,
            status.PHASE[phase.status],
            _spans(phase, start, is_live=run.is_live),
            note=phase.note,
        )
        for phase in run.phases
    ]
    show_timeline(rows, elapsed_seconds=seconds_of(run.summary) or 1.0, is_live=run.is_live)


def _spans(phase: PhaseFigures, start: datetime, *, is_live: bool) -> list[Span]:
    spans: list[Span] = []
    for attempt in phase.attempts:
        if attempt.reused_from:
            spans.append(Span(SpanKind.OK, 0.0, 0.0, "reused from the run before"))
        if attempt.started_at is None:
            continue
        began = (attempt.started_at - start).total_seconds()
        if spans and began - spans[-1].end_seconds > 0.2:
            waited = words.duration(began - spans[-1].end_seconds)
            spans.append(Span(SpanKind.WAIT, spans[-1].end_seconds, began, f"waited {waited} for the next attempt"))
        ended = ((attempt.answered_at or clock.now()) - start).total_seconds()
        kind = SpanKind.OK if attempt.review else _KINDS.get(attempt.status, SpanKind.FAIL)
        spans.append(Span(kind, began, max(ended, began), _note(attempt, ended - began)))
        if attempt.review:
            decided = ((attempt.review.decided_at or attempt.completed_at or clock.now()) - start).total_seconds()
            spans.append(Span(SpanKind.REVIEW, ended, max(decided, ended), _review_note(attempt, decided - ended)))
    if spans and is_live and phase.newest.next_attempt_at:
        now = max((clock.now() - start).total_seconds(), spans[-1].end_seconds)
        spans.append(Span(SpanKind.WAIT, spans[-1].end_seconds, now, "waiting for the next attempt"))
    return spans


def _review_note(attempt: AttemptFigures, seconds: float) -> str:
    waited = words.duration(seconds)
    if attempt.review and attempt.review.decided_at is None:
        return f"waits for a review, {waited} so far"
    return f"waited {waited} for a review"


def _note(attempt: AttemptFigures, seconds: float) -> str:
    said = f"attempt {attempt.number} {status.PHASE[attempt.status].word.lower()}, {words.duration(seconds)}"
    return f"{said}: {attempt.error.message}" if attempt.error else said
