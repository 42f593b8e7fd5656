"""Exactly what is older than it is kept goes, and nothing else, by plain SQL over what was there before."""

import random
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lib import clock
from lib.db.logins import Login
from lib.usage.periods import Period, today_in
from tests import doors
from tests.cast import Cast
from tests.checked_usage import compare, reading_as
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_budgets import make_budget, see_budget
from tests.made_retention import (
    ids,
    make_hold,
    midnight,
    removals,
    remove_all,
    remove_batch,
    set_retention,
    tomorrow,
    write_runs,
)
from tests.made_usage import make_calls, make_up, roll_up
from tests.raw_usage import ZONES
from tests.records import row, rows

_ENDED = ("completed", "failed", "cancelled")
_MICROSECOND = timedelta(microseconds=1)


def goes(run: Mapping[str, Any], all_runs: list[dict[str, Any]], cut: datetime, held: set[UUID]) -> bool:
    """The rule, said once more: it is old, nothing holds it, and that is so of all that goes on from it."""
    is_old = run["status"] in _ENDED and run["completed_at"] < cut and run["project_id"] not in held
    return is_old and all(goes(each, all_runs, cut, held) for each in all_runs if each["parent_run_id"] == run["id"])


@pytest.mark.parametrize("seed", range(4))
def test_runs_go_that_are_older_with_all_that_goes_on_from_them(
    installation: Installation, cast: Cast, seed: int
) -> None:
    chance, database = random.Random(seed), installation.database
    projects = [make_project(database, cast.alice, name=f"P{number}") for number in range(3)]
    cut = midnight(30)
    moments = [cut, cut - _MICROSECOND, cut + _MICROSECOND, cut - timedelta(days=200), clock.now()]
    made: list[dict[str, Any]] = []
    for _ in range(40):
        parent = chance.choice([None, None, *made[-6:]])
        status = chance.choice([*_ENDED, "completed", "completed", "running", "paused"])
        made.append(
            {
                "id": uuid4(),
                "status": status,
                "completed_at": chance.choice(moments) if status in _ENDED else None,
                "project_id": chance.choice(projects),
                "parent_run_id": parent and parent["id"],
            }
        )
    write_runs(database, cast.alice, made)
    theirs = write_runs(
        database, cast.charlie, [{"completed_at": moments[3]}], project_id=make_project(database, cast.charlie)
    )
    make_hold(database, cast.alice, project_id=projects[0])
    set_retention(database, cast.organization_a, run_days=30)
    expected = {run["id"] for run in made if not goes(run, made, cut, {projects[0]})}
    assert 5 < len(expected) < 40
    remove_all(database)
    assert ids(installation, "orchestration_runs") == expected | {*theirs}
    gone = len(made) - len(expected)
    assert [(each["of"], each["kind"], each["runs"], each["phases"]) for each in removals(installation)] == [
        (cast.organization_a, "runs", gone, gone)
    ]
    assert datetime.fromisoformat(removals(installation)[0]["before"]) == cut


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Apia"])
def test_cut_off_is_a_midnight_by_utc_whatever_the_session_and_its_summer_time(
    installation: Installation, zone: str
) -> None:
    with doors.login(installation.database, Login.OWNER) as connection:
        connection.execute(f"SET LOCAL timezone = '{zone}'".encode())
        found = [
            row[0].astimezone(UTC)
            for row in connection.execute(
                "SELECT api.cut_off('runs', days) FROM unnest(%s::int[]) days", [[1, 31, 400]]
            )
        ]
        usage = connection.execute("SELECT api.cut_off('usage', 1), api.cut_off('usage', NULL)").fetchone()
    assert found == [midnight(1), midnight(31), midnight(400)]
    assert usage is not None
    assert usage[0] == min(midnight(1), midnight().replace(day=1)), "never anything of the present month"
    assert usage[1] is None


def test_what_is_not_set_is_kept_for_ever(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(5000)}], project_id=project_id)
    make_calls(database, cast.organization_a, [{"created_at": midnight(5000)}])
    assert remove_batch(database) is None
    assert len(ids(installation, "orchestration_runs")) == 1
    assert rows(installation, "SELECT 1 FROM retention_progress") == []


def test_calls_go_that_are_older_and_their_sums_with_them(installation: Installation, cast: Cast) -> None:
    """What is read between any other steps: tests/lib/usage/test_sums_at_any_moment.py."""
    chance, database = random.Random(0), installation.database
    projects = [make_project(database, cast.alice, name=f"P{number}") for number in range(3)]
    cut = midnight(40)
    calls = [make_up(chance, projects, [cast.alice.user_id], days=1) for _ in range(60)]
    for call in calls:  # many in the same hours, around the cut-off
        call["created_at"] = cut + timedelta(hours=chance.randint(-30, 8), minutes=chance.randint(0, 59))
    calls += [make_up(chance, projects, [], days=1) | {"created_at": cut - _MICROSECOND, "project_id": None}]
    calls += [make_up(chance, projects, [], days=1) | {"created_at": cut}]
    make_calls(database, cast.organization_a, calls)
    make_calls(database, cast.organization_b, [{"created_at": cut - timedelta(days=9)}])
    make_hold(database, cast.alice, project_id=projects[0])
    expected = ids(installation, "api_usage") - {
        found["id"]
        for found in rows(
            installation,
            "SELECT id FROM api_usage "
            "WHERE organization_id = %s AND created_at < %s AND project_id IS DISTINCT FROM %s",
            cast.organization_a,
            cut,
            projects[0],
        )
    }
    roll_up(database)
    set_retention(database, cast.organization_a, usage_days=40)
    batches = 0
    while remove_batch(database) is not None:
        batches += 1
        with reading_as(cast) as session:
            zone = chance.choice(ZONES)
            today = today_in(zone)
            compare(session, cast, Period(today - timedelta(days=44), today - timedelta(days=36), zone))
        if chance.random() < 0.3:
            roll_up(database)
    assert batches > 3
    assert ids(installation, "api_usage") == expected
    roll_up(database)
    with reading_as(cast) as session:
        compare(session, cast, Period(cut.date() - timedelta(days=3), cut.date() + timedelta(days=2), "UTC"))
    summed = row(installation, "SELECT sum(calls) AS calls FROM usage_hourly WHERE cut = 'none'")
    left = row(installation, "SELECT count(*) AS calls FROM api_usage")
    assert summed == left
    assert rows(installation, "SELECT 1 FROM usage_daily WHERE calls = 0") == []


def test_sums_hold_beside_workers_that_sum_up_and_who_writes_late(installation: Installation, cast: Cast) -> None:
    chance, database, ends = random.Random(7), installation.database, threading.Event()
    projects, cut, failures = [make_project(database, cast.alice)], midnight(40), []

    def late() -> dict[str, Any]:
        hours = timedelta(hours=chance.randint(-60, 8), minutes=chance.randint(0, 59))
        return make_up(chance, projects, [cast.max.user_id], days=1) | {"created_at": cut + hours}

    make_calls(database, cast.organization_a, [late() for _ in range(400)])
    roll_up(database)
    set_retention(database, cast.organization_a, usage_days=40)

    def repeat(act: Callable[[], object]) -> None:
        try:
            while not ends.is_set():
                act()
        except Exception as error:
            failures.append(error)

    acts: list[Callable[[], object]] = [
        lambda: roll_up(database),
        lambda: remove_batch(database, rows=5) or tomorrow(database),
        lambda: make_calls(database, cast.organization_a, [late()]),
    ]
    threads = [threading.Thread(target=repeat, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    seen = []
    try:
        for _ in range(15):
            with reading_as(cast) as session:
                seen.append(compare(session, cast, Period(cut.date() - timedelta(days=4), cut.date(), "UTC")))
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert len(set(seen)) > 3, "it went on while they were read"
    remove_all(database)
    roll_up(database)
    with reading_as(cast) as session:
        compare(session, cast, Period(cut.date() - timedelta(days=4), cut.date() + timedelta(days=1), "UTC"))


def test_budgets_forget_nothing_of_what_was_spent(installation: Installation, cast: Cast) -> None:
    database = installation.database
    total = make_budget(cast.alice, "100", name="All time", period="total")
    month = make_budget(cast.alice, "100", name="Month")
    make_calls(
        database,
        cast.organization_a,
        [{"created_at": midnight(80), "cost_usd": 3}, {"created_at": clock.now(), "cost_usd": 2}],
    )
    before = [see_budget(cast.alice, each).spent_usd for each in (total, month)]
    assert before[0] >= 5
    set_retention(database, cast.organization_a, usage_days=30)
    remove_all(database)
    assert row(installation, "SELECT count(*) AS n FROM api_usage")["n"] == 1
    assert [see_budget(cast.alice, each).spent_usd for each in (total, month)] == before
