"""Who of an organization's runs is in the queue, and who waits for their turn."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest

from lib.db.logins import Login
from lib.errors import Conflict, NotFound, NotPermitted
from lib.maintenance.upgrade import install_limit
from lib.models.organization import Tier
from lib.models.project import Priority
from lib.models.run import RunPriority
from lib.organizations.operator import CommandLine, change_tier
from lib.organizations.tiers import ALLOWANCES
from lib.runs.launch import LaunchRequest, launch_run
from lib.runs.service import cancel_run, get_overview, list_runs, resume_run, watch_run
from lib.runs.turns import USUAL_PRIORITY, change_priority, read_turns
from lib.runs.views import MOST_TURNS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import MadeRun, call_worker, open_run
from tests.records import row, rows, signature, trail
from tests.retrying import go_on
from tests.waiting_runs import admitted, line_up, queued, set_limit

pytestmark = pytest.mark.usefixtures("installation")

NOT_ALLOWED, REFUSED = "42501", "23514"


@pytest.fixture
def line(installation: Installation, cast: Cast) -> list[MadeRun]:
    """Four runs of max's in an organization that has two at a time."""
    set_limit(installation, cast.organization_a, "2")
    return line_up(installation, cast.max, make_project(installation.database, cast.max), 4)


def _end(installation: Installation, cast: Cast, run: MadeRun, *, status: str) -> None:
    held = open_run(installation.database, cast.organization_a, run.id)
    held.advance(end={"status": status, "error": {"kind": "x", "message": "Over."}})


LEAVING: dict[str, Callable[[Installation, Cast, MadeRun], None]] = {
    "completed": lambda installation, cast, run: _end(installation, cast, run, status="completed"),
    "failed": lambda installation, cast, run: _end(installation, cast, run, status="failed"),
    "paused": lambda installation, cast, run: _end(installation, cast, run, status="paused"),
    "cancelled before it began": lambda _, cast, run: cancel_run(cast.max, run.id),
    "waits for a review": lambda installation, _, run: _update(installation, run, "status = 'waiting_review'"),
}


def _update(installation: Installation, run: MadeRun, change: str) -> None:
    rows(installation, f"UPDATE orchestration_runs SET {change} WHERE id = %s RETURNING 1", run.id)


@pytest.mark.parametrize("leave", LEAVING.values(), ids=LEAVING)
def test_run_that_gives_up_its_place_lets_the_next_one_in(
    installation: Installation, cast: Cast, line: list[MadeRun], leave: Callable[[Installation, Cast, MadeRun], None]
) -> None:
    assert admitted(installation, line) == queued(installation, line) == [0, 1]
    leave(installation, cast, line[0])
    assert admitted(installation, line) == [1, 2]
    assert 2 in queued(installation, line)


def test_no_one_is_let_in_by_a_run_that_never_had_a_place(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    cancel_run(cast.max, line[3].id)
    assert admitted(installation, line) == [0, 1]


def test_next_one_is_by_priority_then_age(installation: Installation, cast: Cast, line: list[MadeRun]) -> None:
    project_id = make_project(installation.database, cast.mona)
    for priority in ("low", "high", "urgent", "high"):
        line += line_up(installation, cast.mona, project_id, 1, priority=priority)
    order = []
    for leaving in (0, 1, 6, 5, 7, 2):
        cancel_run(cast.alice, line[leaving].id)
        order += [number for number in admitted(installation, line) if number not in {0, 1, *order}]
    assert order == [6, 5, 7, 2, 3, 4]


def test_day_of_waiting_counts_as_much_as_a_step_of_priority(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    line += line_up(installation, cast.mona, make_project(installation.database, cast.mona), 1, priority="high")
    old = "UPDATE orchestration_runs SET created_at = created_at - interval '25 hours' WHERE id = %s RETURNING 1"
    rows(installation, old, line[3].id)
    assert read_turns_of(cast, line[3]) == 1
    assert read_turns_of(cast, line[4]) == 2
    cancel_run(cast.max, line[0].id)
    assert admitted(installation, line) == [1, 3]


def read_turns_of(cast: Cast, run: MadeRun) -> int | None:
    """Where the run stands in the line."""
    turns = watch_run(cast.alice, run.id).turns
    return turns.place if turns else None


def test_long_line_is_counted_no_further_than_pages_need(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "INSERT INTO orchestration_runs (organization_id, user_id, project_id, topic, status, plan, inputs) "
            "SELECT organization_id, user_id, project_id, topic, status, plan, inputs "
            "FROM orchestration_runs, generate_series(1, %s) WHERE id = %s",
            [MOST_TURNS + 5, line[3].id],
        )
    last = line_up(installation, cast.max, make_project(installation.database, cast.max), 1, priority="low")[0]
    turns = watch_run(cast.max, last.id).turns
    assert turns is not None
    assert (turns.waiting, turns.place) == (MOST_TURNS + 1, MOST_TURNS + 1)
    assert [run.summary.is_waiting for run in get_overview(cast.max).running] == [False, False, True, True, True]


def test_run_that_waits_is_not_lost(installation: Installation, line: list[MadeRun]) -> None:
    rows(installation, "DELETE FROM dbos.workflow_status RETURNING 1")
    assert call_worker(installation.database, "SELECT api.requeue_lost_runs()") == 2
    assert queued(installation, line) == admitted(installation, line) == [0, 1]


def test_place_that_was_left_free_is_found_by_the_sweep(installation: Installation, line: list[MadeRun]) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # as if the trigger had been forgotten
        connection.execute(
            "UPDATE orchestration_runs SET admitted_at = NULL, status = 'paused' WHERE id = %s", [line[0].id]
        )
    assert admitted(installation, line) == [1]
    call_worker(installation.database, "SELECT api.requeue_lost_runs()")
    assert admitted(installation, line) == [1, 2]


def test_workflow_from_before_a_pause_walks_no_run_that_waits(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    LEAVING["paused"](installation, cast, line[0])
    resume_run(cast.max, line[0].id)
    assert admitted(installation, line) == [1, 2], "it is the oldest, and all places are taken"
    opened = call_worker(
        installation.database, "SELECT api.open_segment(%s, %s, %s)", cast.organization_a, line[0].id, uuid4()
    )
    assert opened == {"state": "gone"}
    assert watch_run(cast.max, line[0].id).turns is not None
    cancel_run(cast.max, line[1].id)
    assert admitted(installation, line) == [0, 2]


RAISES: dict[str, Callable[[Installation, Cast], object]] = {
    "limit": lambda installation, cast: set_limit(installation, cast.organization_a, "3"),
    "tier": lambda _, cast: change_tier(CommandLine(), cast.organization_a, Tier.PRO),
}


@pytest.mark.parametrize("raising", RAISES)
def test_raised_limit_lets_more_in_at_once(installation: Installation, cast: Cast, raising: str) -> None:
    set_limit(installation, cast.organization_a, {"limit": "2", "tier": "50"}[raising])
    line = line_up(installation, cast.max, make_project(installation.database, cast.max), 6)
    assert admitted(installation, line) == {"limit": [0, 1], "tier": [0, 1, 2, 3, 4]}[raising]
    RAISES[raising](installation, cast)
    assert admitted(installation, line) == {"limit": [0, 1, 2], "tier": [0, 1, 2, 3, 4, 5]}[raising]


def test_lowered_limit_stops_nobody_and_lets_nobody_in(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    set_limit(installation, cast.organization_a, "1")
    assert admitted(installation, line) == [0, 1]
    cancel_run(cast.max, line[0].id)
    assert admitted(installation, line) == [1]
    cancel_run(cast.max, line[1].id)
    assert admitted(installation, line) == [2]


MOST = "SELECT api.most_runs(%s) AS most"


@pytest.mark.parametrize("tier", Tier)
def test_database_and_code_say_alike_how_many_runs_a_tier_has_at_a_time(
    installation: Installation, cast: Cast, tier: Tier
) -> None:
    change_tier(CommandLine(), cast.organization_a, tier)
    most = ALLOWANCES[tier].concurrent_runs
    assert row(installation, MOST, cast.organization_a)["most"] == (20 if most is None else most)
    set_limit(installation, cast.organization_a, "3")
    assert row(installation, MOST, cast.organization_a)["most"] == 3
    set_limit(installation, cast.organization_a, "999")
    assert row(installation, MOST, cast.organization_a)["most"] == (999 if most is None else most)


@pytest.mark.parametrize("nonsense", ["null", '"many"', "[]", "{}", "-5", "0.4", "1e300"])
def test_nonsense_in_the_settings_stops_nothing(installation: Installation, cast: Cast, nonsense: str) -> None:
    set_limit(installation, cast.organization_a, nonsense)
    assert 1 <= row(installation, MOST, cast.organization_a)["most"] <= 5


def test_installations_own_limit_is_the_settings(installation: Installation, cast: Cast) -> None:
    change_tier(CommandLine(), cast.organization_a, Tier.ENTERPRISE)
    install_limit(installation.database.url(Login.OWNER), 1)
    line = line_up(installation, cast.max, make_project(installation.database, cast.max), 3)
    assert admitted(installation, line) == [0]
    install_limit(installation.database.url(Login.OWNER), 2)
    call_worker(installation.database, "SELECT api.requeue_lost_runs()")
    assert admitted(installation, line) == [0, 1]


def test_nobody_gives_themselves_a_place(installation: Installation, cast: Cast, line: list[MadeRun]) -> None:
    with doors.person(installation.database, cast.alice) as connection:
        take = "UPDATE orchestration_runs SET admitted_at = now() WHERE id = %s"
        assert doors.refusal(connection, take, [line[3].id]) == NOT_ALLOWED
        copy = (
            "INSERT INTO orchestration_runs (organization_id, project_id, user_id, topic, status, {}admitted_at) "
            "SELECT organization_id, project_id, %s, topic, 'queued', {} FROM orchestration_runs LIMIT 1"
        )
        assert doors.refusal(connection, copy.format("", "now()"), [cast.alice.user_id]) == NOT_ALLOWED
        assert doors.refusal(connection, copy.format("", "NULL"), [cast.alice.user_id]) is None


# What people see


def test_person_reads_how_full_it_is_and_where_a_run_stands(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    turns = read_turns(cast.max)
    assert (turns.admitted, turns.most, turns.waiting, turns.place, turns.is_full) == (2, 2, 2, None, True)
    for number, place in enumerate([None, None, 1, 2]):
        run = watch_run(cast.vera, line[number].id)
        assert (run.turns.place if run.turns else None) == place
        assert run.summary.is_waiting == (place is not None)
    assert [run.is_waiting for run in list_runs(cast.vera).items] == [True, True, False, False]
    overview = get_overview(cast.vera)
    assert [live.summary.is_waiting for live in overview.running] == [False, False, True, True]
    assert overview.turns is not None
    assert overview.turns.waiting == 2


def test_strangers_line_is_their_own(cast: Cast, line: list[MadeRun]) -> None:
    turns = read_turns(cast.charlie)
    assert (turns.admitted, turns.waiting) == (0, 0)
    with pytest.raises(NotPermitted):
        read_turns(cast.vera)


# Priority


def test_priority_moves_a_run_in_the_line_and_is_in_the_trail(
    installation: Installation, cast: Cast, line: list[MadeRun]
) -> None:
    change_priority(cast.max, line[3].id, RunPriority.URGENT)
    assert watch_run(cast.max, line[3].id).turns.place == 1  # type: ignore[union-attr] # or it does not wait
    (entry,) = trail(installation, "orchestrations.prioritize", line[3].id)
    assert (entry["old_values"], entry["new_values"]) == ({"priority": "normal"}, {"priority": "urgent"})
    assert signature(cast.max).items() <= entry.items()
    cancel_run(cast.max, line[0].id)
    assert admitted(installation, line) == [1, 3]


@pytest.mark.parametrize(
    ("who", "error"), [("vera", NotPermitted), ("max", NotPermitted), ("charlie", NotFound), ("mona", None)]
)
def test_priority_is_for_who_may_cancel_the_run(
    installation: Installation, cast: Cast, who: str, error: type[Exception] | None
) -> None:
    (run,) = line_up(installation, cast.alice, make_project(installation.database, cast.alice), 1)
    actor = getattr(cast, who)
    if error is None:
        change_priority(actor, run.id, RunPriority.LOW)
    else:
        with pytest.raises(error):
            change_priority(actor, run.id, RunPriority.LOW)
    assert row(installation, "SELECT priority FROM orchestration_runs")["priority"] == ("normal" if error else "low")
    assert watch_run(cast.max, run.id).may_prioritize is False
    assert watch_run(cast.mona, run.id).may_prioritize is True


def test_run_that_has_begun_keeps_its_priority(installation: Installation, cast: Cast, line: list[MadeRun]) -> None:
    open_run(installation.database, cast.organization_a, line[0].id)
    with pytest.raises(Conflict, match="counts until a run begins, and this one is running by now"):
        change_priority(cast.max, line[0].id, RunPriority.HIGH)
    with doors.person(installation.database, cast.max) as connection:
        change = "UPDATE orchestration_runs SET priority = 'high' WHERE id = %s"
        assert doors.refusal(connection, change, [line[0].id]) == REFUSED
        assert doors.refusal(connection, change, [line[3].id]) is None


@pytest.mark.parametrize("priority", Priority)
def test_launch_takes_the_projects_priority_or_the_chosen_one_and_a_retry_keeps_it(
    installation: Installation, cast: Cast, request_of_max: LaunchRequest, priority: Priority
) -> None:
    rows(installation, "UPDATE projects SET priority = %s RETURNING 1", priority)
    usual = launch_run(cast.max, request_of_max)
    chosen = launch_run(cast.max, replace(request_of_max, priority=RunPriority.LOW))
    assert watch_run(cast.max, usual).summary.priority is USUAL_PRIORITY[priority]
    assert watch_run(cast.max, chosen).summary.priority is RunPriority.LOW
    cancel_run(cast.max, usual)
    assert watch_run(cast.max, go_on(cast.max, usual)).summary.priority is USUAL_PRIORITY[priority]
