"""What the pages see of answers and operations that wait for people, and of what people said of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lib.models.review import Decision, ReviewOutcome
from lib.users.views import Person


class ReviewSplit(StrEnum):
    """Which part of what people are asked about a list shows."""

    #: Waiting, and this person's word is missing.
    MINE = "mine"
    WAITING = "waiting"
    DECIDED = "decided"


class ReviewSort(StrEnum):
    """What a list of reviews begins with."""

    OLDEST = "oldest"
    NEWEST = "newest"
    #: What has no limit comes last.
    DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSummary:
    """An answer, or an operation, that waits or waited for somebody's word, in a list."""

    id: UUID
    run_id: UUID
    run_title: str
    phase_name: str
    phase_position: int
    attempt: int
    #: What is to be done after the phase, by its name; None is about the phase's answer.
    operation: str | None = None
    project_name: str
    launched_by: str
    requested_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    outcome: ReviewOutcome | None
    #: Whose word decided it; None also where nobody's did.
    decided_by: str | None = None
    approvals: int
    required_approvals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one person said of an answer."""

    reviewer: Person
    #: Whether it is the reader's own.
    is_mine: bool
    decision: Decision
    comment: str
    #: Whether it counts as an approval of the text as it is now.
    is_counted: bool
    #: Whether it is an approval of another text: it was given before an edit.
    has_lapsed: bool
    #: Whether they have said something else since.
    is_replaced: bool
    said_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An answer that waits, or waited, with everything that one needs to decide."""

    summary: ReviewSummary
    instructions: str
    #: Who may decide, in words; empty is everybody who may review.
    reviewers: tuple[str, ...]
    words: tuple[Word, ...]
    #: The model's own answer, and what an edit has made of it; None where nobody has edited it.
    answer: str
    edited: str | None
    #: Names `text`, for a decision about it.
    seen: str
    may_decide: bool
    #: Whether it is their own run: their approval counts, but not alone.
    is_own_run: bool
    is_escalated: bool
    #: How many others may decide while it waits.
    others: int

    @property
    def has_my_approval(self) -> bool:
        """Whether the reader has approved the text as it is now."""
        return any(word.is_mine and word.is_counted for word in self.words)

    @property
    def text(self) -> str:
        """What is to be decided about."""
        return self.answer if self.edited is None else self.edited

    @property
    def edit(self) -> Word | None:
        """Whose word made the text what it is; None where it is the model's own."""
        if self.text == self.answer:
            return None
        edits = (word for word in self.words if word.decision is Decision.APPROVE_WITH_EDITS and not word.is_replaced)
        return max(edits, key=lambda word: word.said_at, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a word came to: the outcome, or None while others are to come."""

    outcome: ReviewOutcome | None
    approvals: int
    required_approvals: int
