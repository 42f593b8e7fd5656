"""An answer that waits for people, inside its phase: what they should look at, what was said, and what one may do."""

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.access.permissions import Permission
from lib.models.review import Decision, ReviewOutcome
from lib.reviews.reach import say_who_is_missing
from lib.reviews.service import get_review
from lib.reviews.views import Review, Word
from lib.runs.views import ReviewFigures
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.components.person import person_inline
from lib.ui.components.review_dialogs import ask_to_decide
from lib.ui.components.text_diff import show_text_diff
from lib.ui.guard import require_actor

_SAID = Markup('<div class="ao-context">{} {} {}{}</div>')
_BUTTONS = (
    (Decision.APPROVE, "Approve", ":material/check:"),
    (Decision.APPROVE_WITH_EDITS, "Edit and approve", ":material/edit:"),
    (Decision.REDO, "Ask to redo", ":material/replay:"),
    (Decision.REJECT, "Reject and stop the run", ":material/block:"),
)


def show_review_panel(figures: ReviewFigures, *, time_zone: str) -> None:
    """Draw the review of an answer, open or decided, with the buttons that this person may press."""
    review = get_review(require_actor(Permission.ORCHESTRATIONS_VIEW), figures.id)
    is_open = review.summary.decided_at is None
    with card("Review", note=_find(review), key=f"review-{review.summary.id}"):
        if review.instructions:
            st.markdown(words.plain(review.instructions))
        _show_facts(review, time_zone=time_zone)
        for word in review.words:
            _show_word(word, time_zone=time_zone)
        if review.edited is not None:
            with st.expander("What was changed in the answer", type="compact"):
                show_text_diff(review.answer, review.edited)
        if is_open:
            _show_what_is_missing(review)
        if review.may_decide:
            _show_buttons(review)
        elif is_open:
            st.markdown(f":gray[{words.plain(f'It is decided by {say_reviewers(review)}.')}]")


def _show_what_is_missing(review: Review) -> None:
    """Whose word it still waits for, where that is not plain; and that nobody can give it, where nobody can."""
    summary = review.summary
    missing = say_who_is_missing(
        f"“{summary.phase_name}”",
        required=summary.required_approvals,
        others=review.others,
        may_oneself=review.may_decide,
        is_own_run=review.is_own_run,
    )
    if missing:
        st.markdown(f":orange[:material/warning: {words.plain(missing)}]")
    elif summary.approvals >= summary.required_approvals:
        st.markdown(":gray[Somebody else than who launched the run has to approve as well.]")


def say_reviewers(review: Review) -> str:
    """Who may decide: "admins and Mona Reyes"."""
    due_at = review.summary.due_at
    why = "it is overdue" if due_at and due_at <= clock.now() else "those named can't decide any more"
    named = [*review.reviewers, *([f"admins, as {why}"] if review.reviewers and review.is_escalated else [])]
    return words.together(named) if named else "everybody who may review"


def _find(review: Review) -> str:
    """What stands beside the title: where it stands."""
    summary = review.summary
    match summary.outcome:
        case ReviewOutcome.APPROVED:
            return "approved"
        case ReviewOutcome.REDONE:
            return "sent back"
        case ReviewOutcome.REJECTED:
            return "rejected"
        case ReviewOutcome.WITHDRAWN:
            return "not needed any more"
    if summary.approvals >= summary.required_approvals:
        return "approved by who launched it"
    return f"{summary.approvals} of {words.count(summary.required_approvals, 'approval')}"


def _show_facts(review: Review, *, time_zone: str) -> None:
    summary = review.summary
    due = [("Due", moment_inline(summary.due_at, time_zone=time_zone))] if summary.due_at else []
    show_facts(
        [
            ("Asked", moment_inline(summary.requested_at, time_zone=time_zone)),
            *due,
            ("Who may decide", say_reviewers(review)),
        ]
    )
    if summary.due_at and summary.decided_at is None and summary.due_at <= clock.now():
        st.markdown(status.inline(status.WARNING, text="It is overdue."))


def _show_word(word: Word, *, time_zone: str) -> None:
    is_superseded = not word.is_counted and word.decision in {Decision.APPROVE, Decision.APPROVE_WITH_EDITS}
    st.html(
        _SAID.format(
            person_inline(word.reviewer),
            status.DECIDED[word.decision],
            moment_inline(word.said_at, time_zone=time_zone),
            ", before it was edited" if is_superseded else "",
        )
    )
    if word.comment:
        st.markdown("  \n".join(words.plain(line) for line in word.comment.splitlines() if line.strip()))


def _show_buttons(review: Review) -> None:
    """Draw what may be decided: each opens a question that says what will happen."""
    pressed = None
    key = review.summary.id
    offered = [each for each in _BUTTONS if not (each[0] is Decision.APPROVE and review.has_my_approval)]
    with st.container(horizontal=True, gap="xsmall", key=f"decide-{key}"):
        for decision, label, icon in offered:
            is_first = decision is Decision.APPROVE
            if st.button(
                label,
                icon=icon,
                key=f"{decision}-{key}",
                type="primary" if is_first else "tertiary" if decision is Decision.REJECT else "secondary",
                shortcut="Ctrl+Enter" if is_first else None,
            ):
                pressed = decision
    if pressed:
        ask_to_decide(review, pressed)
