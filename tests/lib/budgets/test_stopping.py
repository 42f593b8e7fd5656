"""A hard budget lets nothing begin once it is used up: exact, whatever happens at once."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from lib import clock
from lib.budgets.service import end_raise, list_budgets, raise_budget
from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.database import ADMIN_URL_VARIABLE
from tests.factories import make_project
from tests.made_budgets import make_budget, see_budget, spend
from tests.made_runs import HeldRun, answer, beginning, call_worker, make_run, open_run
from tests.records import row, rows
from tests.workers import until

#: How many ask at once; of them every so many pays for an attempt that is already under way.
ATTEMPTS, PAYS = 200, 5
COST = Decimal("0.07")


@pytest.fixture
def held(installation: Installation, cast: Cast) -> HeldRun:
    """A run of max's that a worker holds, for a project of alice's."""
    run = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.alice))
    return open_run(installation.database, cast.organization_a, run.id)


def soon(**lasts: float) -> object:
    return clock.now() + timedelta(**lasts)


@pytest.mark.parametrize("scope", ["organization", "project", "user"])
def test_nothing_begins_once_a_hard_budget_is_used_up(
    installation: Installation, cast: Cast, held: HeldRun, scope: str
) -> None:
    run = row(installation, "SELECT project_id, user_id FROM orchestration_runs WHERE id = %s", held.run_id)
    about = {"project": {"project_id": run["project_id"]}, "user": {"user_id": run["user_id"]}}.get(scope, {})
    budget_id = make_budget(cast.alice, "0.5", scope=scope, is_hard=True, **about)
    spend(installation.database, cast.max, "0.49", project_id=run["project_id"])
    first = held.advance(begin=[beginning("Phase 0")])
    assert [begun["code"] for begun in first["begun"]] == ["Phase 0"]
    phase_id = first["begun"][0]["id"]
    then = held.advance(finish=[answer(phase_id, cost_usd=0.02)], begin=[beginning("Phase 1")])
    assert then["begun"] == []
    assert then["budget"] == {
        "id": str(budget_id),
        "name": "Autumn",
        "scope": scope,
        "period": "month",
        "limit_usd": 0.5,
        "spent_usd": 0.51,
    }
    pending = row(installation, "SELECT status FROM phase_executions WHERE run_id = %s AND position = 1", held.run_id)
    assert pending["status"] == "pending"
    used = row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", cast.organization_a)
    assert used["api_quota_used"] == 1, "what did not begin was not taken from the quota either"


def test_soft_one_and_one_of_somebody_else_stop_nothing(installation: Installation, cast: Cast, held: HeldRun) -> None:
    make_budget(cast.alice, "0.1")
    make_budget(cast.alice, "0.1", scope="user", user_id=cast.mona.user_id, is_hard=True)
    make_budget(cast.charlie, "0.1", is_hard=True)
    for actor in (cast.max, cast.mona, cast.charlie):
        spend(installation.database, actor, "5")
    assert len(held.advance(begin=[beginning("Phase 0")])["begun"]) == 1


def test_raise_lets_it_go_on_until_it_expires(installation: Installation, cast: Cast, held: HeldRun) -> None:
    budget_id = make_budget(cast.alice, "1", is_hard=True)
    spend(installation.database, cast.max, "1.5")
    assert held.advance(begin=[beginning("Phase 0")])["begun"] == []
    raise_budget(cast.alice, budget_id, Decimal(1), reason="The fair", expires_at=soon(hours=1))
    assert see_budget(cast.alice, budget_id).left_usd == Decimal("0.5")
    begun = held.advance(begin=[beginning("Phase 0")])["begun"]
    assert len(begun) == 1
    rows(installation, "UPDATE budget_raises SET starts_at = now() - interval '2 h', expires_at = now() RETURNING 1")
    after = held.advance(finish=[answer(begun[0]["id"], cost_usd=0)], begin=[beginning("Phase 1")])
    assert after["begun"] == [], "no job has run"
    assert see_budget(cast.alice, budget_id).raises == ()


def test_raise_can_be_taken_back(installation: Installation, cast: Cast, held: HeldRun) -> None:
    budget_id = make_budget(cast.alice, "1", is_hard=True)
    spend(installation.database, cast.max, "1.5")
    raise_budget(cast.alice, budget_id, Decimal(1), reason="The fair", expires_at=soon(hours=1))
    (raised,) = see_budget(cast.alice, budget_id).raises
    assert (raised.amount_usd, raised.reason, raised.by) == (1, "The fair", "Alice")
    end_raise(cast.alice, raised.id)
    assert held.advance(begin=[beginning("Phase 0")])["begun"] == []


def test_paused_run_goes_on_by_itself_once_nothing_stops_it(
    installation: Installation, cast: Cast, held: HeldRun
) -> None:
    budget_id = make_budget(cast.alice, "1", is_hard=True)
    spend(installation.database, cast.max, "1.5")
    held.advance(end={"status": "paused", "error": {"kind": "budget", "message": "Used up.", "budget": str(budget_id)}})

    def status_after_a_look() -> str:
        call_worker(installation.database, "SELECT api.requeue_lost_runs()")
        found: str = row(installation, "SELECT status FROM orchestration_runs WHERE id = %s", held.run_id)["status"]
        return found

    assert status_after_a_look() == "paused"
    raise_budget(cast.alice, budget_id, Decimal(1), reason="The fair", expires_at=soon(hours=1))
    assert status_after_a_look() == "queued"


def test_prompt_is_not_tried_once_a_hard_budget_is_used_up(installation: Installation, cast: Cast) -> None:
    make_budget(cast.alice, "1", is_hard=True, scope="user", user_id=cast.max.user_id)
    spend(installation.database, cast.max, "1")
    with doors.person(installation.database, cast.max) as connection:
        assert doors.refusal(connection, "SELECT api.begin_try('own-llm', 'small')") == "AO004"
    with doors.person(installation.database, cast.mona) as connection:
        assert doors.refusal(connection, "SELECT api.begin_try('own-llm', 'small')") is None


def test_none_of_two_hundred_attempts_at_once_begins_after_the_budget_is_used_up(
    installation: Installation, cast: Cast
) -> None:
    """Two hundred ask at the same moment, and the budget is used up in the middle of them.

    Each is on a connection of its own, and the budget is held until all of them wait for it. Every fifth pays for an
    attempt that is already under way. While a transaction holds the budget, it notes when an attempt begins
    (`started_at`) and when the budget is used up (a trigger of this test): so the two are in the order in which they
    are committed.
    """
    database = installation.database
    with doors.admin(database) as connection:
        connection.execute("UPDATE organizations SET api_quota_limit = NULL")
    at_once = count_admitted(installation)
    project_id = make_project(database, cast.alice)
    runs = [make_run(database, cast.alice, project_id=project_id) for _ in range(at_once)]
    held = [open_run(database, cast.organization_a, run.id) for run in runs]
    paying = {run.run_id: run.advance(begin=[beginning("Phase 0")])["begun"][0]["id"] for run in held[::PAYS]}
    limit = COST * (len(paying) // 2)
    budget_id = make_budget(cast.alice, str(limit), is_hard=True)
    note_when_used_up(installation, limit)
    with ThreadPoolExecutor(at_once) as pool:
        with doors.admin(database) as holder:
            holder.execute("SELECT 1 FROM budgets FOR NO KEY UPDATE")
            asked = [pool.submit(ask_for_next, run, paying.get(run.run_id)) for run in held]
            until(lambda: count_waiting(installation) == at_once, seconds=120)
        answers = [each.result() for each in asked]
    begun = sum(len(each["begun"]) for each in answers)
    assert 0 < begun < at_once, "it was used up in the middle of them"
    assert begun == sum(each["budget"] is None for each in answers), "who was refused was told why"
    assert see_budget(cast.alice, budget_id).spent_usd == COST * len(paying)
    late = rows(
        installation,
        "SELECT 1 FROM phase_executions WHERE started_at >= (SELECT min(at) FROM seen_used_up)",
    )
    assert late == []
    assert [each.id for each in list_budgets(cast.alice).items] == [budget_id]


def count_admitted(installation: Installation) -> int:
    """All of them on the tests' own server; on one that somebody names, as many as it has room for beside others."""
    if ADMIN_URL_VARIABLE not in os.environ:
        return ATTEMPTS
    asked = "SELECT current_setting('max_connections')::int - count(*)::int AS free FROM pg_stat_activity"
    return int(min(ATTEMPTS, row(installation, asked)["free"] // 2))


def count_waiting(installation: Installation) -> int:
    asked = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return len(rows(installation, asked))


def note_when_used_up(installation: Installation, limit: Decimal) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("CREATE TABLE seen_used_up (at timestamptz NOT NULL)")
        connection.execute(
            "CREATE FUNCTION see_used_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
            "$$ BEGIN INSERT INTO public.seen_used_up VALUES (clock_timestamp()); RETURN NULL; END $$"
        )
        connection.execute(
            "CREATE TRIGGER see AFTER INSERT OR UPDATE ON budget_periods FOR EACH ROW "
            f"WHEN (NEW.spent_usd >= {limit}) EXECUTE FUNCTION see_used_up()"
        )


def ask_for_next(run: HeldRun, under_way: str | None) -> Any:
    """End the attempt that is under way, if one is, and begin the next: one step on a connection of its own."""
    step = {
        "finish": [answer(UUID(under_way), cost_usd=float(COST))] if under_way else [],
        "begin": [beginning("Phase 1" if under_way else "Phase 0")],
    }
    with psycopg.connect(run.database.url(Login.WORKER), autocommit=True) as connection:
        values = [run.organization_id, run.run_id, run.token, Jsonb(step)]
        found = connection.execute("SELECT api.advance_run(%s, %s, %s, %s)", values).fetchone()
    assert found is not None
    return found[0]
