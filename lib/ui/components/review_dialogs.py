"""The four questions about an answer that waits: each says what will happen before it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.models.review import Decision, ReviewOutcome
from lib.reviews.reach import say_who_is_missing
from lib.reviews.service import decide_review
from lib.reviews.views import Review, Word
from lib.runs.operating.service import leaves_nobody
from lib.ui import feedback, state, words
from lib.ui.components.text_diff import compare, show_text_diff
from lib.ui.guard import require_actor


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    action: str
    comment: str


_WORDS: Final = {
    Decision.APPROVE: _Words("Approve this answer?", "Approve", "Comment (optional)"),
    Decision.APPROVE_WITH_EDITS: _Words("Edit and approve", "Approve as edited", "Comment (optional)"),
    Decision.REDO: _Words(
        "Ask for another draft?", "Ask to redo", "Comment: what should be different? The model reads it."
    ),
    Decision.REJECT: _Words("Reject this answer and stop the run?", "Reject and stop the run", "Comment: why?"),
}
_APPROVALS: Final = frozenset({Decision.APPROVE, Decision.APPROVE_WITH_EDITS})
#: Of people that are named, that many; in characters each.
_MOST_NAMED, _LONGEST_NAME = 3, 40
_NOBODY_LEFT: Final = (
    "What follows in this run needs an approval, and nobody but you could give it: who has edited an answer can't. It "
    "will wait there until an admin lets somebody else review. Approve the answer as it is, or ask for another draft."
)
_DONE: Final = {
    None: "Your word is noted. The run waits for others as well.",
    ReviewOutcome.APPROVED: "Approved. The run goes on.",
    ReviewOutcome.REDONE: "Sent back. The model writes another draft.",
    ReviewOutcome.REJECTED: "Rejected. The run has ended.",
}


def ask_to_decide(review: Review, decision: Decision) -> None:
    """Open the question; a live page waits with drawing itself anew while it is open."""
    st.session_state[state.IS_DECIDING] = True
    said = _WORDS[decision]
    is_of_edit = decision is Decision.APPROVE and review.edit is not None
    title = "Approve the edited answer?" if is_of_edit else said.title
    is_wide = is_of_edit or decision is Decision.APPROVE_WITH_EDITS

    @st.dialog(title, width="large" if is_wide else "small", on_dismiss="rerun")
    def ask() -> None:
        key = f"{decision}-{review.summary.id}"
        st.markdown(words.plain(say_what_follows(review, decision)))
        if decision in _APPROVALS and (missing := _say_who_is_missing(review)):
            st.markdown(f":orange[:material/warning: {words.plain(missing)}]")
        if decision is Decision.APPROVE_WITH_EDITS and leaves_nobody(
            require_actor(Permission.ORCHESTRATIONS_REVIEW), review.summary.run_id
        ):
            st.markdown(f":orange[:material/warning: {_NOBODY_LEFT}]")
        if is_of_edit:
            _show_changes("What was changed", review.answer, review.text, key=key)
        edited = _show_editor(review, key) if decision is Decision.APPROVE_WITH_EDITS else None
        comment = st.text_area(said.comment, height=100, key=f"comment-{key}")
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if st.button("Not now", key=f"leave-{key}"):
                st.rerun()
            is_confirmed = st.button(said.action, type="primary", key=f"confirm-{key}")
        if is_confirmed:
            with feedback.told():
                decided = decide_review(
                    require_actor(Permission.ORCHESTRATIONS_REVIEW),
                    review.summary.id,
                    decision,
                    seen=review.seen,
                    comment=comment,
                    edited=edited,
                )
                feedback.succeeded(_DONE[decided.outcome])
                st.rerun()

    ask()


def say_what_follows(review: Review, decision: Decision) -> str:
    """What the word will do, for this person at this moment."""
    edit = say_editor(review.edit) if review.edit else None
    if decision is Decision.REDO and edit:
        return (
            f"What {edit} changed in this draft is not used. The model is asked again and reads your comment and its "
            "own draft; that costs a call."
        )
    if decision is Decision.REDO:
        return "This draft is kept. The model is asked again and reads your comment and the draft; that costs a call."
    if decision is Decision.REJECT:
        return (
            "The run ends as failed, and your comment says why. What was finished is kept; the run can be retried from "
            "this phase."
        )
    if decision is Decision.APPROVE:
        begins = f"You approve it as {edit} edited it." if edit else "Your approval will be noted."
    else:
        starts = f"You begin with what {edit} made of it. " if edit else ""
        begins = f"{starts}Later phases read what you make of it."
    kept = " The model's own answer is kept beside it." if decision is Decision.APPROVE_WITH_EDITS else ""
    return f"{begins}{kept} {_say_who_else(review, decision)}"


def say_editor(edit: Word) -> str:
    """Who edited the answer, as whoever reads it is told."""
    return "you" if edit.is_mine else words.short(edit.reviewer.name, most=_LONGEST_NAME)


def _say_who_else(review: Review, decision: Decision) -> str:
    """Whether the run goes on with it, or who has to approve as well; and whose approval lapses with an edit."""
    others = [word.reviewer.name for word in review.words if word.is_counted and not word.is_mine]
    lapses = ""
    if others and decision is Decision.APPROVE_WITH_EDITS:
        lapses, others = f"{_say_lapse(others)} ", []
    missing = review.summary.required_approvals - len(others) - 1
    if missing > 0:
        more = f"{words.count(missing, 'more approval')} {words.are(missing)}"
        return f"{lapses}After yours, {more} needed before the run goes on."
    if review.is_own_run and not others:
        return f"{lapses}It is your own run, so somebody else has to approve as well."
    return f"{lapses}The run goes on."


def _say_lapse(names: Sequence[str]) -> str:
    """What becomes of others' approvals of a text that is another one by then."""
    named = words.some(names, most=_MOST_NAMED, longest=_LONGEST_NAME)
    if len(names) == 1:
        return f"The approval of {named} was for the text as it was: it lapses with your edit."
    return f"The approvals of {named} were for the text as it was: they lapse with your edit."


def _say_who_is_missing(review: Review) -> str | None:
    """Why an approval would not be enough and no other could come, as the panel behind the question says it."""
    summary = review.summary
    return say_who_is_missing(
        f"“{summary.phase_name}”",
        required=summary.required_approvals,
        others=review.others,
        may_oneself=review.may_decide,
        is_own_run=review.is_own_run,
    )


def _show_editor(review: Review, key: str) -> str:
    text = words.visible(review.text)
    edited = st.text_area("Answer", value=text, height=360, key=f"edited-{key}")
    if edited != text:
        _show_changes("What you change", text, edited, key=key)
    return review.text if edited == text else edited  # what hides in it was not taken out by anybody


def _show_changes(title: str, old: str, new: str, *, key: str) -> None:
    """How much that is, which opens to what it is."""
    summary = compare(words.visible(old), words.visible(new)).summary
    changes = f"changes-{key}"
    # closed, so that the buttons stay in sight; the browser closes it with every other label unless it is told
    st.session_state[changes] = st.session_state.get(changes, False)
    with st.expander(f"{title}: {summary}", type="compact", key=changes, on_change="rerun") as step:
        if step.open:
            show_text_diff(old, new)
