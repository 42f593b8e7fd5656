"""A hard budget lets nothing begin once it is used up: exact, whatever happens at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from lib import clock
from lib.budgets.service import end_raise, list_budgets, raise_budget
from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget, see_budget, spend
from tests.made_runs import HeldRun, answer, beginning, call_worker, make_run, open_run
from tests.records import row, rows

ATTEMPTS, AT_ONCE = 200, 40
COST, LIMIT = Decimal("0.07"), Decimal("1")


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
    """Forty workers begin and finish attempts of 200 runs.

    While a transaction holds the budget, it notes when an attempt begins (`started_at`) and when the budget is used up
    (a trigger of this test): so the two are in the order in which they are committed.
    """
    database = installation.database
    project_id = make_project(database, cast.alice)
    runs = [make_run(database, cast.alice, project_id=project_id) for _ in range(ATTEMPTS)]
    held = [open_run(database, cast.organization_a, run.id) for run in runs]
    budget_id = make_budget(cast.alice, str(LIMIT), is_hard=True)
    with doors.admin(database) as connection:
        connection.execute("UPDATE organizations SET api_quota_limit = NULL")
        connection.execute("CREATE TABLE seen_used_up (at timestamptz NOT NULL)")
        connection.execute(
            "CREATE FUNCTION see_used_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
            "$$ BEGIN INSERT INTO public.seen_used_up VALUES (clock_timestamp()); RETURN NULL; END $$"
        )
        connection.execute(
            "CREATE TRIGGER see AFTER INSERT OR UPDATE ON budget_periods FOR EACH ROW "
            f"WHEN (NEW.spent_usd >= {LIMIT}) EXECUTE FUNCTION see_used_up()"
        )

    def work(some: list[HeldRun]) -> int:
        begun = 0
        with psycopg.connect(database.url(Login.WORKER), autocommit=True) as connection:
            for run in some:
                step = [run.organization_id, run.run_id, run.token]
                call = "SELECT api.advance_run(%s, %s, %s, %s)"
                begin = psycopg.types.json.Jsonb({"begin": [beginning("Phase 0")]})
                found = connection.execute(call, [*step, begin]).fetchone()
                assert found is not None
                for attempt in found[0]["begun"]:
                    begun += 1
                    finish = psycopg.types.json.Jsonb({"finish": [answer(attempt["id"], cost_usd=float(COST))]})
                    connection.execute(call, [*step, finish])
        return begun

    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = sum(pool.map(work, [held[number::AT_ONCE] for number in range(AT_ONCE)]))
    seen = see_budget(cast.alice, budget_id)
    assert seen.spent_usd == COST * begun
    assert seen.is_used_up
    assert begun < LIMIT / COST + AT_ONCE, "each worker had at most one under way"
    late = rows(
        installation,
        "SELECT 1 FROM phase_executions WHERE started_at >= (SELECT min(at) FROM seen_used_up)",
    )
    assert late == []
    assert [each.id for each in list_budgets(cast.alice)] == [budget_id]
