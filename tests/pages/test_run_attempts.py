"""A run whose model misbehaves, and the run that goes on from it: what is read and what is offered."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from llmock.testing import LLMockServer
from streamlit.testing.v1 import AppTest

from lib.runs.service import watch_run
from lib.ui.navigation import RUN
from lib.ui.words import hour
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import HeldRun, MadeRun, answer, beginning, fail_second_phase, make_run, open_run
from tests.pages.conftest import OpenAs
from tests.pages.reading import deeds, headings, markup, press, shown
from tests.records import row, rows
from tests.workers import MODEL

RETRY = "Retry from Research"
OVERLOADED = {"kind": "unavailable", "message": "The endpoint is overloaded.", "status": 503}


@pytest.fixture
def made(installation: Installation, cast: Cast, endpoint: LLMockServer) -> MadeRun:
    """A run of max that no worker has taken."""
    project_id = make_project(installation.database, cast.max)
    return make_run(installation.database, cast.max, project_id=project_id, title="Folding", model=MODEL)


@pytest.fixture
def held(installation: Installation, cast: Cast, made: MadeRun) -> HeldRun:
    """The same, its first phase being written."""
    held = open_run(installation.database, cast.organization_a, made.id)
    held.advance(begin=[beginning("Phase 0")])
    return held


@pytest.fixture
def failed(installation: Installation, cast: Cast, made: MadeRun) -> MadeRun:
    """The same, ended: Phase 0 is completed, Phase 1 failed."""
    fail_second_phase(installation.database, cast.max, made)
    return made


def fail(held: HeldRun, phase_id: UUID, **more: Any) -> None:
    held.advance(finish=[answer(phase_id, status="failed", response=None, error=OVERLOADED | more)])


def label(at: AppTest, number: int) -> str:
    return str(at.expander[number].label)


def links(at: AppTest) -> list[str]:
    return [link.proto.label for link in at.get("page_link")]


def test_phase_that_waits_says_when_its_next_attempt_begins(
    open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun
) -> None:
    fail(held, made.phases["Phase 0"], retry_seconds=250.0, retry_reason="tried again after 250.0 s")
    at = open_as(cast.vera, RUN, run=made.id)
    (attempt,) = watch_run(cast.vera, made.id).phases[0].attempts
    assert attempt.next_attempt_at
    assert f"next attempt at {hour(attempt.next_attempt_at)}" in label(at, 0).replace("\\", "")
    assert "Failed" in label(at, 0)


def test_attempt_that_is_due_begins_in_a_moment(open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun) -> None:
    fail(held, made.phases["Phase 0"], retry_seconds=0.0, retry_reason="tried again at once")
    assert "next attempt in a moment" in label(open_as(cast.vera, RUN, run=made.id), 0)


def test_phase_that_was_tried_again_and_is_fine_tells_both_attempts(
    open_as: OpenAs, installation: Installation, cast: Cast, made: MadeRun, held: HeldRun
) -> None:
    fail(held, made.phases["Phase 0"], retry_seconds=1.2, retry_reason="tried again after 1.2 s")
    begun = held.advance(begin=[beginning("Phase 0", attempt=2)])["begun"]
    held.advance(finish=[answer(begun[0]["id"])])
    held.advance(begin=[beginning("Phase 1")])
    held.advance(finish=[answer(made.phases["Phase 1"])], end={"status": "completed", "error": {}})
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        longer = "UPDATE phase_executions SET started_at = started_at - interval '7 s' WHERE id = %s"
        connection.execute(longer, [made.phases["Phase 0"]])
    at = open_as(cast.vera, RUN, run=made.id)
    assert "2 attempts" in label(at, 0)
    assert "· 0:07 ·" in label(at, 0).replace("\\", "")
    assert '<span class="ao-took">0:07</span>' in markup(at), "the timeline says the same of both attempts"
    assert "next attempt" not in label(at, 0)
    at.expander[0].open = True
    at.session_state["phase-0-ended"] = True
    at.run()
    for words in ("Attempt 1", "The endpoint is overloaded.", "Tried again after 1.2 s.", "Attempt 2"):
        assert words in shown(at)


def test_phase_that_failed_for_good_says_why_nothing_follows(
    open_as: OpenAs, cast: Cast, made: MadeRun, held: HeldRun
) -> None:
    more = {"retry_seconds": None, "retry_reason": "that was the last attempt"}
    fail(held, made.phases["Phase 0"], **more)
    held.advance(end={"status": "failed", "error": OVERLOADED | more | {"phase": "Phase 0", "attempt": 1}})
    at = open_as(cast.vera, RUN, run=made.id)
    assert "The endpoint is overloaded." in headings(at)
    assert "Retry reason that was the last attempt" in shown(at)
    assert "next attempt" not in label(at, 0)


def test_retry_is_offered_to_who_may_launch(open_as: OpenAs, cast: Cast, failed: MadeRun) -> None:
    for actor in (cast.mona, cast.max):
        assert deeds(open_as(actor, RUN, run=failed.id)) == [RETRY]
    assert deeds(open_as(cast.alice, RUN, run=failed.id)) == [RETRY, "Look at the connections"], "who may mend them"
    assert deeds(open_as(cast.vera, RUN, run=failed.id)) == []


def test_run_is_retried_after_a_question_that_says_what_it_saves(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    at = press(open_as(cast.max, RUN, run=failed.id), RETRY)
    assert "Asked anew: Research. This run stays as it is." in shown(at)
    assert "1 finished phase is reused: Ideation. That saves 950 tokens, $0.03 and 5.0 s." in shown(at)
    press(at, RETRY, "Not now")
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 1, "nothing is done before it is confirmed"

    press(at, RETRY)
    press(at, RETRY, "Launch the retry")
    child = row(installation, "SELECT id, status FROM orchestration_runs WHERE parent_run_id = %s", failed.id)
    assert child["status"] == "queued"
    assert at.query_params["run"] == str(child["id"])
    assert "The retry is launched." in shown(at)


def test_retry_shows_the_limit_that_it_takes_over_and_says_what_nobody_knows(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE orchestration_runs SET cost_limit_usd = 2")
        connection.execute("UPDATE phase_executions SET cost_usd = NULL")
    at = press(open_as(cast.max, RUN, run=failed.id), RETRY)
    assert "That saves 950 tokens, an unknown amount of money and 5.0 s." in shown(at)
    (limit,) = [field for field in at.number_input if field.label.startswith("Cost limit")]
    assert limit.value == 2
    limit.set_value(0.75)
    press(at, RETRY, "Launch the retry")
    made = "SELECT cost_limit_usd FROM orchestration_runs WHERE parent_run_id = %s"
    assert row(installation, made, failed.id)["cost_limit_usd"] == Decimal("0.75")


def test_retry_that_can_not_be_launched_says_so_in_the_question(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun, endpoint: LLMockServer
) -> None:
    at = press(open_as(cast.max, RUN, run=failed.id), RETRY)
    endpoint.stop()
    press(at, RETRY, "Launch the retry")
    assert "nothing answers at this address" in shown(at)
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 1


def test_retried_run_says_where_it_comes_from_and_what_is_reused(
    open_as: OpenAs, installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    at = press(open_as(cast.max, RUN, run=failed.id), RETRY)
    press(at, RETRY, "Launch the retry")
    child = row(installation, "SELECT id FROM orchestration_runs WHERE parent_run_id = %s", failed.id)
    at = open_as(cast.vera, RUN, run=child["id"])
    assert "this one is its retry from Research" in shown(at)
    assert deeds(at)[-2:] == ["Open", "Compare"]
    assert [("reused" in expander.label) for expander in at.expander][:2] == [True, False]
    assert "1 of 2 phases" in shown(at)
    at = open_as(cast.vera, RUN, run=failed.id)
    assert "This run: again" not in shown(at)
    assert "A retry of this run from Research" in shown(at), "and the run before says what became of it"
