"""An answer that waits for people, inside its phase: what they should look at, what was said, and what one may do."""

from typing import Final

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.models.review import Decision, ReviewOutcome
from lib.reviews.reach import say_who_is_missing
from lib.reviews.views import Review, Word
from lib.ui import state, words
from lib.ui.components import status
from lib.ui.components.audit_link import show_audit_link
from lib.ui.components.card import card
from lib.ui.components.facts import show_facts
from lib.ui.components.moment import moment_inline
from lib.ui.components.person import person_inline
from lib.ui.components.review_dialogs import ask_to_decide, say_editor
from lib.ui.components.text_diff import show_text_diff
from lib.ui.components.to_decide import anchor_of
from lib.ui.guard import require_actor

# a moment ends its line: what opens in it takes the rest
_SAID = Markup('<div class="ao-context">{} {}{} {}</div>')
_EDITED = Markup('<div class="ao-context">Edited by {} {}</div>')
_CHANGED_SINCE: Final = (
    "Nothing was decided: somebody has edited the answer since you saw it. It stands above as it is now. Look at it, "
    "then decide."
)
_BUTTONS = (
    (Decision.APPROVE, "Approve", ":material/check:"),
    (Decision.APPROVE_WITH_EDITS, "Edit and approve", ":material/edit:"),
    (Decision.REDO, "Ask to redo", ":material/replay:"),
    (Decision.REJECT, "Reject and stop the run", ":material/block:"),
)


def show_editor(review: Review, *, time_zone: str) -> None:
    """Say above the answer who has made it what it is; nothing where it is the model's own."""
    if edit := review.edit:
        st.html(_EDITED.format(person_inline(edit.reviewer), moment_inline(edit.said_at, time_zone=time_zone)))


def show_review_panel(review: Review, *, time_zone: str) -> None:
    """Draw the review of an answer, open or decided, with the buttons that this person may press.

    `review.text` is to stand above it: a decision is about the text that it was read with.
    """
    is_open = review.summary.decided_at is None
    anchor = anchor_of(review.summary.phase_position) if is_open else None
    with card("Review", note=_find(review), key=f"review-{review.summary.id}", anchor=anchor):
        if review.instructions:
            st.markdown(words.plain(review.instructions))
        _show_facts(review, time_zone=time_zone)
        for word in review.words:
            _show_word(word, time_zone=time_zone)
        if review.edit:
            with st.expander(f"What {words.plain(say_editor(review.edit))} changed in the answer", type="compact"):
                show_text_diff(review.answer, review.text)
        if is_open:
            _show_what_is_missing(review)
        if review.may_decide:
            _show_buttons(review)
        elif is_open:
            st.markdown(f":gray[{words.plain(f'It is decided by {say_reviewers(review)}.')}]")
        show_audit_link(require_actor(), "review_requests", review.summary.id)


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
    st.html(
        _SAID.format(
            person_inline(word.reviewer),
            status.DECIDED[word.decision],
            _say_lapsed(word),
            moment_inline(word.said_at, time_zone=time_zone),
        )
    )
    if word.comment:
        st.markdown("  \n".join(words.plain(line) for line in word.comment.splitlines() if line.strip()))


def _say_lapsed(word: Word) -> str:
    """That an approval was of another text than there is now."""
    if not word.has_lapsed:
        return ""
    return " before it was edited," if word.decision is Decision.APPROVE else " before it was edited again,"


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
                on_click=_note_text,
                args=(review.seen,),
            ):
                pressed = decision
    pressed_text = st.session_state.pop(state.PRESSED_TEXT, review.seen)
    if pressed and pressed_text != review.seen:
        st.markdown(f":orange[:material/warning: {words.plain(_CHANGED_SINCE)}]")
    elif pressed:
        ask_to_decide(review, pressed)


def _note_text(seen: str) -> None:
    """Keep which text stood there when the button was pressed: by now it may be another one."""
    st.session_state[state.PRESSED_TEXT] = seen
