"""Reviews while a worker holds the run, and people who decide at once: real transactions, each over the run's lock."""

import threading
from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict
from lib.models.review import Decision
from lib.reviews.service import decide_review, get_review
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_reviews import ANSWER, MadeReview, make_waiting
from tests.made_runs import answer, beginning, call_worker
from tests.records import row, rows

ROUNDS = 50
STEERED = "SELECT array(SELECT api.steered_runs(%s, %s))"


@pytest.fixture
def held(installation: Installation, cast: Cast, project_id: UUID) -> MadeReview:
    """An answer that waits while a worker writes the other phase of the same run."""
    review = make_waiting(installation.database, cast.max, project_id=project_id, is_held=True)
    review.held.advance(begin=[beginning("Phase 1")])
    return review


def decide(actor: Actor, review: MadeReview, decision: Decision, **more: str) -> None:
    decide_review(actor, review.id, decision, seen=review.seen_by(actor).seen, **more)


def test_worker_reads_what_was_decided_in_its_next_step(cast, held):
    attempt = held.run.phases["Phase 0"]
    assert held.held.advance(waiting=[attempt])["decided"] is None
    decide(cast.mona, held, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    (decided,) = held.held.advance(waiting=[attempt])["decided"]
    assert (decided["code"], decided["status"], decided["response"]) == ("Phase 0", "completed", "Fold it three times.")


def test_worker_reads_what_the_next_draft_has_to_heed(cast, held):
    decide(cast.mona, held, Decision.REDO, comment="Shorter.")
    (decided,) = held.held.advance(waiting=[held.run.phases["Phase 0"]])["decided"]
    assert (decided["status"], decided["attempt"]) == ("pending", 2)
    assert decided["redo"] == {"attempt": 1, "comment": "Shorter.", "response": ANSWER}


def test_segment_that_would_sleep_over_a_decision_does_not_end(installation, cast, held):
    decide(cast.mona, held, Decision.APPROVE)
    attempt, other = held.run.phases.values()
    held.held.advance(finish=[answer(other, status="waiting_review", review={})], waiting=[attempt])
    end = {"status": "waiting_review", "error": {}}
    assert held.held.advance(end=end, waiting=[attempt, other])["state"] == "changed"
    assert held.held.advance(end=end, waiting=[other])["state"] == "waiting_review"


def test_worker_that_missed_the_notice_finds_it_by_asking(installation, cast, held):
    asked = ([held.run.id], [held.run.phases["Phase 0"]])
    assert call_worker(installation.database, STEERED, *asked) == []
    decide(cast.mona, held, Decision.APPROVE)
    assert call_worker(installation.database, STEERED, *asked) == [held.run.id]


def test_failure_of_a_run_ends_what_waits_in_it(installation, cast, held):
    error = {"kind": "auth", "message": "The key was refused."}
    failed = answer(held.run.phases["Phase 1"], status="failed", response=None, error=error)
    held.held.advance(finish=[failed], end={"status": "failed", "error": error})
    statuses = "SELECT status FROM phase_executions WHERE run_id = %s ORDER BY position"
    assert [each["status"] for each in rows(installation, statuses, held.run.id)] == ["cancelled", "failed"]
    assert row(installation, "SELECT outcome FROM review_requests")["outcome"] == "withdrawn"


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(installation, cast, project_id):
    for number in range(ROUNDS):
        review = make_waiting(installation.database, cast.max, project_id=project_id, title=f"Round {number}")
        said = _decide_at_once(cast, review)
        assert sorted(said) == ["decided", "told"], number
        words = rows(installation, "SELECT 1 FROM run_reviews WHERE request_id = %s", review.id)
        assert len(words) == 1, "who comes second has said nothing"


def _decide_at_once(cast: Cast, review: MadeReview) -> list[str]:
    seen = get_review(cast.mona, review.id).seen
    together = threading.Barrier(2)
    said: list[str] = []

    def decide_as(actor: Actor, decision: Decision) -> None:
        together.wait()
        try:
            decide_review(actor, review.id, decision, seen=seen, comment="No.")
            said.append("decided")
        except Conflict as error:
            said.append("told" if "was first" in error.message else error.message)

    threads = [
        threading.Thread(target=decide_as, args=(cast.mona, Decision.APPROVE)),
        threading.Thread(target=decide_as, args=(cast.alice, Decision.REJECT)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said
