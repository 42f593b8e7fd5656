"""A worker's turn where clocks change, where times can't be read, and where the run before stands still for long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import psycopg
import pytest

from lib.db.logins import Login
from lib.models.schedule import CatchUp, Overlap
from lib.runs.launch import LaunchRequest
from lib.schedules.firing import LOOK_AGAIN_SECONDS, SELDOM_SECONDS, DueSchedule
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_schedules import claim, make_due, schedule, settle, stored, take_turn
from tests.records import row, rows
from tests.workers import until

#: On 27 October 2024 clocks go from 3:00 back to 2:00, which is 1:00 UTC.
NIGHT: Final = datetime(2024, 10, 27, tzinfo=UTC)
RUNS: Final = "SELECT status FROM orchestration_runs WHERE schedule_id IS NOT NULL ORDER BY created_at"


def _set(installation: Installation, schedule_id: UUID, cron: str, due_at: datetime) -> None:
    """As if it had been made long ago."""
    change = "UPDATE schedules SET cron = %s, time_zone = 'Europe/Berlin', next_run_at = %s WHERE id = %s"
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute(change, [cron, due_at, schedule_id])


def _claim(installation: Installation) -> DueSchedule:
    due = claim(installation)
    assert due is not None
    return due


def _change(installation: Installation, statement: str, *values: object) -> None:
    with psycopg.connect(installation.database.admin_url) as connection:
        connection.execute("SET session_replication_role = replica")
        assert connection.execute(statement.encode(), values).rowcount == 1


@pytest.mark.parametrize(
    ("catch_up", "overlap"), [(CatchUp.LATEST, Overlap.CANCEL_PREVIOUS), (CatchUp.ALL, Overlap.SKIP)]
)
def test_time_that_comes_late_in_the_hour_that_is_there_twice_is_launched_once(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, catch_up: CatchUp, overlap: Overlap
) -> None:
    schedule_id = schedule(cast.max, request_of_max, catch_up=catch_up, overlap=overlap)
    _set(installation, schedule_id, "30 2 * * *", NIGHT + timedelta(minutes=30))
    settle(installation, replace(_claim(installation), asked_at=NIGHT + timedelta(minutes=70)))
    after = stored(installation, schedule_id)
    assert (after["last_result"], after["next_run_at"]) == ("launched", NIGHT + timedelta(hours=25, minutes=30))
    assert len(rows(installation, RUNS)) == 1


def test_every_hour_is_launched_in_the_weeks_before_clocks_are_set_back(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.CANCEL_PREVIOUS)
    for day in range(0, 26, 5):
        due_at = NIGHT - timedelta(days=day)
        _set(installation, schedule_id, "0 * * * *", due_at)
        settle(installation, replace(_claim(installation), asked_at=due_at))
        after = stored(installation, schedule_id)
        assert (after["last_result"], after["is_active"]) == ("launched", True), after["last_message"]
        assert after["next_run_at"] == due_at + timedelta(hours=1)


def test_database_goes_on_to_nothing_but_a_later_time(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    """Whatever a worker of another version works out."""
    schedule_id = schedule(cast.max, request_of_max)
    _set(installation, schedule_id, "30 2 * * *", NIGHT)
    due = _claim(installation)
    statement = "SELECT api.settle_schedule(%s, %s, %s, %s, NULL, false, 0)"
    later, earlier = NIGHT + timedelta(days=1), NIGHT - timedelta(minutes=30)
    wrong = [(result, at) for result in ("skipped", "missed", "refused") for at in (NIGHT, earlier)]
    with psycopg.connect(installation.database.url(Login.WORKER), autocommit=True) as connection:
        for result, next_at in [*wrong, ("waiting", later), ("waiting", None)]:
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                connection.execute(statement, [schedule_id, due.due_at, next_at, result])
    assert stored(installation, schedule_id)["next_run_at"] == NIGHT


def test_launch_that_would_leave_its_time_due_is_undone(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lib.schedules import firing
    from lib.schedules.due import Turn

    schedule_id = schedule(cast.max, request_of_max)
    _set(installation, schedule_id, "30 2 * * *", NIGHT)
    due = _claim(installation)
    monkeypatch.setattr(firing, "take_turn", lambda *_, **__: Turn(due.due_at))
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        settle(installation, due)
    assert rows(installation, RUNS) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("cron = 'nonsense'", "“nonsense” can't be read"),
        ("time_zone = 'Europe/Atlantis'", "“Europe/Atlantis” is no time zone"),
        ("time_zone = 'Europe'", "“Europe” is no time zone"),
    ],
)
def test_times_that_can_not_be_read_stop_it_and_its_person_is_told(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, change: str, words: str
) -> None:
    """As by SQL, or for tables of time zones that know one less."""
    schedule_id = schedule(cast.max, request_of_max)
    _change(installation, f"UPDATE schedules SET {change} WHERE id = %s", schedule_id)
    for count in (1, 2, 3):
        after = take_turn(installation, schedule_id)
        assert (after["last_result"], after["refusals"], after["is_active"]) == ("refused", count, count < 3)
        assert words in after["last_message"]
        assert timedelta(minutes=59) < after["next_run_at"] - after["last_result_at"] < timedelta(minutes=61)
    assert row(installation, "SELECT kind FROM mail_outbox") == {"kind": "schedule_stopped_notice"}


def test_who_waits_for_long_looks_seldom(installation: Installation, cast: Cast, request_of_max: LaunchRequest) -> None:
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.QUEUE)
    take_turn(installation, schedule_id)
    first = take_turn(installation, schedule_id)
    assert first["claimed_until"] - first["last_result_at"] == timedelta(seconds=LOOK_AGAIN_SECONDS)
    wait = (
        "UPDATE schedules SET last_result_at = now() - %s, next_run_at = now() - interval '5 weeks', "
        "claimed_until = NULL WHERE id = %s"
    )
    for waited, seconds in ((1, LOOK_AGAIN_SECONDS), (600, 60), (3000, 300), (86400 * 21, SELDOM_SECONDS)):
        _change(installation, wait, timedelta(seconds=waited), schedule_id)
        due = _claim(installation)
        settle(installation, due)
        after = stored(installation, schedule_id)
        assert (after["last_result"], after["last_result_at"]) == ("waiting", due.waiting_since)  # since when
        looks_at = after["claimed_until"] - due.asked_at
        assert timedelta(seconds=seconds) <= looks_at < timedelta(seconds=seconds + 10)


def test_time_after_the_one_that_waited_has_not_waited(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    """Somebody edits it meanwhile: the time that comes next can be missed like any other."""
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.QUEUE)
    take_turn(installation, schedule_id)
    assert take_turn(installation, schedule_id)["last_result"] == "waiting"
    change = "last_result_at = now() - interval '9 hours', claimed_until = NULL, catch_up = 'none'"
    _change(installation, f"UPDATE schedules SET {change} WHERE id = %s", schedule_id)
    _set(installation, schedule_id, "0 0 1 1 *", datetime.now(UTC) - timedelta(hours=1))
    settle(installation, _claim(installation))
    assert stored(installation, schedule_id)["last_result"] == "missed"


@pytest.mark.parametrize(("overlap", "result"), [(Overlap.SKIP, "skipped"), (Overlap.QUEUE, "waiting")])
def test_run_before_that_stands_still_is_told_of(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, overlap: Overlap, result: str
) -> None:
    schedule_id = schedule(cast.max, request_of_max, overlap=overlap)
    run_id = take_turn(installation, schedule_id)["last_run_id"]
    said = {"queued": "the run before ha", "paused": "is paused", "waiting_review": "waits for somebody's word"}
    for status, words in said.items():
        _change(installation, "UPDATE orchestration_runs SET status = %s WHERE id = %s", status, run_id)
        after = take_turn(installation, schedule_id)
        assert after["last_result"] == result
        assert words in after["last_message"].lower()


def _meet(installation: Installation, organization_id: UUID, run_id: UUID, due: DueSchedule) -> bool:
    """Let a run end while a launch cancels it; whether the launch gave way.

    PostgreSQL looks for a deadlock once, a second after a wait began: where the test was not there by then, the end of
    the run gives way.
    """
    with psycopg.connect(installation.database.admin_url) as ending:
        ending.execute("SELECT 1 FROM orchestration_runs WHERE id = %s FOR UPDATE", [run_id])
        with attempt(lambda: settle(installation, due)):
            until(lambda: is_waiting(installation))
            try:
                ending.execute("SELECT 1 FROM organizations WHERE id = %s FOR UPDATE", [organization_id])
            except psycopg.errors.DeadlockDetected:
                return False
            finally:
                ending.rollback()
    return True


def test_launch_that_gets_into_the_way_of_the_run_before_stays_due(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest
) -> None:
    """A run that ends holds itself and then its organization; a launch that cancels it asks for both the other way."""
    schedule_id = schedule(cast.max, request_of_max, overlap=Overlap.CANCEL_PREVIOUS)
    run_id = take_turn(installation, schedule_id)["last_run_id"]
    make_due(installation, schedule_id)
    due = _claim(installation)
    while not _meet(installation, cast.organization_a, run_id, due):
        run_id = stored(installation, schedule_id)["last_run_id"]
        make_due(installation, schedule_id)
        due = _claim(installation)
    after = stored(installation, schedule_id)
    assert (after["last_run_id"], after["next_run_at"]) == (run_id, due.due_at), after["last_message"]
    assert take_turn(installation, schedule_id)["last_run_id"] != run_id
