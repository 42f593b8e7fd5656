"""Lists of answers and operations that wait, or waited, for people."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

import streamlit as st
from markupsafe import Markup
from streamlit.elements.lib.column_types import ColumnConfig

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.reviews.inbox.queries import ReviewFilter
from lib.reviews.service import list_reviews
from lib.reviews.views import ReviewSplit, ReviewSummary
from lib.ui import state, words
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.moment import moment_inline
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import LETTER_PX, PADDING_PX, show_paged_table
from lib.ui.components.row_list import row, row_list
from lib.ui.navigation import REVIEWS, RUN

#: What the table has in a window of 1280 pixels, and what a run's title takes of it at least.
_ROOM_PX: Final = 948
_LEAST_TITLE_PX: Final = 236
_WIDTHS: Final = {"Status": 136, "Asked": 105, "Due": 95, "Approvals": 78, "Decided by": 96}
#: Of columns that are as wide as what stands in them.
_MOST_PX: Final = {"What": 172, "Project": 110, "By": 104}
_LEAST_PX: Final = 70
#: In that order, where there is no room for all: the run's page says both.
_LESS_NEEDED: Final = ("By", "Project")
#: So many stand on the overview.
_MOST_ON_OVERVIEW: Final = 5
_DETAIL: Final = Markup("{} · {} · {} {}")


def show_review_table(
    reviews: Sequence[ReviewSummary], *, newer: str | None, older: str | None
) -> ReviewSummary | None:
    """Draw the reviews; returns the one whose run was clicked in this run of the script."""
    columns = _columns(reviews)
    event = show_paged_table(
        [_row(review) for review in reviews],
        key="reviews",
        label="Reviews",
        columns=columns,
        summary=f"{words.count(len(reviews), 'review')} on this page",
        newer=newer,
        older=older,
        opens="Run",
    )
    found = find_opened("reviews", [review.id for review in reviews], clicked=event.opened)
    return next((review for review in reviews if review.id == found), None)


def _columns(reviews: Sequence[ReviewSummary]) -> Mapping[str, ColumnConfig]:
    """Those that say something of these, and for which there is room beside titles that can be read."""
    rows = [_row(review) for review in reviews]
    widths = _WIDTHS | {name: _width_of(name, rows) for name in _MOST_PX}
    if all(review.decided_at or review.required_approvals == 1 for review in reviews):
        del widths["Approvals"]
    if not any(review.due_at and not review.decided_at for review in reviews):
        del widths["Due"]
    if not any(review.decided_by for review in reviews):
        del widths["Decided by"]
    for name in _LESS_NEEDED:
        if _ROOM_PX - sum(widths.values()) < _LEAST_TITLE_PX:
            del widths[name]
    title_px = max(_ROOM_PX - sum(widths.values()), _LEAST_TITLE_PX)
    columns = {
        "Status": status.column(status.REVIEW, width=widths["Status"]),
        "Run": st.column_config.TextColumn("Run", width=title_px),
        "What": st.column_config.TextColumn(
            "What", width=widths["What"], help="The answer of a phase, or what is to be done after it."
        ),
        "Project": st.column_config.TextColumn("Project", width=widths.get("Project")),
        "By": st.column_config.TextColumn("By", width=widths.get("By"), help="Who launched the run."),
        "Asked": st.column_config.TextColumn("Asked", width=widths["Asked"]),
        "Due": st.column_config.TextColumn("Due", width=widths.get("Due")),
        "Approvals": st.column_config.TextColumn("Approvals", width=widths.get("Approvals"), alignment="right"),
        "Decided by": st.column_config.TextColumn("Decided by", width=widths.get("Decided by")),
    }
    return {name: column for name, column in columns.items() if name == "Run" or name in widths}


def _width_of(name: str, rows: Sequence[Mapping[str, object]]) -> int:
    """What the longest of these cells takes, within what the column may."""
    longest = max(len(str(row[name])) for row in rows)
    return min(max(ceil(longest * LETTER_PX) + PADDING_PX, _LEAST_PX), _MOST_PX[name])


def open_review(review: ReviewSummary | None) -> None:
    """Go to the run whose answer or operation it is about, if there is one to go to: there it stands open."""
    if review is not None:
        st.session_state[state.BRINGS_TO_DECIDE] = str(review.run_id)
        st.switch_page(RUN.file, query_params={"run": str(review.run_id)})


def show_waiting_reviews(actor: Actor) -> None:
    """Draw, on the overview, what waits for this person; nothing where nothing does."""
    if not actor.may(Permission.ORCHESTRATIONS_REVIEW):
        return
    page = list_reviews(actor, ReviewFilter(split=ReviewSplit.MINE), limit=_MOST_ON_OVERVIEW)
    if not page.items:
        return
    with card("Needs you", link=(REVIEWS.file, "Reviews"), key="needs-you"), row_list("reviews"):
        for review in page.items:
            moment = review.due_at or review.requested_at
            detail = _DETAIL.format(
                _what(review),
                words.short(review.launched_by, most=40),
                "due" if review.due_at else "asked",
                moment_inline(moment, time_zone=actor.time_zone),
            )
            with row(review.run_title, detail=detail, status=status_of(review)):
                if st.button("Review" if review.operation is None else "Look at it", key=f"review-{review.id}"):
                    open_review(review)


def status_of(review: ReviewSummary) -> status.Status:
    """How it stands."""
    if review.outcome is not None:
        return status.REVIEW[review.outcome]
    if review.operation is not None:
        return status.REVIEW["approval"]
    is_overdue = review.due_at is not None and review.due_at <= clock.now()
    return status.REVIEW["overdue" if is_overdue else "waiting"]


def _what(review: ReviewSummary) -> str:
    """What people are asked about: a phase, which stands for its answer, or what is done after it."""
    phase = words.short(review.phase_name, most=60)
    return phase if review.operation is None else f"{words.short(review.operation, most=60)}, after {phase}"


def _what_in_table(review: ReviewSummary) -> str:
    """The same where there is little room: the phase of an operation by its number alone."""
    number = review.phase_position + 1
    return f"{number} {review.phase_name}" if review.operation is None else f"{review.operation}, after {number}"


def _row(review: ReviewSummary) -> dict[str, object]:
    return {
        "Status": status.cell(status_of(review)),
        "Run": review.run_title,
        "What": _what_in_table(review),
        "Project": review.project_name,
        "By": review.launched_by,
        "Asked": words.ago(review.requested_at, now=clock.now()),
        "Due": words.ago(review.due_at, now=clock.now()),
        "Decided by": review.decided_by or "",
        "Approvals": f"{review.approvals} / {review.required_approvals}",
    }
