"""The phases of a run over one axis of time: waiting, working, failed attempts, reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import streamlit as st
from markupsafe import Markup

from lib.ui.components.status import Status
from lib.ui.words import clock, css_percent, line


class SpanKind(StrEnum):
    """What a stretch of time was spent on; the value is the class in style.css."""

    WAIT = "wait"
    RUN = "run"
    OK = "ok"
    FAIL = "fail"
    STOP = "stop"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds from the start of the run; `note` says it in words to who cannot see it."""

    kind: SpanKind
    start_seconds: float
    end_seconds: float
    note: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One phase: its number as people count it, its name, its status and what happened to it."""

    number: int
    name: str
    status: Status
    spans: Sequence[Span]
    #: Why nothing happened to it, or nothing goes on; stands where its bars would.
    note: str = ""


_LEGEND = (
    (SpanKind.OK, "Done"),
    (SpanKind.RUN, "Running"),
    (SpanKind.FAIL, "Failed attempt"),
    (SpanKind.STOP, "Cancelled"),
    (SpanKind.REVIEW, "Waiting for review"),
    (SpanKind.WAIT, "Waiting for the next attempt"),
)
_STEPS_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
#: In letters of all labels together: the axis is 380 px wide in a window of 1280, and a label keeps its distance.
_ROOM = 28
_MOST_TICKS = 7
_LEAST_WIDTH_PERCENT = 0.6
#: A label is centred on its moment; nearer to the end it would hang over.
_LAST_TICK = 0.96

_BAR = Markup('<i class="ao-bar ao-{}" style="left:{};width:{}" title="{}"></i>')
_NOTE = Markup('<em class="ao-note" title="{0}">{0}</em>')
_ROW = Markup(
    '<li><span class="ao-name" title="{name}"><b>{number}</b>{name}</span><span class="ao-track">{bars}</span>'
    '<span class="ao-took">{took}</span><span class="ao-sr">{word}: {said}</span></li>'
)
_TIMELINE = Markup(
    '<div class="ao-gantt" style="--rows:{count}"><div class="ao-axis" aria-hidden="true"><div>{ticks}{now}</div></div>'
    '<ol>{rows}</ol><div class="ao-legend">{legend}</div></div>'
)


def show_timeline(rows: Sequence[TimelineRow], *, elapsed_seconds: float, is_live: bool) -> None:
    """Draw the timeline up to `elapsed_seconds`; a line marks the present while the run `is_live`.

    The legend names the kinds that occur; before the first of them there is no time to draw an axis of.
    """
    whole = max(elapsed_seconds, 1.0) * 1.02  # room at the right, so that the last bar does not touch the figures
    seen = {span.kind for row in rows for span in row.spans}
    st.html(
        _TIMELINE.format(
            count=len(rows),
            ticks=Markup("").join(
                Markup('<span style="left:{}">{}</span>').format(css_percent(100 * tick / whole), clock(tick))
                for tick in (_ticks(whole) if seen else ())
            ),
            now=Markup('<i class="ao-now" style="left:{}"></i>').format(css_percent(100 * elapsed_seconds / whole))
            if is_live and seen
            else Markup(""),
            rows=Markup("").join(_row(row, whole) for row in rows),
            legend=Markup("").join(
                Markup('<span><i class="ao-bar ao-{}"></i>{}</span>').format(kind.value, word)
                for kind, word in _LEGEND
                if kind in seen
            )
            or Markup("<span>Nothing has begun yet.</span>"),
        )
    )


def _row(row: TimelineRow, whole: float) -> Markup:
    worked = [span for span in row.spans if span.kind in {SpanKind.OK, SpanKind.RUN, SpanKind.FAIL, SpanKind.STOP}]
    return _ROW.format(
        number=row.number,
        name=line(row.name),
        bars=Markup("").join(_bar(span, whole) for span in row.spans)
        + (_NOTE.format(line(row.note)) if row.note and not row.spans else Markup("")),
        took=clock(sum(span.end_seconds - span.start_seconds for span in worked) if worked else None),
        word=row.status.word,
        said="; ".join(line(note) for note in (*(span.note for span in row.spans), row.note) if note) or "not started",
    )


def _bar(span: Span, whole: float) -> Markup:
    left = 100 * span.start_seconds / whole
    width = max(100 * (span.end_seconds - span.start_seconds) / whole, _LEAST_WIDTH_PERCENT)
    return _BAR.format(span.kind.value, css_percent(left), css_percent(min(width, 100 - left)), line(span.note))


def _ticks(whole: float) -> list[int]:
    """Round moments on the axis, so few that their labels stand apart; none where its label would not fit any more."""
    most = min(_MOST_TICKS, _ROOM // len(clock(whole)))
    step = next((step for step in _STEPS_SECONDS if whole / step <= most), None)
    if step is None:
        days = _STEPS_SECONDS[-1]
        step = days * ceil(whole / days / most)
    return list(range(0, max(int(whole * _LAST_TICK), step) + 1, step))
