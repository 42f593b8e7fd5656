"""The four questions about an answer that waits: each says what will happen before it does."""

from dataclasses import dataclass
from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.models.review import Decision, ReviewOutcome
from lib.reviews.service import decide_review
from lib.reviews.views import Review
from lib.runs.operating.service import leaves_nobody
from lib.ui import feedback, state, words
from lib.ui.components.text_diff import show_text_diff
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

    @st.dialog(said.title, width="large" if decision is Decision.APPROVE_WITH_EDITS else "small", on_dismiss="rerun")
    def ask() -> None:
        key = f"{decision}-{review.summary.id}"
        st.markdown(words.plain(say_what_follows(review, decision)))
        if decision is Decision.APPROVE_WITH_EDITS and leaves_nobody(
            require_actor(Permission.ORCHESTRATIONS_REVIEW), review.summary.run_id
        ):
            st.markdown(f":orange[:material/warning: {_NOBODY_LEFT}]")
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
    if decision is Decision.REDO:
        return "This draft is kept. The model is asked again and reads your comment and the draft; that costs a call."
    if decision is Decision.REJECT:
        return (
            "The run ends as failed, and your comment says why. What was finished is kept; the run can be retried from "
            "this phase."
        )
    begins = (
        "Your approval will be noted." if decision is Decision.APPROVE else "Later phases read what you make of it."
    )
    kept = " The model's own answer is kept beside it." if decision is Decision.APPROVE_WITH_EDITS else ""
    return f"{begins}{kept} {_say_who_else(review, decision)}"


def _say_who_else(review: Review, decision: Decision) -> str:
    """Whether the run goes on with it, or who has to approve as well."""
    others = [word for word in review.words if word.is_counted and not word.is_mine]
    given = 0 if decision is Decision.APPROVE_WITH_EDITS else len(others)
    missing = review.summary.required_approvals - given - 1
    lapses = "Approvals of the text before don't count for yours. " if len(others) > given else ""
    if missing > 0:
        return f"{lapses}{words.count(missing, 'more approval')} {words.are(missing)} needed before the run goes on."
    if review.is_own_run and given == 0:
        return "It is your own run, so somebody else has to approve as well."
    return "The run goes on."


def _show_editor(review: Review, key: str) -> str:
    text = words.visible(review.text)
    edited = st.text_area("Answer", value=text, height=360, key=f"edited-{key}")
    if edited != text:
        with st.expander("What you change", type="compact"):
            show_text_diff(text, edited)
    return review.text if edited == text else edited  # what hides in it was not taken out by anybody
