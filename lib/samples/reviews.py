"""What people said of answers in the sample workspace: one waits, one was sent back, one was edited and approved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from lib.models.review import Decision, ReviewOutcome
from lib.models.run import PhaseStatus
from lib.reviews.service import digest
from lib.samples.rows import Row, Rows
from lib.templates.structure import ReviewGate

#: How long people took to look at an answer.
_LOOKED_AT: Final = timedelta(minutes=24)
_ADDED: Final = "Checked against the figures of last quarter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What became of an answer that people looked at, or are to look at."""

    asked_at: datetime
    decided_at: datetime | None
    outcome: ReviewOutcome | None
    decision: Decision
    comment: str
    #: What the attempt's row says because of it.
    columns: Row
    edited: str | None = None

    def add_to(self, rows: Rows, attempt: Row, gate: ReviewGate, reviewers: Sequence[UUID]) -> None:
        """Add the request, and the word of the first of the reviewers."""
        shared = {"organization_id": attempt["organization_id"], "run_id": attempt["run_id"]}
        said_at = self.decided_at or self.asked_at + timedelta(minutes=8)
        request_id = rows.add(
            "review_requests",
            made=self.asked_at,
            **shared,
            phase_execution_id=attempt["id"],
            required_approvals=gate.required_approvals if self.outcome is None else 1,
            reviewers=list(gate.reviewers),
            instructions=gate.instructions,
            requested_at=self.asked_at,
            due_at=self.asked_at + timedelta(hours=gate.due_hours) if gate.due_hours else None,
            notified_at=self.asked_at,
            reminded_at=None,
            escalated_at=None,
            decided_at=self.decided_at,
            outcome=self.outcome,
        )
        rows.add(
            "run_reviews",
            made=said_at,
            **shared,
            request_id=request_id,
            reviewer_id=reviewers[0],
            decision=self.decision,
            comment=self.comment,
            edited_response=self.edited,
            answer_digest=digest(self.columns["response_text"]),
            created_at=said_at,
            said_at=said_at,
        )


def look_at(status: PhaseStatus, answer: str, *, asked_at: datetime) -> Reviewed:
    """What people make of an answer that ends up like this."""
    if status is PhaseStatus.WAITING_REVIEW:
        comment = "Reads well. One more pair of eyes on the figures, please."
        return Reviewed(
            asked_at=asked_at,
            decided_at=None,
            outcome=None,
            decision=Decision.APPROVE,
            comment=comment,
            columns={"response_text": answer},
        )
    decided_at = asked_at + _LOOKED_AT
    if status is PhaseStatus.REJECTED:
        comment = "Too long, and it names no sources. Half of it, with a source each."
        return Reviewed(
            asked_at=asked_at,
            decided_at=decided_at,
            outcome=ReviewOutcome.REDONE,
            decision=Decision.REDO,
            comment=comment,
            columns={"response_text": answer, "redo_comment": comment},
        )
    edited = f"{answer}\n\n{_ADDED}"
    return Reviewed(
        asked_at=asked_at,
        decided_at=decided_at,
        outcome=ReviewOutcome.APPROVED,
        decision=Decision.APPROVE_WITH_EDITS,
        comment="",
        columns={"response_text": edited, "original_response": answer},
        edited=edited,
    )
