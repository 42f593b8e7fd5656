"""A person's word on an answer that waits, and what comes of it."""

from uuid import UUID

import pytest

from lib.access.actor import Actor
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted
from lib.models.review import Decision, ReviewOutcome
from lib.models.run import PhaseStatus, RunStatus
from lib.reviews.service import decide_review
from lib.reviews.views import Decided
from lib.runs.service import cancel_run, get_texts, watch_run
from lib.runs.steering import pause_run
from lib.runs.watching.service import look_at_run
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TEMPLATE_DATA
from tests.made_reviews import ANSWER, MadeReview, make_waiting
from tests.made_runs import MODEL
from tests.records import row, rows
from tests.waiting_runs import admitted
from tests.whole_run import get_run

RUN = "SELECT status, completed_phases, error_details, results FROM orchestration_runs WHERE id = %s"
ATTEMPTS = "SELECT * FROM phase_executions WHERE run_id = %s AND phase_code = 'Phase 0' ORDER BY attempt"
QUEUED = "SELECT count(*) AS n FROM dbos.workflow_status WHERE workflow_uuid LIKE %s AND status = 'ENQUEUED'"


def say(review: MadeReview, actor: Actor, decision: Decision, **more: str) -> Decided:
    """The person's word, about the answer as they see it at this moment."""
    return decide_review(actor, review.id, decision, seen=review.seen_by(actor).seen, **more)


@pytest.fixture
def review(installation: Installation, cast: Cast, project_id: UUID) -> MadeReview:
    """An answer in a run of max that waits."""
    return make_waiting(installation.database, cast.max, project_id=project_id)


def test_approval_of_somebody_else_puts_the_run_back_into_the_queue(installation, cast, review):
    decided = say(review, cast.mona, Decision.APPROVE)
    assert decided.outcome is ReviewOutcome.APPROVED
    run = row(installation, RUN, review.run.id)
    assert (run["status"], run["completed_phases"]) == (RunStatus.QUEUED, 1)
    assert row(installation, QUEUED, f"{review.run.id}:%")["n"] == 1
    assert admitted(installation, [review.run]) == [0], "its place it has in the transaction that decides"
    (attempt,) = rows(installation, ATTEMPTS, review.run.id)
    assert (attempt["status"], attempt["response_text"], attempt["original_response"]) == ("completed", ANSWER, None)


def test_edited_answer_takes_the_place_of_the_models_which_is_kept(installation, cast, review):
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.", comment="Twice is not enough")
    (attempt,) = rows(installation, ATTEMPTS, review.run.id)
    assert (attempt["response_text"], attempt["original_response"]) == ("Fold it three times.", ANSWER)
    seen = review.seen_by(cast.max)
    assert (seen.answer, seen.edited) == (ANSWER, "Fold it three times.")
    assert [(word.reviewer.name, word.decision) for word in seen.words] == [("Mona", Decision.APPROVE_WITH_EDITS)]


def test_redo_asks_the_phases_first_model_whoever_answered_before(installation, cast, review):
    rows(
        installation, "UPDATE phase_executions SET model = 'openai:spare' WHERE run_id = %s RETURNING 1", review.run.id
    )
    say(review, cast.mona, Decision.REDO, comment="Shorter.")
    assert [each["model"] for each in rows(installation, ATTEMPTS, review.run.id)] == ["openai:spare", MODEL]


def test_word_that_decides_nothing_shows_on_pages_that_are_open(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    before = watch_run(cast.max, review.run.id).shape
    say(review, cast.mona, Decision.APPROVE)
    after = watch_run(cast.max, review.run.id).shape
    assert before != after == look_at_run(cast.max, review.run.id).shape


def test_redo_makes_another_attempt_and_keeps_the_one_before(installation, cast, review):
    assert say(review, cast.mona, Decision.REDO, comment="Shorter.").outcome is ReviewOutcome.REDONE
    before, after = rows(installation, ATTEMPTS, review.run.id)
    assert (before["status"], before["redo_comment"], before["response_text"]) == ("rejected", "Shorter.", ANSWER)
    assert (after["status"], after["attempt"], after["response_text"]) == ("pending", 2, None)
    assert row(installation, RUN, review.run.id)["status"] == RunStatus.QUEUED


def test_rejection_ends_the_run_and_says_who_and_why(installation, cast, review):
    assert say(review, cast.mona, Decision.REJECT, comment="No sources.").outcome is ReviewOutcome.REJECTED
    run = row(installation, RUN, review.run.id)
    assert run["status"] == RunStatus.FAILED
    assert run["error_details"] == {
        "kind": "rejected",
        "message": "Mona rejected the answer: No sources.",
        "phase": "Phase 0",
        "attempt": 1,
    }
    assert [phase["status"] for phase in run["results"]["phases"].values()] == ["rejected", "skipped"]
    assert watch_run(cast.max, review.run.id).may_retry


@pytest.mark.parametrize("decision", [Decision.REDO, Decision.REJECT])
def test_word_that_changes_what_comes_next_says_why(cast, review, decision):
    with pytest.raises(InvalidInput, match="Comment is empty"):
        say(review, cast.mona, decision, comment=" ")


@pytest.mark.parametrize("response", [ANSWER, "Fold it.\r\nTwice.\n", " Cafe\u0301 "])
def test_edit_that_changes_nothing_is_none(installation, cast, project_id, response):
    review = make_waiting(installation.database, cast.max, project_id=project_id, response=response)
    with pytest.raises(InvalidInput, match="Nothing in the answer was changed"):
        say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited=response)
    with pytest.raises(InvalidInput, match="Nothing in the answer was changed"):
        say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited=response.replace("\r\n", "\n").strip())


def test_edit_of_a_json_answer_is_held_against_its_schema(installation, cast, project_id):
    schema = {"type": "object", "properties": {"burns": {"type": "boolean"}}, "required": ["burns"]}
    first, second = TEMPLATE_DATA["phases"]
    data = {"phases": [{**first, "output": {"kind": "json", "schema": schema}, "review": {}}, second]}
    review = make_waiting(installation.database, cast.max, project_id=project_id, data=data, response='{"burns": true}')
    for edited in ("Yes, it burns.", '{"burns": "yes"}'):
        with pytest.raises(InvalidInput, match="Later phases read this answer as JSON"):
            say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited=edited)
    edited = say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited='{"burns": false}')
    assert edited.outcome is ReviewOutcome.APPROVED


def test_nobody_approves_their_own_run_alone(installation, cast, review):
    decided = say(review, cast.max, Decision.APPROVE)
    assert (decided.outcome, decided.approvals) == (None, 1)
    assert row(installation, RUN, review.run.id)["status"] == RunStatus.WAITING_REVIEW
    assert say(review, cast.mona, Decision.APPROVE).outcome is ReviewOutcome.APPROVED


def test_launchers_word_counts_beside_somebody_elses(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    assert say(review, cast.mona, Decision.APPROVE).outcome is None
    assert say(review, cast.max, Decision.APPROVE).outcome is ReviewOutcome.APPROVED


def test_one_person_is_one_approval_and_may_change_their_mind(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    for _ in range(2):
        assert say(review, cast.mona, Decision.APPROVE).outcome is None
    assert say(review, cast.mona, Decision.REDO, comment="Shorter.").outcome is ReviewOutcome.REDONE
    assert len(rows(installation, "SELECT 1 FROM run_reviews WHERE request_id = %s", review.id)) == 1
    said = "SELECT old_values ->> 'decision' AS old, new_values ->> 'decision' AS new FROM audit_logs "
    said += "WHERE resource_type = 'run_reviews' ORDER BY id"
    assert [tuple(each.values()) for each in rows(installation, said)] == [(None, "approve"), ("approve", "redo")]


def test_approval_counts_for_the_text_that_it_was_given_to(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    say(review, cast.mona, Decision.APPROVE)
    edited = say(review, cast.alice, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    assert (edited.outcome, edited.approvals) == (None, 1), "mona has approved another text"
    assert [word.is_counted for word in review.seen_by(cast.max).words] == [False, True]
    assert say(review, cast.mona, Decision.APPROVE).outcome is ReviewOutcome.APPROVED
    (attempt,) = rows(installation, ATTEMPTS, review.run.id)
    assert attempt["response_text"] == "Fold it three times."


def test_who_edited_and_then_approves_keeps_the_edit_and_the_approvals_of_it(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    say(review, cast.max, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    say(review, cast.alice, Decision.APPROVE)
    again = say(review, cast.max, Decision.APPROVE, comment="As I said.")
    assert (again.outcome, again.approvals) == (None, 2)
    seen = review.seen_by(cast.mona)
    assert seen.text == "Fold it three times."
    assert [(word.decision, word.comment, word.is_counted) for word in seen.words] == [
        (Decision.APPROVE_WITH_EDITS, "", False),
        (Decision.APPROVE, "", True),
        (Decision.APPROVE_WITH_EDITS, "As I said.", True),
    ]
    assert say(review, cast.mona, Decision.APPROVE).outcome is ReviewOutcome.APPROVED
    (attempt,) = rows(installation, ATTEMPTS, review.run.id)
    assert (attempt["response_text"], attempt["original_response"]) == ("Fold it three times.", ANSWER)


def test_approval_counts_again_where_an_edit_brings_its_text_back(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    say(review, cast.alice, Decision.APPROVE)
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    back = say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited=ANSWER)
    assert (back.outcome, back.approvals) == (None, 2)


def test_newest_edit_is_the_text_though_the_clock_was_set_back(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    rows(installation, "UPDATE run_reviews SET said_at = said_at + interval '1 hour' RETURNING 1")
    say(review, cast.alice, Decision.APPROVE_WITH_EDITS, edited="Fold it four times.")
    assert review.seen_by(cast.max).text == "Fold it four times."


def test_word_about_a_text_that_was_edited_meanwhile_is_refused(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=2)
    seen = review.seen_by(cast.alice).seen
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    with pytest.raises(Conflict, match="edited the answer since you opened it"):
        decide_review(cast.alice, review.id, Decision.APPROVE, seen=seen)


def test_word_that_is_replaced_is_kept_with_its_comment(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    say(review, cast.alice, Decision.APPROVE, comment="Reads well.")
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    say(review, cast.alice, Decision.APPROVE, comment="Better.")
    say(review, cast.alice, Decision.APPROVE, comment="Better.")
    seen = review.seen_by(cast.max)
    assert [(word.reviewer.name, word.comment) for word in seen.words] == [
        ("Alice", "Reads well."),
        ("Mona", ""),
        ("Alice", "Better."),
    ]
    assert [word.is_replaced for word in seen.words] == [True, False, False]
    assert [word.has_lapsed for word in seen.words] == [True, False, False]
    assert [word.is_counted for word in seen.words] == [False, True, True]


def test_of_one_persons_earlier_words_the_newest_fifty_are_kept(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    for number in range(53):
        say(review, cast.mona, Decision.APPROVE, comment=f"Word {number}")
    assert [word.comment for word in review.seen_by(cast.max).words] == [f"Word {number}" for number in range(2, 53)]


def test_edit_that_waits_for_others_is_the_answer_that_people_read(installation, cast, project_id):
    review = make_waiting(installation.database, cast.max, project_id=project_id, required_approvals=3)
    attempt = review.run.phases["Phase 0"]
    assert not watch_run(cast.max, review.run.id).phases[0].newest.is_edited
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    texts = get_texts(cast.max, review.run.id, attempt)
    assert (texts.response, texts.original) == ("Fold it three times.", ANSWER)
    assert watch_run(cast.max, review.run.id).phases[0].newest.is_edited
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited=ANSWER)
    texts = get_texts(cast.max, review.run.id, attempt)
    assert (texts.response, texts.original) == (ANSWER, None)
    assert review.seen_by(cast.max).edit is None


def test_second_one_is_told_what_was_decided(cast, review):
    seen = review.seen_by(cast.alice).seen
    say(review, cast.mona, Decision.REJECT, comment="No.")
    with pytest.raises(Conflict, match="Mona was first: the answer is rejected"):
        decide_review(cast.alice, review.id, Decision.APPROVE, seen=seen)


def test_answer_of_a_run_that_was_cancelled_waits_no_more(installation, cast, review):
    cancel_run(cast.max, review.run.id)
    (attempt,) = rows(installation, ATTEMPTS, review.run.id)
    assert attempt["status"] == PhaseStatus.CANCELLED
    assert review.seen_by(cast.mona).summary.outcome is ReviewOutcome.WITHDRAWN
    with pytest.raises(Conflict, match="nothing to decide any more"):
        say(review, cast.mona, Decision.APPROVE)


def test_phase_is_sent_back_twenty_times_at_most(installation, cast, review):
    copy = (
        "INSERT INTO phase_executions (organization_id, run_id, phase_code, phase_name, attempt, status, redo_comment) "
        "SELECT organization_id, run_id, phase_code, phase_name, -n, 'rejected', 'No.' "
        "FROM phase_executions, generate_series(1, 20) n WHERE id = %s RETURNING 1"
    )
    rows(installation, copy, review.run.phases["Phase 0"])
    with pytest.raises(Conflict, match="twenty times"):
        say(review, cast.mona, Decision.REDO, comment="Once more.")


@pytest.mark.parametrize("reviewers", [["admin"], "mona"])
def test_gate_that_names_reviewers_is_decided_by_those(installation, cast, project_id, reviewers):
    named = [str(cast.mona.user_id)] if reviewers == "mona" else reviewers
    allowed, other = (cast.mona, cast.alice) if reviewers == "mona" else (cast.alice, cast.mona)
    review = make_waiting(installation.database, cast.max, project_id=project_id, reviewers=named)
    with pytest.raises(NotPermitted, match="you are not among them"):
        say(review, other, Decision.APPROVE)
    assert say(review, allowed, Decision.APPROVE).outcome is ReviewOutcome.APPROVED


def test_admin_decides_once_a_gate_is_overdue_and_that_was_told(installation, cast, project_id):
    review = make_waiting(
        installation.database, cast.max, project_id=project_id, reviewers=[str(cast.mona.user_id)], due_hours=1
    )
    rows(installation, "UPDATE review_requests SET escalated_at = now() RETURNING 1")
    assert say(review, cast.alice, Decision.APPROVE).outcome is ReviewOutcome.APPROVED


def test_viewer_reads_and_may_not_decide(cast, review):
    assert review.seen_by(cast.vera).may_decide is False
    with pytest.raises(NotPermitted):
        say(review, cast.vera, Decision.APPROVE)


def test_stranger_finds_nothing(cast, review):
    with pytest.raises(NotFound):
        review.seen_by(cast.charlie)
    with pytest.raises(NotFound):
        decide_review(cast.charlie, review.id, Decision.APPROVE, seen=review.seen_by(cast.max).seen)


def test_decision_on_a_run_that_is_paused_leaves_it_paused(installation, cast, review):
    pause_run(cast.max, review.run.id)
    assert say(review, cast.mona, Decision.APPROVE).outcome is ReviewOutcome.APPROVED
    run = row(installation, RUN, review.run.id)
    assert (run["status"], run["completed_phases"]) == (RunStatus.PAUSED, 1)


def test_trail_holds_no_text_of_an_answer(installation, cast, review):
    say(review, cast.mona, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.", comment="Twice is not enough")
    trail = "SELECT old_values::text || new_values::text AS said FROM audit_logs WHERE resource_type LIKE '%review%'"
    said = " ".join(each["said"] for each in rows(installation, trail.replace("%", "%%")))
    assert "approve_with_edits" in said
    assert "Fold it" not in said
    assert "enough" not in said


def test_run_shows_who_looks_at_which_answer(cast, review):
    newest = get_run(cast.max, review.run.id).phases[0].newest
    assert newest.review is not None
    assert newest.review.id == review.id
    assert newest.answered_at == newest.review.requested_at
