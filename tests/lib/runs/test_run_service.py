"""What people do with runs that are there: read, watch, cancel, continue."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from lib.access.actor import Actor
from lib.db.logins import Login
from lib.errors import Conflict, InvalidInput, NotFound, NotPermitted, NotSignedIn
from lib.models.run import PhaseStatus, RunStatus
from lib.runs.queries import RunFilter
from lib.runs.service import cancel_run, get_overview, list_runs, resume_run
from tests import doors
from tests.at_once import attempt, is_waiting
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import TOPIC, make_project
from tests.made_runs import MadeRun, admit_run, end_run, make_run, open_run
from tests.records import Record, row, rows, signature, trail
from tests.whole_run import get_run
from tests.workers import until
from tests.workspace import make_workspace

pytestmark = pytest.mark.usefixtures("installation")

QUOTA = {"kind": "organization_quota", "message": "The organization's calls to models are used up."}
STEERING = {"cancel": cancel_run, "continue": resume_run}


@pytest.fixture
def project_id(installation: Installation, cast: Cast) -> UUID:
    return make_project(installation.database, cast.max)


@pytest.fixture
def run_of_max(installation: Installation, cast: Cast, project_id: UUID) -> MadeRun:
    """Launched by max, waiting."""
    return make_run(installation.database, cast.max, project_id=project_id)


def pause(installation: Installation, cast: Cast, run: MadeRun) -> None:
    held = open_run(installation.database, cast.organization_a, run.id)
    held.advance(end={"status": "paused", "error": QUOTA})


def stored(installation: Installation, run_id: UUID) -> Record:
    return row(installation, "SELECT * FROM orchestration_runs WHERE id = %s", run_id)


def titles(actor: Actor, **chosen: object) -> list[str]:
    return [run.title for run in list_runs(actor, RunFilter(**chosen)).items]  # type: ignore[arg-type] # by each test


# Reading


def test_run_under_way_is_read_with_what_is_written_so_far(installation: Installation, cast: Cast) -> None:
    made = make_workspace(installation.database, cast.alice)
    for actor in cast.of_a:
        run = get_run(actor, made.run.id)
        assert run.summary.status is RunStatus.RUNNING
        assert run.is_live
        assert (run.summary.completed_phases, run.summary.total_phases) == (1, 2)
        assert (run.summary.total_tokens, run.summary.cost_usd) == (950, Decimal("0.028"))
        assert (run.summary.title, run.topic, run.summary.project_name) == ("A run", TOPIC, "Folding bicycle")
        assert (run.summary.launched_by, run.summary.template_name) == ("Alice", "Two steps")
        first, second = run.phases
        assert (first.code, first.name, first.status) == ("Phase 0", "Ideation", PhaseStatus.COMPLETED)
        assert first.newest.response == "Fold it twice."
        assert first.newest.prompt == f"Ideas for {TOPIC}"
        assert (first.newest.prompt_tokens, first.newest.completion_tokens) == (150, 800)
        assert (first.newest.execution_time_ms, first.newest.cost_usd) == (5000, Decimal("0.028"))
        assert first.newest.finish_reason == "stop"
        assert (second.name, second.status, second.newest.response) == ("Research", PhaseStatus.RUNNING, "Fold it tw")
        assert second.depends_on == ("Phase 0",)
        assert run.live_workers == 0


def test_run_that_failed_says_why_and_keeps_every_attempt(
    installation: Installation, cast: Cast, run_of_max: MadeRun
) -> None:
    end_run(installation.database, cast.max, run_of_max, status="failed")
    run = get_run(cast.vera, run_of_max.id)
    assert run.summary.status is RunStatus.FAILED
    assert not run.is_live
    first, second = run.phases
    assert first.newest.error is not None
    assert first.newest.error.message == "The endpoint does not answer."
    assert (first.status, second.status) == (PhaseStatus.FAILED, PhaseStatus.SKIPPED)
    assert second.newest.prompt is None


def test_what_a_newer_version_wrote_does_not_hide_a_run(
    installation: Installation, cast: Cast, run_of_max: MadeRun
) -> None:
    end_run(installation.database, cast.max, run_of_max)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # what has ended is changed by nobody else
        connection.execute("""UPDATE phase_executions SET token_usage = token_usage || '{"cached_tokens": 7}'""")
        connection.execute(
            """UPDATE orchestration_runs SET inputs = inputs || '{"seed": 1}',
                      error_details = '{"kind": "new", "message": "Words", "hint": "More words"}'"""
        )
    run = get_run(cast.vera, run_of_max.id)
    assert run.phases[0].newest.prompt_tokens == 150
    assert run.error is not None
    assert run.error.model_extra == {"hint": "More words"}


def test_stranger_finds_no_run(installation: Installation, cast: Cast, run_of_max: MadeRun) -> None:
    before = stored(installation, run_of_max.id)
    for touch in (get_run, cancel_run, resume_run):
        with pytest.raises(NotFound) as hidden:
            touch(cast.charlie, run_of_max.id)
        with pytest.raises(NotFound) as missing:
            touch(cast.charlie, uuid4())
        assert hidden.value.message == missing.value.message
    assert list_runs(cast.charlie).items == ()
    assert titles(cast.charlie, search="run") == []
    assert titles(cast.charlie, project_id=before["project_id"]) == []
    overview = get_overview(cast.charlie)
    assert (overview.running, overview.recent, overview.has_runs, overview.has_projects) == ((), (), False, False)
    assert stored(installation, run_of_max.id) == before


def test_list_begins_with_the_newest_and_turns_its_pages(
    installation: Installation, cast: Cast, project_id: UUID
) -> None:
    for title in ("first", "second", "third"):
        make_run(installation.database, cast.max, project_id=project_id, title=title)
    newest = list_runs(cast.vera, limit=2)
    assert [run.title for run in newest.items] == ["third", "second"]
    oldest = list_runs(cast.vera, limit=2, cursor=newest.older)
    assert [run.title for run in oldest.items] == ["first"]
    assert list_runs(cast.vera, limit=2, cursor=oldest.newer) == newest
    with pytest.raises(InvalidInput, match="Start from the newest entries"):
        list_runs(cast.vera, cursor="nonsense")


def test_list_is_filtered_by_status_and_project(installation: Installation, cast: Cast, project_id: UUID) -> None:
    other = make_project(installation.database, cast.mona, name="Another")
    for status in ("completed", "failed", "cancelled"):
        run = make_run(installation.database, cast.max, project_id=project_id, title=status)
        end_run(installation.database, cast.max, run, status=status)
    make_run(installation.database, cast.mona, project_id=other, title="queued")
    for status in RunStatus:
        expected = [status.value] if status in {"completed", "failed", "cancelled", "queued"} else []
        assert titles(cast.vera, status=status) == expected
    assert titles(cast.vera, project_id=other) == ["queued"]
    assert titles(cast.vera, project_id=other, status=RunStatus.FAILED) == []
    assert titles(cast.vera, project_id=uuid4()) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("SECOND", {"Second try"}),
        ("folds into", {"Second try", "100 % done", "snake_case"}),
        ("%", {"100 % done"}),
        ("_", {"snake_case"}),
        ("' OR 1=1 --", set()),
        ("\x00", {"Second try", "100 % done", "snake_case"}),
    ],
)
def test_search_looks_into_title_and_topic_for_what_was_typed(
    installation: Installation, cast: Cast, project_id: UUID, search: str, found: set[str]
) -> None:
    for title in ("Second try", "100 % done", "snake_case"):
        make_run(installation.database, cast.max, project_id=project_id, title=title)
    assert set(titles(cast.vera, search=search)) == found


def test_overview_of_nothing(cast: Cast) -> None:
    seen = get_overview(cast.vera)
    assert (seen.running, seen.recent, seen.has_projects, seen.has_runs) == ((), (), False, False)
    assert (seen.quota.used, seen.quota.limit, seen.live_workers) == (0, 1000, 0)
    assert seen.quota.resets_at > datetime.now(UTC)


def test_overview_shows_what_runs_and_what_ran(installation: Installation, cast: Cast) -> None:
    made = make_workspace(installation.database, cast.alice)
    ended = make_run(installation.database, cast.alice, project_id=made.project_id, title="Ended")
    end_run(installation.database, cast.alice, ended)
    seen = get_overview(cast.vera)
    assert [(live.summary.id, live.writing) for live in seen.running] == [(made.run.id, ("Research",))]
    assert [run.title for run in seen.recent] == ["Ended", "Looked at by nobody", "To be reviewed", "A run"]
    assert (seen.has_projects, seen.has_runs) == (True, True)
    assert seen.quota.used == 6, "two attempts of each, and one where the first is looked at"


def test_quota_of_a_month_that_is_over_is_unused(installation: Installation, cast: Cast) -> None:
    rows(
        installation,
        "UPDATE organizations SET api_quota_used = 900, api_quota_limit = NULL, quota_resets_at = %s RETURNING 1",
        datetime.now(UTC) - timedelta(minutes=1),
    )
    seen = get_overview(cast.vera)
    assert (seen.quota.used, seen.quota.limit) == (0, None)


def test_person_who_is_gone_sees_nothing(installation: Installation, cast: Cast, run_of_max: MadeRun) -> None:
    rows(installation, "UPDATE users SET deactivated_at = now() WHERE id = %s RETURNING 1", cast.max.user_id)
    assert list_runs(cast.max).items == ()
    with pytest.raises(NotFound):
        get_run(cast.max, run_of_max.id)
    with pytest.raises(NotSignedIn):
        get_overview(cast.max)


# Cancelling


def test_run_that_nobody_has_taken_is_cancelled_at_once(
    installation: Installation, cast: Cast, run_of_max: MadeRun
) -> None:
    cancel_run(cast.max, run_of_max.id)

    run = stored(installation, run_of_max.id)
    assert (run["status"], run["success_rate"]) == ("cancelled", 0)
    assert run["completed_at"] is not None
    assert run["results"]["metadata"] == {"total_phases": 2, "successful_phases": 0, "success_rate": "0.0%"}
    assert {phase.status for phase in get_run(cast.max, run_of_max.id).phases} == {PhaseStatus.CANCELLED}
    (asked,) = trail(installation, "orchestrations.cancel", run_of_max.id)
    (ended,) = trail(installation, "orchestrations.end", run_of_max.id)
    assert asked.items() >= signature(cast.max).items()
    assert list(asked["new_values"]) == ["cancel_requested_at"]
    assert ended.items() >= signature(cast.max).items()
    assert (ended["old_values"]["status"], ended["new_values"]["status"]) == ("queued", "cancelled")


def test_worker_that_holds_the_run_hears_of_its_cancellation(installation: Installation, cast: Cast) -> None:
    made = make_workspace(installation.database, cast.alice)
    with psycopg.connect(installation.database.admin_url, autocommit=True) as worker:
        worker.execute("LISTEN orchestrator_cancel")
        cancel_run(cast.mona, made.run.id)
        heard = list(worker.notifies(timeout=10, stop_after=1))
    assert [notice.channel for notice in heard] == ["orchestrator_cancel"]
    run = get_run(cast.alice, made.run.id)
    assert run.summary.status is RunStatus.RUNNING, "the worker ends it"
    assert (run.is_cancel_requested, run.may_cancel) == (True, False)
    (asked,) = trail(installation, "orchestrations.cancel", made.run.id)
    assert asked.items() >= signature(cast.mona).items()


def test_asking_twice_is_one_wish(installation: Installation, cast: Cast) -> None:
    made = make_workspace(installation.database, cast.alice)
    cancel_run(cast.mona, made.run.id)
    first = stored(installation, made.run.id)["cancel_requested_at"]
    cancel_run(cast.alice, made.run.id)
    assert stored(installation, made.run.id)["cancel_requested_at"] == first
    assert len(trail(installation, "orchestrations.cancel", made.run.id)) == 1


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_run_that_has_ended_is_not_cancelled(
    installation: Installation, cast: Cast, run_of_max: MadeRun, status: str
) -> None:
    end_run(installation.database, cast.max, run_of_max, status=status)
    before = stored(installation, run_of_max.id)
    with pytest.raises(Conflict, match=f"This run has ended already: it is {status}"):
        cancel_run(cast.max, run_of_max.id)
    assert stored(installation, run_of_max.id) == before
    assert not get_run(cast.max, run_of_max.id).may_cancel


def test_paused_run_is_cancelled_at_once(installation: Installation, cast: Cast, run_of_max: MadeRun) -> None:
    pause(installation, cast, run_of_max)
    cancel_run(cast.max, run_of_max.id)
    assert stored(installation, run_of_max.id)["status"] == "cancelled"


# Continuing


def test_paused_run_goes_back_into_the_queue(installation: Installation, cast: Cast, run_of_max: MadeRun) -> None:
    pause(installation, cast, run_of_max)
    paused = get_run(cast.vera, run_of_max.id)
    assert paused.summary.status is RunStatus.PAUSED
    assert paused.error is not None
    assert paused.error.kind == "organization_quota"

    resume_run(cast.max, run_of_max.id)

    assert stored(installation, run_of_max.id)["status"] == "queued"
    assert str(run_of_max.id) in str(row(installation, "SELECT * FROM dbos.workflow_status"))
    (entry,) = trail(installation, "orchestrations.resume", run_of_max.id)
    assert entry.items() >= signature(cast.max).items()
    assert (entry["old_values"], entry["new_values"]) == ({"status": "paused"}, {"status": "queued"})


@pytest.mark.parametrize("status", ["queued", "running", "completed", "failed", "cancelled"])
def test_run_that_is_not_paused_is_not_continued(
    installation: Installation, cast: Cast, run_of_max: MadeRun, status: str
) -> None:
    if status == "running":
        open_run(installation.database, cast.organization_a, run_of_max.id)
    elif status != "queued":
        end_run(installation.database, cast.max, run_of_max, status=status)
    with pytest.raises(Conflict, match=f"this one is {status}"):
        resume_run(cast.max, run_of_max.id)
    assert rows(installation, "SELECT 1 FROM dbos.workflow_status") == []


# Who may


@pytest.mark.parametrize("steer", STEERING.values(), ids=STEERING)
def test_viewer_and_other_members_steer_no_run(
    installation: Installation, cast: Cast, project_id: UUID, steer: Callable[[Actor, UUID], None]
) -> None:
    run = make_run(installation.database, cast.mona, project_id=project_id)
    pause(installation, cast, run)
    before = stored(installation, run.id)
    for actor in (cast.vera, cast.max):
        with pytest.raises(NotPermitted):
            steer(actor, run.id)
    assert stored(installation, run.id) == before


@pytest.mark.parametrize("steer", STEERING.values(), ids=STEERING)
@pytest.mark.parametrize("who", ["alice", "mona", "max"])
def test_managers_steer_every_run_and_members_their_own(
    installation: Installation, cast: Cast, run_of_max: MadeRun, steer: Callable[[Actor, UUID], None], who: str
) -> None:
    pause(installation, cast, run_of_max)
    steer(getattr(cast, who), run_of_max.id)
    assert stored(installation, run_of_max.id)["status"] != "paused"


def test_person_is_told_what_they_may_do(installation: Installation, cast: Cast, project_id: UUID) -> None:
    run = make_run(installation.database, cast.mona, project_id=project_id)

    def rights() -> dict[str, tuple[bool, bool]]:
        seen = {actor.username: get_run(actor, run.id) for actor in cast.of_a}
        return {name: (run.may_cancel, run.may_resume) for name, run in seen.items()}

    none = (False, False)
    assert rights() == {"alice": (True, False), "mona": (True, False), "max": none, "vera": none}
    pause(installation, cast, run)
    assert rights() == {"alice": (True, True), "mona": (True, True), "max": none, "vera": none}
    cancel_run(cast.mona, run.id)
    assert set(rights().values()) == {none}


# Two at once


def test_one_of_two_who_continue_at_once_is_told(installation: Installation, cast: Cast, run_of_max: MadeRun) -> None:
    pause(installation, cast, run_of_max)
    with doors.admin(installation.database) as first:
        first.execute("UPDATE orchestration_runs SET status = 'queued' WHERE id = %s", [run_of_max.id])
        with attempt(lambda: resume_run(cast.mona, run_of_max.id)) as outcome:
            until(lambda: is_waiting(installation))
            first.commit()
    (error,) = outcome
    assert isinstance(error, Conflict)
    assert len(rows(installation, "SELECT FROM dbos.workflow_status")) == 1, "it is queued once"


def test_run_that_a_worker_takes_meanwhile_is_cancelled_by_the_worker(
    installation: Installation, cast: Cast, run_of_max: MadeRun
) -> None:
    of_max = (cast.organization_a, run_of_max.id)
    admit_run(installation.database, *of_max)
    with doors.login(installation.database, Login.WORKER) as worker:
        worker.execute("SELECT api.open_segment(%s, %s, %s)", [*of_max, uuid4()])
        with attempt(lambda: cancel_run(cast.max, run_of_max.id)) as outcome:
            until(lambda: is_waiting(installation))
            worker.commit()
    assert outcome == [None]
    run = get_run(cast.max, run_of_max.id)
    assert run.summary.status is RunStatus.RUNNING
    assert run.is_cancel_requested


def test_run_that_ends_meanwhile_stays_as_it_ended(installation: Installation, cast: Cast, run_of_max: MadeRun) -> None:
    with doors.admin(installation.database) as worker:
        worker.execute(
            "UPDATE orchestration_runs SET status = 'completed', completed_at = now() WHERE id = %s", [run_of_max.id]
        )
        with attempt(lambda: cancel_run(cast.max, run_of_max.id)) as outcome:
            until(lambda: is_waiting(installation))
            worker.commit()
    (error,) = outcome
    assert isinstance(error, Conflict)
    assert stored(installation, run_of_max.id)["status"] == "completed"
