"""Ended runs go with everything that belongs to them, and with nothing else; what was used stays as it was counted."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors

from lib.db import migrate
from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.database import ClonedDatabase
from tests.factories import make_project, make_template
from tests.made_budgets import make_budget_rows
from tests.made_retention import left_of, make_ended, make_hold, release_hold, remove_runs
from tests.made_reviews import make_waiting, make_word
from tests.made_runs import make_run
from tests.made_schedules import make_schedule
from tests.made_usage import roll_up

_REFUSED = errors.CheckViolation
_SUMS = """
    SELECT s.* FROM (SELECT min(date_trunc('hour', created_at, 'UTC')) AS hour FROM api_usage) h,
           api.sum_up_usage(%s, h.hour, h.hour + interval '2 hours', '{all,none,template,project,person,model}') s
     ORDER BY s::text"""


def ask(database: ClonedDatabase, question: str, *values: object) -> list[tuple[Any, ...]]:
    with doors.admin(database) as connection:
        return connection.execute(question.encode(), values).fetchall()


@pytest.fixture
def project_id(database: ClonedDatabase, cast: Cast) -> UUID:
    return make_project(database, cast.alice)


def test_run_goes_with_all_that_is_its_own_and_others_stay(
    database: ClonedDatabase, cast: Cast, project_id: UUID
) -> None:
    template_id = make_template(database, cast.alice)
    gone = make_ended(database, cast.alice, project_id=project_id, template_id=template_id)
    stays = make_ended(database, cast.alice, project_id=project_id, template_id=template_id)
    schedule_id = make_schedule(database, cast.alice, project_id=project_id, template_id=template_id)
    with doors.admin(database) as connection:
        connection.execute("UPDATE schedules SET last_run_id = %s WHERE id = %s", [gone.id, schedule_id])
        connection.execute(
            "INSERT INTO dbos.workflow_status (workflow_uuid, status, name, queue_name, created_at, updated_at) "
            "VALUES (%s, 'SUCCESS', 'segment', 'runs', 0, 0), (%s, 'SUCCESS', 'segment', 'runs', 0, 0)",
            [f"{gone.id}:1", f"{stays.id}:1"],
        )
    before = left_of(database, stays.id)
    assert before == {"runs": 1, "phases": 2, "operations": 1, "comments": 1, "calls": 2}
    counts = remove_runs(database, cast.organization_a, gone.id)
    assert counts == {"runs": 1, "phases": 2, "operations": 1, "comments": 1, "reviews": 0, "words": 0}
    assert left_of(database, gone.id) == {**dict.fromkeys(before, 0), "calls": 2}
    assert left_of(database, stays.id) == before
    assert ask(database, "SELECT last_run_id FROM schedules WHERE id = %s", schedule_id) == [(None,)]
    assert ask(database, "SELECT workflow_uuid FROM dbos.workflow_status") == [(f"{stays.id}:1",)]


def test_every_table_that_names_runs_is_thought_of(database: ClonedDatabase) -> None:
    """A table that gets a key to runs or phases has to be removed with them, or to let go of them."""
    found = ask(
        database,
        "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' "
        "AND confrelid IN ('orchestration_runs'::regclass, 'phase_executions'::regclass)",
    )
    assert {table for (table,) in found} == {
        "orchestration_runs",
        "phase_executions",
        "integration_operations",
        "run_comments",
        "run_reviews",
        "review_requests",
        "schedules",
    }


def test_reviews_go_along(database: ClonedDatabase, cast: Cast, project_id: UUID) -> None:
    review = make_waiting(database, cast.alice, project_id=project_id)
    make_word(database, cast.mona, review)
    with doors.person(database, cast.alice) as connection:
        connection.execute("UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s", [review.run.id])
        connection.execute("UPDATE orchestration_runs SET status = 'cancelled' WHERE id = %s", [review.run.id])
    counts = remove_runs(database, cast.organization_a, review.run.id)
    assert (counts["reviews"], counts["words"]) == (1, 1)
    assert ask(database, "SELECT 1 FROM run_reviews UNION ALL SELECT 1 FROM review_requests") == []


def test_what_was_used_is_summed_up_as_before(database: ClonedDatabase, cast: Cast, project_id: UUID) -> None:
    template_id = make_template(database, cast.alice)
    run = make_ended(database, cast.alice, project_id=project_id, template_id=template_id)
    other = make_ended(database, cast.alice, project_id=project_id)
    make_budget_rows(database, cast.alice, about=cast.alice.user_id)
    spent = ask(database, "SELECT spent_usd, unknown_calls FROM budget_periods")
    assert spent
    before = ask(database, _SUMS, cast.organization_a)
    assert any(template_id in row for row in before)
    remove_runs(database, cast.organization_a, run.id, other.id)
    assert ask(database, _SUMS, cast.organization_a) == before
    assert ask(database, "SELECT spent_usd, unknown_calls FROM budget_periods") == spent
    calls = ask(database, "SELECT DISTINCT run_id, template_id FROM api_usage ORDER BY 1")
    assert calls == [(run.id, template_id), (other.id, None)]


def test_hours_that_are_summed_up_stay_so(database: ClonedDatabase, cast: Cast, project_id: UUID) -> None:
    run = make_ended(database, cast.alice, project_id=project_id, template_id=make_template(database, cast.alice))
    with doors.admin(database) as connection:
        connection.execute("UPDATE api_usage SET created_at = created_at - interval '2 days'")
    assert roll_up(database) > 0
    remove_runs(database, cast.organization_a, run.id)
    assert ask(database, "SELECT hour FROM usage_open_hours WHERE hour < now() - interval '1 day'") == []
    with doors.admin(database) as connection:  # and what changes a sum opens its hour
        connection.execute("UPDATE api_usage SET prompt_tokens = 7")
    assert len(ask(database, "SELECT hour FROM usage_open_hours WHERE hour < now() - interval '1 day'")) == 1


def test_trail_has_one_entry_of_all(database: ClonedDatabase, cast: Cast, project_id: UUID) -> None:
    runs = [make_ended(database, cast.alice, project_id=project_id).id for _ in range(3)]
    before = ask(database, "SELECT id FROM audit_logs")
    counts = remove_runs(database, cast.organization_a, *runs, action="retention.remove")
    added = ask(
        database,
        "SELECT organization_id, action, resource_type, old_values, new_values FROM audit_logs WHERE id <> ALL (%s)",
        [key for (key,) in before],
    )
    assert added == [(cast.organization_a, "retention.remove", "retention", {}, counts)]
    assert counts["runs"] == 3


def test_comment_that_is_deleted_alone_is_an_event_still(
    database: ClonedDatabase, cast: Cast, project_id: UUID
) -> None:
    make_ended(database, cast.alice, project_id=project_id)
    with doors.admin(database) as connection:
        connection.execute("DELETE FROM run_comments")
    assert len(ask(database, "SELECT 1 FROM audit_logs WHERE action = 'run_comments.delete'")) == 1


def test_none_goes_where_one_has_not_ended_or_is_anothers(
    database: ClonedDatabase, cast: Cast, project_id: UUID
) -> None:
    ended = make_ended(database, cast.alice, project_id=project_id)
    waiting = make_run(database, cast.alice, project_id=project_id)
    theirs = make_ended(database, cast.charlie, project_id=make_project(database, cast.charlie))
    for other in (waiting.id, theirs.id, project_id):
        with pytest.raises(_REFUSED, match="has not ended, or is not there"):
            remove_runs(database, cast.organization_a, ended.id, other)
    assert left_of(database, ended.id, waiting.id, theirs.id)["runs"] == 3


def test_run_stays_as_long_as_its_retry(database: ClonedDatabase, cast: Cast, project_id: UUID) -> None:
    first = make_ended(database, cast.alice, project_id=project_id, status="failed")
    second = make_run(database, cast.alice, project_id=project_id)
    with doors.admin(database) as connection:
        connection.execute("UPDATE orchestration_runs SET parent_run_id = %s WHERE id = %s", [first.id, second.id])
    with pytest.raises(_REFUSED, match="a retry that stays"):
        remove_runs(database, cast.organization_a, first.id)
    with doors.person(database, cast.alice) as connection:
        connection.execute("UPDATE orchestration_runs SET status = 'cancelled' WHERE id = %s", [second.id])
    assert remove_runs(database, cast.organization_a, first.id, second.id)["runs"] == 2


@pytest.mark.parametrize("is_whole", [False, True])
def test_hold_keeps_runs_until_it_is_released(
    database: ClonedDatabase, cast: Cast, project_id: UUID, is_whole: bool
) -> None:
    run = make_ended(database, cast.alice, project_id=project_id)
    elsewhere = make_ended(database, cast.alice, project_id=make_project(database, cast.alice, name="Another"))
    make_hold(database, cast.charlie)  # another organization's keeps nothing here
    hold_id = make_hold(database, cast.alice, project_id=None if is_whole else project_id)
    with pytest.raises(_REFUSED, match="legal hold"):
        remove_runs(database, cast.organization_a, run.id, elsewhere.id)
    if is_whole:
        with pytest.raises(_REFUSED, match="legal hold"):
            remove_runs(database, cast.organization_a, elsewhere.id)
    release_hold(database, cast.alice, hold_id)
    assert remove_runs(database, cast.organization_a, run.id, elsewhere.id)["runs"] == 2


def test_hold_is_placed_once_a_removal_has_ended(database: ClonedDatabase, cast: Cast, project_id: UUID) -> None:
    run = make_ended(database, cast.alice, project_id=project_id)
    placed = threading.Event()

    def place() -> None:
        make_hold(database, cast.alice)
        placed.set()

    with psycopg.connect(database.url(Login.OWNER)) as removing:
        removing.execute("SELECT api.remove_runs(%s, %s, NULL)", [cast.organization_a, [run.id]])
        placing = threading.Thread(target=place)
        placing.start()
        assert not placed.wait(0.5)
        removing.commit()
    placing.join(20)
    assert placed.is_set()
    assert left_of(database, run.id)["runs"] == 0


def test_hold_is_released_once_and_never_changed(database: ClonedDatabase, cast: Cast) -> None:
    hold_id = make_hold(database, cast.alice)
    release_hold(database, cast.alice, hold_id)
    assert ask(database, "SELECT released_by, released_at <= clock_timestamp() FROM legal_holds") == [
        (cast.alice.user_id, True)
    ]
    for change in ("released_by = NULL", f"released_by = '{cast.alice.user_id}'", "reason = 'x'"):
        with doors.person(database, cast.alice) as connection:
            assert doors.refusal(connection, f"UPDATE legal_holds SET {change}") is not None, change
    with doors.person(database, cast.alice) as connection:
        assert doors.refusal(connection, "DELETE FROM legal_holds") is not None


def test_version_before_gets_calls_that_name_no_run_that_is_gone(
    database: ClonedDatabase, cast: Cast, project_id: UUID
) -> None:
    gone = make_ended(database, cast.alice, project_id=project_id)
    stays = make_ended(database, cast.alice, project_id=project_id)
    remove_runs(database, cast.organization_a, gone.id)
    url = database.url(Login.OWNER)
    migrate.downgrade(url, "0053")
    assert {*ask(database, "SELECT run_id FROM api_usage")} == {(stays.id,), (None,)}
    with doors.admin(database) as connection:
        foreign = "UPDATE api_usage SET run_id = %s"
        assert doors.refusal(connection, foreign, [project_id]) == errors.ForeignKeyViolation.sqlstate
    migrate.upgrade(url)
    assert len(ask(database, "SELECT 1 FROM api_usage")) == 4
