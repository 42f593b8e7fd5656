"""Exactly what is older than it is kept goes, and nothing else, by plain SQL over what was there before."""

import random
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from lib import clock
from lib.db import session
from lib.db.logins import Login
from lib.organizations.service import change_organization, get_organization
from lib.usage.periods import Period, today_in
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.lib.usage.test_sums import ZONES, compare, make_up, reading_as
from tests.made_budgets import make_budget, see_budget
from tests.made_retention import (
    make_hold,
    release_hold,
    remove_all,
    remove_batch,
    set_retention,
    settle_retention,
    tomorrow,
    write_runs,
)
from tests.made_usage import make_calls, roll_up
from tests.records import row, rows
from tests.workers import until

_ENDED = ("completed", "failed", "cancelled")
_MICROSECOND = timedelta(microseconds=1)


def midnight(days_ago: float = 0) -> datetime:
    """By UTC, as the cut-off is."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


def ids(installation: Installation, table: str) -> set[UUID]:
    return {found["id"] for found in rows(installation, f"SELECT id FROM {table}")}


def removals(installation: Installation) -> list[dict[str, Any]]:
    found = rows(
        installation,
        "SELECT organization_id, new_values FROM audit_logs WHERE action = 'retention.remove' ORDER BY id",
    )
    return [each["new_values"] | {"of": each["organization_id"]} for each in found]


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


@pytest.mark.parametrize("seed", range(2))
def test_sums_of_usage_are_those_of_the_rows_at_every_moment(installation: Installation, cast: Cast, seed: int) -> None:
    chance, database = random.Random(seed), installation.database
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
            for zone in ZONES:
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


def test_each_kind_is_done_once_a_day(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    set_retention(database, cast.organization_a, run_days=30)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)}] * 2, project_id=project_id)
    remove_all(database)
    late = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    assert remove_batch(database) is None
    assert ids(installation, "orchestration_runs") == {*late}
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()
    assert [each["runs"] for each in removals(installation)] == [2, 1]
    tomorrow(database)
    remove_all(database)
    assert len(removals(installation)) == 2, "where nothing goes, nothing is told"


def test_what_is_set_or_shortened_waits_for_a_day(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    old, older = write_runs(
        database, cast.alice, [{"completed_at": midnight(40)}, {"completed_at": midnight(90)}], project_id=project_id
    )
    settle_retention(database, cast.organization_a, run_days=60)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old, older}
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old}
    settle_retention(database, cast.organization_a, run_days=30)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old}
    settle_retention(database, cast.organization_a)  # they have thought again
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == {old}
    settle_retention(database, cast.organization_a, run_days=30)
    remove_all(database)
    tomorrow(database)
    settle_retention(database, cast.organization_a, run_days=35)  # longer ones don't have to wait
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def let_go_by(installation: Installation, hours: float) -> None:
    """Hours of waiting, and a midnight by UTC with them, as they do where it is set a minute before it."""
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE retention_progress SET day = (now() AT TIME ZONE 'UTC')::date - 1, "
            "waits_until = waits_until - make_interval(secs => %s)",
            [hours * 3600],
        )


@pytest.mark.parametrize("before", [None, 60])
def test_shorter_retention_waits_for_24_hours_whatever_the_hour(
    installation: Installation, cast: Cast, before: int | None
) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=before)
    project_id = make_project(database, cast.alice)
    old = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    settle_retention(database, cast.organization_a, run_days=30)
    assert remove_batch(database) is None
    let_go_by(installation, 23.99)
    assert remove_batch(database) is None, "a midnight has gone by, and not 24 hours"
    assert ids(installation, "orchestration_runs") == {*old}
    let_go_by(installation, 0.01)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_what_was_taken_back_and_shortened_again_waits_anew_though_no_worker_saw_it(
    installation: Installation, cast: Cast
) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    old = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    settle_retention(database, cast.organization_a, run_days=30)
    assert remove_batch(database) is None
    let_go_by(installation, 20)
    settle_retention(database, cast.organization_a)
    settle_retention(database, cast.organization_a, run_days=30)
    let_go_by(installation, 20)
    assert remove_batch(database) is None
    assert ids(installation, "orchestration_runs") == {*old}
    let_go_by(installation, 4)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_removal_that_is_under_way_waits_once_it_is_shortened(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(90)} for _ in range(5)], project_id=project_id)
    (younger,) = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    set_retention(database, cast.organization_a, run_days=60)
    remove_batch(database)
    settle_retention(database, cast.organization_a, run_days=30)
    let_go_by(installation, 0)
    assert remove_batch(database) is None
    left = ids(installation, "orchestration_runs")
    assert younger in left
    assert len(left) == 3
    assert [each["runs"] for each in removals(installation)] == [3]
    let_go_by(installation, 24)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_days_that_nobody_has_noted_yet_wait_as_well(installation: Installation, cast: Cast) -> None:
    """As those of an organization that had them before workers heeded them."""
    database = installation.database
    project_id = make_project(database, cast.alice)
    old = write_runs(database, cast.alice, [{"completed_at": midnight(40)}], project_id=project_id)
    settle_retention(database, cast.organization_a, run_days=30)
    with doors.admin(database) as connection:
        connection.execute("DELETE FROM retention_progress")
    assert remove_batch(database) is None
    let_go_by(installation, 23.9)
    assert remove_batch(database) is None
    assert ids(installation, "orchestration_runs") == {*old}
    let_go_by(installation, 0.1)
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()


def test_whoever_shortens_it_waits_for_a_batch_under_way(installation: Installation, cast: Cast) -> None:
    """So that none begins by the new days that has not seen how long they wait."""
    database = installation.database
    set_retention(database, cast.organization_a, run_days=60)
    with doors.admin(database) as worker:
        worker.execute("SELECT api.remove_expired(3, 7)")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            shorten_at_once(installation, cast)
    shorten_at_once(installation, cast)


def test_batch_and_whoever_shortens_it_do_not_wait_for_each_other(
    installation: Installation, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch ends with an entry of the trail, which refers to the organization that is being changed."""
    monkeypatch.setattr(session, "LOCK_TIMEOUT_MS", 60_000)  # on a slow machine a person waits longer for all batches
    session.dispose()
    database = installation.database
    set_retention(database, cast.organization_a, run_days=60)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(90)} for _ in range(5)], project_id=project_id)
    seen = get_organization(cast.alice).values
    failures: list[Exception] = []

    def shorten() -> None:
        try:
            change_organization(cast.alice, {"retention.run_days": 30}, seen=seen)
        except Exception as error:
            failures.append(error)

    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with doors.admin(database) as worker:
        worker.execute("SELECT 1 FROM retention_progress FOR UPDATE")  # as the batch begins
        thread = threading.Thread(target=shorten)
        thread.start()
        until(lambda: row(installation, waiting)["count"] > 0)
        while worker.execute("SELECT api.remove_expired(3, 7)").fetchone() != (None,):
            pass
    thread.join()
    monkeypatch.undo()
    session.dispose()
    assert failures == []
    assert [each["runs"] for each in removals(installation)] == [5]
    assert get_organization(cast.alice).values["retention.run_days"] == 30
    assert remove_batch(database) is None


def shorten_at_once(installation: Installation, cast: Cast) -> None:
    """Without waiting for anybody."""
    with doors.admin(installation.database) as connection:
        connection.execute("SET LOCAL lock_timeout = '200ms'")
        connection.execute(
            'UPDATE organizations SET settings = settings || \'{"retention": {"run_days": 30}}\' WHERE id = %s',
            [cast.organization_a],
        )


def test_what_was_not_ended_on_its_day_is_told_of_and_goes_on(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=30)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(5)], project_id=project_id)
    assert remove_batch(database) == 6, "three runs with a phase each"
    tomorrow(database)
    remove_all(database)
    assert [each["runs"] for each in removals(installation)] == [3, 2]


def test_setting_that_is_taken_away_in_the_middle_ends_it(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=30)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(5)], project_id=project_id)
    remove_batch(database)
    set_retention(database, cast.organization_a)
    remove_all(database)
    assert len(ids(installation, "orchestration_runs")) == 2
    assert [each["runs"] for each in removals(installation)] == [3]


def test_hold_that_is_placed_in_the_middle_keeps_what_is_left(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_a, run_days=30, usage_days=30)
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(5)], project_id=project_id)
    make_calls(database, cast.organization_a, [{"created_at": midnight(90)}])
    remove_batch(database)
    hold_id = make_hold(database, cast.alice)
    remove_all(database)
    assert len(ids(installation, "orchestration_runs")) == 2
    assert len(ids(installation, "api_usage")) == 1
    release_hold(database, cast.alice, hold_id)
    tomorrow(database)
    remove_all(database)
    assert ids(installation, "orchestration_runs") | ids(installation, "api_usage") == set()


def test_two_workers_at_once_remove_everything_once(installation: Installation, cast: Cast) -> None:
    database = installation.database
    for actor in (cast.alice, cast.charlie):
        set_retention(database, actor.organization_id, run_days=30, usage_days=30)
        project_id = make_project(database, actor)
        write_runs(database, actor, [{"completed_at": midnight(40)} for _ in range(40)], project_id=project_id)
        make_calls(database, actor.organization_id, [{"created_at": midnight(70)} for _ in range(50)])
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(200):
                remove_batch(database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ids(installation, "orchestration_runs") | ids(installation, "api_usage") == set()
    told = sorted(
        (str(each["of"]), each["kind"], each.get("runs"), each.get("calls")) for each in removals(installation)
    )
    assert told == sorted(
        (str(organization), *rest)
        for organization in (cast.organization_a, cast.organization_b)
        for rest in (("runs", 40, None), ("usage", None, 50))
    )
    assert rows(installation, "SELECT 1 FROM retention_progress WHERE ended_at IS NULL OR failed_at IS NOT NULL") == []


def test_what_can_t_be_removed_is_told_of_and_keeps_nobody_elses(installation: Installation, cast: Cast) -> None:
    database = installation.database
    for actor in (cast.alice, cast.charlie):
        set_retention(database, actor.organization_id, run_days=30)
        write_runs(database, actor, [{"completed_at": midnight(40)}], project_id=make_project(database, actor))
    with doors.admin(database) as connection:
        connection.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF OLD.organization_id = '{cast.organization_a}' THEN RAISE 'a disk is sick'; END IF; RETURN OLD; END $$"
        )
        connection.execute(
            "CREATE TRIGGER broken BEFORE DELETE ON orchestration_runs FOR EACH ROW EXECUTE FUNCTION broken()"
        )
    remove_all(database)
    left = rows(installation, "SELECT organization_id FROM orchestration_runs")
    assert [each["organization_id"] for each in left] == [cast.organization_a]
    assert row(installation, "SELECT failure FROM retention_progress WHERE failed_at IS NOT NULL") == {
        "failure": "a disk is sick"
    }
    with doors.admin(database) as connection:
        connection.execute("DROP TRIGGER broken ON orchestration_runs")
        connection.execute("UPDATE retention_progress SET failed_at = failed_at - interval '61 minutes'")
    remove_all(database)
    assert ids(installation, "orchestration_runs") == set()
    assert rows(installation, "SELECT 1 FROM retention_progress WHERE failed_at IS NOT NULL") == []


def test_setting_that_is_no_number_keeps_everything_and_stops_nobody(installation: Installation, cast: Cast) -> None:
    database = installation.database
    set_retention(database, cast.organization_b, run_days=30)
    for actor in (cast.alice, cast.charlie):
        write_runs(database, actor, [{"completed_at": midnight(40)}], project_id=make_project(database, actor))
    with doors.admin(database) as connection:
        connection.execute(
            """UPDATE organizations SET settings = '{"retention": {"run_days": "soon"}}' WHERE id = %s""",
            [cast.organization_a],
        )
    remove_all(database)
    left = rows(installation, "SELECT organization_id FROM orchestration_runs")
    assert [each["organization_id"] for each in left] == [cast.organization_a]
