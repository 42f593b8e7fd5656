"""Real workers remove what is too old: one that is killed in the middle leaves nothing half done, and others go on."""

import pytest

from lib.audit.sealing import verify_organization
from lib.audit.views import Verification
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import make_many, seal, write_entries
from tests.made_retention import midnight, removals, set_retention, write_runs
from tests.made_usage import make_calls
from tests.records import row, rows
from tests.workers import Workers, until

pytestmark = pytest.mark.slow

_AT_WORK = (
    "SELECT 1 FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'orchestrator-chores' AND state <> 'idle'"
)
_LEFT = "SELECT (SELECT count(*) FROM orchestration_runs) AS runs, (SELECT count(*) FROM phase_executions) AS phases"
RUNS, CALLS, STRETCHES = 1100, 12_000, 20


def test_worker_that_is_killed_in_the_middle_is_gone_on_for(
    installation: Installation, workers: Workers, cast: Cast
) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice)
    write_runs(database, cast.alice, [{"completed_at": midnight(40)} for _ in range(RUNS)], project_id=project_id)
    make_calls(database, cast.organization_a, [{"created_at": midnight(70)} for _ in range(CALLS)])
    set_retention(database, cast.organization_a, run_days=30, usage_days=30)
    for turn in range(3):
        before = row(installation, _LEFT)["runs"]
        workers.start(f"first-{turn}")
        until(lambda: row(installation, _LEFT)["runs"] < before)  # noqa: B023 - it is asked within this turn
        _kill(installation, workers, f"first-{turn}")
        left = row(installation, _LEFT)
        assert left["runs"] == left["phases"], "whole runs"
        gone = row(installation, "SELECT removed FROM retention_progress WHERE kind = 'runs'")["removed"]
        assert gone["runs"] == RUNS - left["runs"], "and what is counted is what went"
        if not left["runs"]:
            break
    assert turn > 0 or left["runs"], "it was killed in the middle"
    for name in ("second", "third"):
        workers.start(name)
    open_ones = "SELECT 1 FROM retention_progress WHERE ended_at IS NULL"
    until(lambda: rows(installation, "SELECT 1 FROM retention_progress") != [] and rows(installation, open_ones) == [])
    until(lambda: len(removals(installation)) == 2)
    assert row(installation, _LEFT) == {"runs": 0, "phases": 0}
    told = {each["kind"]: each for each in removals(installation)}
    assert (told["runs"]["runs"], told["usage"]["calls"]) == (RUNS, CALLS)


@pytest.mark.timeout(600)
def test_worker_that_is_killed_while_it_removes_the_trail_leaves_it_whole(
    installation: Installation, workers: Workers, cast: Cast
) -> None:
    database = installation.database
    for days in range(90, 90 - STRETCHES, -1):
        make_many(database, cast.alice, count=3000, days_ago=days)
        assert seal(database, hours_ago=24 * days - 1) == 1
    set_retention(database, cast.organization_a, audit_days=30)
    left = f"SELECT count(*) AS n FROM audit_logs WHERE id < api.first_id(now() - interval '{80 - STRETCHES} days')"
    before = row(installation, left)["n"]
    assert before == STRETCHES * 3000
    for turn in range(2):
        workers.start(f"first-{turn}")
        until(lambda: row(installation, left)["n"] < before, seconds=120)  # noqa: B023 - it is asked within this turn
        _kill(installation, workers, f"first-{turn}")
        before = row(installation, left)["n"]
        done = _verify(cast)
        assert (done.fault_count, done.removed_rows) == (0, STRETCHES * 3000 - before), (
            "whole seals, and each is marked"
        )
        assert sum(each["entries"] for each in removals(installation)) == done.removed_rows
    assert before, "it was killed in the middle"
    workers.start("second")
    until(lambda: row(installation, left)["n"] == 0, seconds=120)
    ended = "SELECT ended_at FROM retention_progress WHERE kind = 'audit'"
    until(lambda: row(installation, ended)["ended_at"], seconds=120)
    assert sum(each["entries"] for each in removals(installation)) == STRETCHES * 3000
    assert (_verify(cast).fault_count, _verify(cast).removed_seals) == (0, STRETCHES)


def _kill(installation: Installation, workers: Workers, name: str) -> None:
    """Kill the only one, and wait for the statement that PostgreSQL was in for it: that is finished without it."""
    workers.kill(name)
    until(lambda: rows(installation, _AT_WORK) == [])


def _verify(cast: Cast) -> Verification:
    state = verify_organization(cast.organization_a)
    while not state.is_done:
        state = verify_organization(cast.organization_a, state)
    return state


def test_worker_removes_by_itself_what_of_the_trail_is_older_than_it_is_kept(
    installation: Installation, workers: Workers, cast: Cast
) -> None:
    database = installation.database
    old = write_entries(database, cast.alice, count=3, hours_ago=24 * 90)
    assert seal(database, hours_ago=24 * 89) == 1
    young = write_entries(database, cast.alice, count=2, hours_ago=24 * 10)
    assert seal(database, hours_ago=24 * 9) == 1
    set_retention(database, cast.organization_a, audit_days=60)
    workers.start("remover")
    until(lambda: len(removals(installation)) == 1)
    left = {each["id"] for each in rows(installation, "SELECT id FROM audit_logs")}
    assert not left & {*old}
    assert left >= {*young}
    (told,) = removals(installation)
    assert (told["kind"], told["entries"], told["of"]) == ("audit", 3, cast.organization_a)
    assert verify_organization(cast.organization_a).fault_count == 0
