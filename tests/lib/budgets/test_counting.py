"""What is spent of a budget is what the rows of usage say, whoever writes them, and whatever happens at once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.budgets.service import end_budget
from lib.errors import AlreadyTaken
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget, see_budget, spend
from tests.made_runs import answer, beginning, end_run, make_run, open_run
from tests.records import row, rows

#: Each period of each living budget, as it is counted and as the rows of usage have it.
COMPARED = """
    SELECT b.name, p.starts_at, p.spent_usd, p.unknown_calls,
           (SELECT coalesce(sum(u.cost_usd), 0) FROM api_usage u WHERE {0}) AS sum_of_rows,
           (SELECT count(*) FROM api_usage u WHERE u.cost_usd IS NULL AND u.provider IS NOT NULL AND {0}) AS unknown
      FROM budgets b JOIN budget_periods p ON p.budget_id = b.id WHERE b.ended_at IS NULL""".format("""
        u.organization_id = b.organization_id AND b.about_id IN (u.organization_id, u.project_id, u.user_id)
        AND api.budget_start(b.period, u.created_at) = p.starts_at""")


def compare(installation: Installation) -> list[dict[str, Any]]:
    """Each counter, which is the sum of the rows."""
    found = rows(installation, COMPARED)
    for each in found:
        assert each["spent_usd"] == each["sum_of_rows"], each
        assert each["unknown_calls"] == each["unknown"], each
    return found


def test_budget_of_each_scope_counts_what_is_about_it(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.max)
    made = {
        "all": make_budget(cast.alice),
        "ever": make_budget(cast.alice, name="Ever", period="total"),
        "project": make_budget(cast.alice, scope="project", project_id=project_id),
        "max": make_budget(cast.alice, scope="user", user_id=cast.max.user_id),
    }
    spend(database, cast.max, "0.5", project_id=project_id)
    spend(database, cast.max, "0.25")
    spend(database, cast.mona, "0.125", project_id=project_id)
    spend(database, cast.charlie, "7")
    spend(database, cast.mona, None)
    spend(database, cast.mona, None, provider=None, endpoint="artifact.write")
    spend(database, cast.mona, "0")
    spent = {name: see_budget(cast.alice, budget_id).spent_usd for name, budget_id in made.items()}
    assert spent == {
        "all": Decimal("0.875"),
        "ever": Decimal("0.875"),
        "project": Decimal("0.625"),
        "max": Decimal("0.75"),
    }
    assert see_budget(cast.alice, made["all"]).unknown_calls == 1
    compare(installation)


def test_budget_that_is_made_in_the_middle_of_a_month_begins_with_what_was_spent(
    installation: Installation, cast: Cast
) -> None:
    long_ago = datetime(2024, 2, 1, tzinfo=UTC)
    spend(installation.database, cast.max, "3", created_at=long_ago)
    spend(installation.database, cast.max, "0.5")
    month, ever = make_budget(cast.alice), make_budget(cast.alice, period="total")
    assert see_budget(cast.alice, month).spent_usd == Decimal("0.5")
    assert see_budget(cast.alice, ever).spent_usd == Decimal("3.5")
    spend(installation.database, cast.max, "9", created_at=long_ago)
    assert see_budget(cast.alice, month).spent_usd == Decimal("0.5"), "a month before the budget was made"
    assert see_budget(cast.alice, ever).spent_usd == Decimal("12.5")


def test_new_month_begins_with_nothing(installation: Installation, cast: Cast) -> None:
    budget_id = make_budget(cast.alice)
    spend(installation.database, cast.max, "0.5")
    back = "UPDATE budget_periods SET starts_at = starts_at - interval '1 month' RETURNING 1"
    rows(installation, back)
    assert see_budget(cast.alice, budget_id).spent_usd == 0
    spend(installation.database, cast.max, "0.25")
    assert see_budget(cast.alice, budget_id).spent_usd == Decimal("0.25")
    assert len(rows(installation, "SELECT 1 FROM budget_periods")) == 2


def test_run_and_a_tried_prompt_are_counted(installation: Installation, cast: Cast) -> None:
    database = installation.database
    budget_id = make_budget(cast.alice)
    run = make_run(database, cast.alice, project_id=make_project(database, cast.alice))
    end_run(database, cast.alice, run, cost_usd=0.125)
    assert see_budget(cast.alice, budget_id).spent_usd == Decimal("0.25")
    with doors.person(database, cast.alice) as connection:
        begun = connection.execute("SELECT api.begin_try('own-llm', 'small')").fetchone()
    assert begun is not None
    assert see_budget(cast.alice, budget_id).unknown_calls == 1, "nobody knows yet"
    with doors.person(database, cast.alice) as connection:
        connection.execute(
            "SELECT api.finish_try(%s, %s)", [begun[0], '{"endpoint": "x", "model": "small", "cost_usd": 0.5}']
        )
    seen = see_budget(cast.alice, budget_id)
    assert (seen.spent_usd, seen.unknown_calls) == (Decimal("0.75"), 0)
    compare(installation)


def test_attempt_of_unknown_price_is_counted_apart(installation: Installation, cast: Cast) -> None:
    database = installation.database
    budget_id = make_budget(cast.alice)
    run = make_run(database, cast.alice, project_id=make_project(database, cast.alice))
    held = open_run(database, cast.organization_a, run.id)
    held.advance(begin=[beginning("Phase 0")])
    held.advance(finish=[answer(run.phases["Phase 0"], cost_usd=None)])
    seen = see_budget(cast.alice, budget_id)
    assert (seen.spent_usd, seen.unknown_calls) == (0, 1)


_COSTS = st.one_of(st.none(), st.decimals("0", "3", places=6))
_WRITES = st.tuples(st.just("write"), st.sampled_from(["alice", "max"]), st.booleans(), _COSTS)
_STEPS = st.lists(
    st.one_of(
        _WRITES,
        _WRITES,
        st.tuples(st.just("correct"), st.integers(0, 20), _COSTS),
        st.tuples(
            st.just("make"), st.sampled_from(["organization", "project", "user"]), st.sampled_from(["month", "total"])
        ),
        st.tuples(st.just("end"), st.integers(0, 5)),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
def test_counter_is_the_sum_whatever_is_written_made_and_ended(
    installation: Installation, cast: Cast, steps: list[tuple[Any, ...]]
) -> None:
    database = installation.database
    rows(installation, "DELETE FROM budgets RETURNING 1")
    project_id = make_project(database, cast.alice)
    written, budgets = [], []
    for what, *with_what in steps:
        if what == "write":
            name, is_of_project, cost = with_what
            said = None if cost is None else str(cost)
            written.append(spend(database, getattr(cast, name), said, project_id=project_id if is_of_project else None))
        elif what == "correct" and written:
            which, cost = with_what
            statement = "UPDATE api_usage SET cost_usd = %s WHERE id = %s RETURNING 1"
            rows(installation, statement, cost, written[which % len(written)])
        elif what == "make":
            scope, period = with_what
            about = {"project": {"project_id": project_id}, "user": {"user_id": cast.max.user_id}}.get(scope, {})
            try:
                budgets.append(make_budget(cast.alice, "99", scope=scope, period=period, **about))
            except AlreadyTaken:
                continue
        elif what == "end" and budgets:
            end_budget(cast.alice, budgets.pop(with_what[0] % len(budgets)))
    compare(installation)


def test_counter_is_the_sum_however_many_write_while_budgets_are_made(installation: Installation, cast: Cast) -> None:
    """Twelve write at once, some rows in a transaction, while somebody makes budgets of all kinds and ends some."""
    database = installation.database
    projects = [make_project(database, cast.alice, name=f"Project {number}") for number in range(3)]

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(25):
            with doors.engine(database, cast.organization_a) as connection:
                for _ in range(chance.randint(1, 4)):
                    connection.execute(
                        "INSERT INTO api_usage (organization_id, user_id, project_id, cost_usd, endpoint, method, "
                        "provider) VALUES (%s, %s, %s, %s, 'x', 'POST', 'own-llm')",
                        [
                            cast.organization_a,
                            chance.choice([cast.alice, cast.max, cast.mona]).user_id,
                            # in one transaction always the same: each run has one project, and one person
                            projects[seed % 3],
                            chance.choice([None, Decimal("0.010001"), Decimal("0.2")]),
                        ],
                    )

    def make() -> None:
        for period in ("month", "total"):
            make_budget(cast.alice, "5", period=period)
            for project_id in projects:
                make_budget(cast.alice, "5", period=period, scope="project", project_id=project_id)
            gone = make_budget(cast.alice, "5", period=period, scope="user", user_id=cast.max.user_id)
            end_budget(cast.alice, gone)
            make_budget(cast.alice, "5", period=period, scope="user", user_id=cast.max.user_id)

    with ThreadPoolExecutor(13) as pool:
        under_way = [pool.submit(write, seed) for seed in range(12)]
        under_way.append(pool.submit(make))
        for each in under_way:
            each.result()
    assert len(compare(installation)) == 10
    told = row(
        installation, "SELECT count(*) AS all, count(DISTINCT (budget_id, threshold)) AS once FROM budget_alerts"
    )
    assert told["all"] == told["once"] > 0
