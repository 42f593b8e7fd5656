"""Answers that wait for a review, made through the worker's own doors."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from lib.access.actor import Actor
from lib.reviews.service import get_review
from lib.reviews.views import Review
from tests import doors
from tests.doors import Database
from tests.factories import TEMPLATE_DATA
from tests.made_runs import HeldRun, MadeRun, answer, beginning, make_run, open_run

ANSWER = "Fold it twice."


@dataclass(frozen=True, slots=True)
class MadeReview:
    """A run whose first answer waits, and the request about it."""

    id: UUID
    run: MadeRun
    held: HeldRun

    def seen_by(self, actor: Actor) -> Review:
        """The review, as that person sees it."""
        return get_review(actor, self.id)


def make_waiting(
    database: Database,
    actor: Actor,
    *,
    project_id: UUID,
    is_held: bool = False,
    title: str = "A run",
    data: Mapping[str, Any] = TEMPLATE_DATA,
    response: str = ANSWER,
    **policy: Any,
) -> MadeReview:
    """A run of the person's whose first answer waits; `is_held` where a worker has it still, for another branch."""
    run = make_run(database, actor, project_id=project_id, title=title, data=data)
    held = open_run(database, actor.organization_id, run.id)
    first = run.phases["Phase 0"]
    held.advance(begin=[beginning("Phase 0")])
    review = {"required_approvals": 1, **policy}
    held.advance(finish=[answer(first, status="waiting_review", response=response, review=review)])
    if not is_held:
        assert held.advance(end={"status": "waiting_review", "error": {}}, waiting=[first])["state"] == "waiting_review"
    with doors.admin(database) as connection:
        found = connection.execute("SELECT id FROM review_requests WHERE phase_execution_id = %s", [first]).fetchone()
    assert found is not None
    return MadeReview(found[0], run, held)


def make_word(
    database: Database,
    actor: Actor,
    review: MadeReview,
    *,
    edited: str | None = None,
    comment: str = "",
    about: str = ANSWER,
) -> UUID:
    """The person's approval of an answer that waits, past all pages; with what they made of it, if they edited it.

    `about` is the text that they looked at.
    """
    with doors.person(database, actor) as connection:
        connection.execute(
            "SELECT api.decide_review(%s, %s, %s, %s, %s)",
            [
                review.id,
                "approve_with_edits" if edited else "approve",
                comment,
                edited,
                sha256(about.encode()).hexdigest(),
            ],
        )
    with doors.admin(database) as connection:
        found = connection.execute("SELECT id FROM run_reviews WHERE request_id = %s", [review.id]).fetchone()
    assert found is not None
    made: UUID = found[0]
    return made
