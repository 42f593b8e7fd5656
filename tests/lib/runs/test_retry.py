"""Retrying: what is taken over and what it saves, who may, and what stands in the way."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from llmock.scenarios import Fail
from llmock.testing import LLMockServer

from lib.errors import Conflict, ModelError, NotFound, NotPermitted, QuotaUsedUp
from lib.models.project import ProjectStatus
from lib.models.run import PhaseStatus, RunStatus
from lib.projects.service import move_project
from lib.runs.retry import find_begin, open_retry, preview_retry
from lib.runs.retry_views import RetryRequest
from lib.runs.service import cancel_run, watch_run
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project, make_template
from tests.made_runs import MadeRun, answer, beginning, fail_second_phase, make_run, open_run
from tests.records import row, rows, signature, trail
from tests.retrying import go_on
from tests.whole_run import get_run
from tests.workers import MODEL

USED_UP = "UPDATE organizations SET api_quota_limit = 7, api_quota_used = 7 WHERE id = %s RETURNING 1"


@pytest.fixture
def failed(installation: Installation, cast: Cast, endpoint: LLMockServer) -> MadeRun:
    """Launched by max: Phase 0 is completed, Phase 1 failed."""
    database = installation.database
    run = make_run(
        database,
        cast.max,
        project_id=make_project(database, cast.max),
        template_id=make_template(database, cast.max),
        title="Failed",
        model=MODEL,
    )
    fail_second_phase(database, cast.max, run)
    return run


def runs_of(installation: Installation) -> int:
    return len(rows(installation, "SELECT 1 FROM orchestration_runs"))


def test_retry_takes_over_what_was_completed_and_waits_in_the_queue(
    installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    used = row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", cast.organization_a)
    run_id = go_on(cast.max, failed.id)

    before = row(installation, "SELECT * FROM orchestration_runs WHERE id = %s", failed.id)
    after = row(installation, "SELECT * FROM orchestration_runs WHERE id = %s", run_id)
    for name in ("plan", "inputs", "topic", "project_id", "template_id", "template_version", "model"):
        assert after[name] == before[name], name
    assert (after["parent_run_id"], after["forked_from_phase"]) == (failed.id, "Phase 1")
    assert (after["status"], after["completed_phases"], after["total_phases"]) == ("queued", 1, 2)
    assert (after["total_tokens"], after["cost_usd"]) == (0, 0)
    first, second = get_run(cast.max, run_id).phases
    assert (first.status, first.newest.response) == (PhaseStatus.COMPLETED, "Fold it twice.")
    assert first.newest.reused_from == failed.phases["Phase 0"]
    assert first.newest.prompt == get_run(cast.max, failed.id).phases[0].newest.prompt
    assert first.newest.started_at is None
    assert (second.status, second.newest.reused_from, second.newest.prompt) == (PhaseStatus.PENDING, None, None)
    assert rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s", run_id) == []
    assert row(installation, "SELECT api_quota_used FROM organizations WHERE id = %s", cast.organization_a) == used
    queued = rows(installation, "SELECT deduplication_id FROM dbos.workflow_status WHERE status = 'ENQUEUED'")
    assert [entry["deduplication_id"] for entry in queued] == [str(run_id)]


def test_retry_stands_in_the_trail_with_its_parent(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    run_id = go_on(cast.max, failed.id)
    (entry,) = trail(installation, "orchestrations.fork", run_id)
    assert entry.items() >= signature(cast.max).items()
    assert entry["new_values"]["parent_run_id"] == str(failed.id)
    assert entry["new_values"]["forked_from_phase"] == "Phase 1"


def test_offer_names_what_is_reused_and_what_that_took(cast: Cast, failed: MadeRun) -> None:
    assert open_retry(cast.max, failed.id).begins_with == "Phase 1"
    prepared = preview_retry(cast.max, RetryRequest(run_id=failed.id, begins_with="Phase 1"))
    assert [phase.name for phase in prepared.reused.values()] == ["Ideation"]
    assert (prepared.saved_tokens, prepared.saved_cost_usd, prepared.saved_seconds) == (950, Decimal("0.028"), 5)
    assert prepared.written_before == ()


def test_retry_of_a_retry_takes_over_what_the_first_run_wrote(
    installation: Installation, cast: Cast, failed: MadeRun
) -> None:
    again = go_on(cast.max, failed.id)
    cancel_run(cast.max, again)
    assert find_begin(watch_run(cast.max, again)) == "Phase 1"
    third = get_run(cast.max, go_on(cast.max, again))
    assert third.phases[0].newest.response == "Fold it twice."
    assert third.parent_run_id == again


def test_cancelled_run_goes_on_with_its_first_unfinished_phase(
    installation: Installation, cast: Cast, endpoint: LLMockServer
) -> None:
    database = installation.database
    run = make_run(database, cast.max, project_id=make_project(database, cast.max), model=MODEL)
    cancel_run(cast.max, run.id)
    retried = get_run(cast.max, go_on(cast.max, run.id))
    assert [phase.status for phase in retried.phases] == [PhaseStatus.PENDING, PhaseStatus.PENDING]
    assert row(installation, "SELECT forked_from_phase FROM orchestration_runs WHERE parent_run_id = %s", run.id) == {
        "forked_from_phase": "Phase 0"
    }


@pytest.mark.parametrize("name", ["alice", "mona", "max"])
def test_who_may_launch_may_retry_anybodys_run_in_their_own_name(cast: Cast, failed: MadeRun, name: str) -> None:
    actor = getattr(cast, name)
    assert watch_run(actor, failed.id).may_retry
    assert get_run(actor, go_on(actor, failed.id)).summary.user_id == actor.user_id


def test_viewer_cannot_go_on(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    assert not watch_run(cast.vera, failed.id).may_retry
    with pytest.raises(NotPermitted):
        go_on(cast.vera, failed.id)
    assert runs_of(installation) == 1


def test_stranger_finds_no_run_to_retry(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    for actor, run_id in ((cast.charlie, failed.id), (cast.alice, uuid4())):
        with pytest.raises(NotFound):
            go_on(actor, run_id)
    assert runs_of(installation) == 1


@pytest.mark.parametrize("how", ["queued", "running", "paused"])
def test_run_that_has_not_ended_is_not_run_again(
    installation: Installation, cast: Cast, endpoint: LLMockServer, how: str
) -> None:
    database = installation.database
    run = make_run(database, cast.max, project_id=make_project(database, cast.max), model=MODEL)
    if how != "queued":
        held = open_run(database, cast.organization_a, run.id)
        if how == "paused":
            held.advance(end={"status": "paused", "error": {}})
    assert not watch_run(cast.max, run.id).may_retry
    with pytest.raises(Conflict, match=f"this one is {how}"):
        go_on(cast.max, run.id)


def test_used_up_quota_is_said_before_anything_is_made(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    rows(installation, USED_UP, cast.organization_a)
    with pytest.raises(QuotaUsedUp, match="7 calls for this month are used up"):
        go_on(cast.max, failed.id)
    assert runs_of(installation) == 1
    rows(installation, "UPDATE organizations SET quota_resets_at = now() - interval '1 s' RETURNING 1")
    assert go_on(cast.max, failed.id), "the month is over"


def test_model_that_would_not_answer_is_said_before_anything_is_made(
    installation: Installation, cast: Cast, failed: MadeRun, endpoint: LLMockServer
) -> None:
    endpoint.state.scenarios.add(Fail(status=401, times=None))
    with pytest.raises(ModelError, match="does not accept the key"):
        go_on(cast.max, failed.id)
    assert runs_of(installation) == 1


def test_project_that_is_archived_takes_no_retry(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    project_id = watch_run(cast.max, failed.id).summary.project_id
    move_project(cast.max, project_id, ProjectStatus.ARCHIVED)
    with pytest.raises(Conflict, match="archived"):
        go_on(cast.max, failed.id)
    assert runs_of(installation) == 1


def test_template_that_is_gone_is_not_needed(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    rows(installation, "UPDATE orchestration_templates SET deleted_at = now() RETURNING 1")
    run = watch_run(cast.max, go_on(cast.max, failed.id))
    assert run.summary.template_name == "Two steps"


def test_walked_retry_counts_only_what_it_asked_itself(installation: Installation, cast: Cast, failed: MadeRun) -> None:
    run_id = go_on(cast.max, failed.id)
    held = open_run(installation.database, cast.organization_a, run_id)
    (begun,) = held.advance(begin=[beginning("Phase 1")])["begun"]
    held.advance(finish=[answer(UUID(begun["id"]))], end={"status": "completed", "error": {}})

    run = get_run(cast.max, run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert (run.summary.completed_phases, run.summary.total_tokens) == (2, 950)
    assert run.summary.cost_usd == Decimal("0.028")
    stored = row(installation, "SELECT results, success_rate FROM orchestration_runs WHERE id = %s", run_id)
    assert stored["success_rate"] == 100
    assert stored["results"]["metadata"] == {"total_phases": 2, "successful_phases": 2, "success_rate": "100.0%"}
    assert stored["results"]["phases"]["Phase 0"] == {
        "phase": "Ideation",
        "status": "completed",
        "response": "Fold it twice.",
        "execution_time_ms": 5000,
    }
    assert len(rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s", run_id)) == 1
