"""Reviews by plain SQL through the web door: nobody approves their own alone, or writes a word past the function."""

from hashlib import sha256
from uuid import UUID

import pytest

from tests import doors
from tests.cast import Cast, make_cast
from tests.database import ClonedDatabase
from tests.doors import Connection
from tests.factories import make_project
from tests.made_reviews import ANSWER, MadeReview, make_waiting, make_word

NOT_ALLOWED, BROKEN_RULE = "42501", "23514"
SEEN = sha256(ANSWER.encode()).hexdigest()
DECIDE = "SELECT api.decide_review(%s, %s, %s, %s, %s)"
STANDS = "SELECT status, response_text FROM phase_executions WHERE id = %s"


@pytest.fixture(scope="module")
def people(module_database: ClonedDatabase) -> Cast:
    return make_cast(module_database)


@pytest.fixture
def review(module_database: ClonedDatabase, people: Cast) -> MadeReview:
    """An answer in a run of max that waits."""
    return make_waiting(module_database, people.max, project_id=make_project(module_database, people.max))


def stands(database: ClonedDatabase, review: MadeReview) -> tuple[str, str]:
    with doors.admin(database) as connection:
        found = connection.execute(STANDS, [review.run.phases["Phase 0"]]).fetchone()
    assert found is not None
    return found[0], found[1]


def state(connection: Connection, review_id: UUID, *word: str | None) -> str:
    row = connection.execute(DECIDE, [review_id, *word, SEEN]).fetchone()
    assert row is not None
    return str(row[0]["state"])


def test_launcher_who_says_it_twice_has_not_approved(module_database, people, review):
    with doors.person(module_database, people.max) as connection:
        for _ in range(3):
            assert state(connection, review.id, "approve", "", None) == "recorded"
    assert stands(module_database, review) == ("waiting_review", ANSWER)


def test_word_in_somebody_elses_name_is_none(module_database, people, review):
    """The function asks the signed claims who it is; claims that are made up in the statement are nobody's."""
    with doors.person(module_database, people.max) as connection:
        forged = (
            "SELECT set_config('request.jwt.claims', "
            "jsonb_set(current_setting('request.jwt.claims')::jsonb, '{sub}', to_jsonb(%s::text))::text, true)"
        )
        connection.execute(forged.encode(), [str(people.mona.user_id)])
        assert state(connection, review.id, "approve", "", None) == "not_found"
    assert stands(module_database, review) == ("waiting_review", ANSWER)


@pytest.mark.parametrize("name", ["alice", "mona", "max"])
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO run_reviews (organization_id, request_id, run_id, reviewer_id, decision, answer_digest) "
        "SELECT organization_id, id, run_id, api.person_id(), 'approve', repeat('0', 64) "
        "FROM review_requests WHERE id = %s",
        "UPDATE run_reviews SET decision = 'approve' WHERE request_id = %s",
        "DELETE FROM run_reviews WHERE request_id = %s",
        "UPDATE review_requests SET required_approvals = 1 WHERE id = %s",
        "UPDATE review_requests SET decided_at = now(), outcome = 'approved' WHERE id = %s",
        "DELETE FROM review_requests WHERE id = %s",
        "UPDATE phase_executions SET status = 'completed' WHERE id = "
        "(SELECT phase_execution_id FROM review_requests WHERE id = %s)",
        "UPDATE orchestration_runs SET status = 'queued' WHERE id = (SELECT run_id FROM review_requests WHERE id = %s)",
        "UPDATE phase_executions SET response_text = 'Mine' WHERE id = "
        "(SELECT phase_execution_id FROM review_requests WHERE id = %s)",
        "SELECT api.end_review(r, p, 'approved', '', NULL) FROM orchestration_runs r, phase_executions p "
        "WHERE p.run_id = r.id AND r.id = (SELECT run_id FROM review_requests WHERE id = %s)",
    ],
)
def test_nobody_writes_past_the_function(module_database, people, review, name, statement):
    make_word(module_database, people.max, review)
    with doors.person(module_database, getattr(people, name)) as connection:
        assert doors.refusal(connection, statement, [review.id]) == NOT_ALLOWED
    assert stands(module_database, review) == ("waiting_review", ANSWER)


def test_viewer_is_refused_and_stranger_finds_nothing(module_database, people, review):
    with doors.person(module_database, people.vera) as connection:
        assert doors.refusal(connection, DECIDE, [review.id, "approve", "", None, SEEN]) == NOT_ALLOWED
    with doors.person(module_database, people.charlie) as connection:
        assert state(connection, review.id, "approve", "", None) == "not_found"
        for table in ("review_requests", "run_reviews"):
            assert doors.reached(connection, f"SELECT 1 FROM {table} WHERE run_id = %s", [review.run.id]) == 0


@pytest.mark.parametrize(
    "word",
    [
        ("agree", "", None),
        ("redo", " ", None),
        ("reject", "", None),
        ("approve", "", "An edit that is none"),
        ("approve_with_edits", "", None),
        ("approve_with_edits", "", "  "),
        ("approve_with_edits", "", "x" * 1_000_001),
        ("approve", "x" * 5001, None),
    ],
)
def test_word_that_makes_no_sense_is_refused(module_database, people, review, word):
    with doors.person(module_database, people.mona) as connection:
        assert doors.refusal(connection, DECIDE, [review.id, *word, SEEN]) == BROKEN_RULE
    assert stands(module_database, review) == ("waiting_review", ANSWER)


def test_engine_of_another_organization_reaches_none(module_database, people, review):
    with doors.engine(module_database, people.organization_b) as connection:
        for table in ("review_requests", "run_reviews"):
            assert doors.refusal(connection, f"SELECT 1 FROM {table}") == NOT_ALLOWED
