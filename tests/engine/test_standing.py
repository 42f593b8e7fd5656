"""An organization that is suspended or ends while its runs are walked."""

from collections.abc import Callable

from llmock.scenarios import Delay, Match

from lib.models.run import RunStatus
from lib.organizations.operator import CommandLine, resume_organization, suspend_organization
from lib.organizations.service import ask_deletion
from tests.engine.conftest import chain
from tests.records import row, rows
from tests.workers import until


def standing(installation, run_id) -> Callable[[], str]:
    return lambda: row(installation, "SELECT status FROM orchestration_runs WHERE id = %s", run_id)["status"]


def slow(endpoint, seconds: float) -> None:
    endpoint.state.scenarios.add(Delay(seconds=seconds, times=1, match=Match(path="*completions")))


def test_suspended_run_keeps_what_was_paid_for_and_goes_on_by_itself(bench, workers, endpoint, installation):
    slow(endpoint, 2)
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    status = standing(installation, run_id)
    begun = "SELECT 1 FROM phase_executions WHERE run_id = %s AND status = 'running'"
    until(lambda: rows(installation, begun, run_id) != [])
    suspend_organization(CommandLine(), bench.cast.organization_a, reason="Not paid.")
    until(lambda: status() == RunStatus.PAUSED)
    newest = "SELECT error_details ->> 'kind' AS kind, completed_phases FROM orchestration_runs WHERE id = %s"
    assert row(installation, newest, run_id) == {"kind": "organization_suspended", "completed_phases": 1}
    resume_organization(CommandLine(), bench.cast.organization_a)
    until(lambda: status() == RunStatus.COMPLETED)


def test_at_the_end_of_the_waiting_period_the_worker_ends_everything(bench, workers, endpoint, installation):
    slow(endpoint, 60)
    workers.start()
    run_id = bench.launch(chain("a", "b"))
    status = standing(installation, run_id)
    until(lambda: status() == RunStatus.RUNNING)
    ask_deletion(bench.cast.alice, slug="acme")
    due = "UPDATE organizations SET deletes_at = now() WHERE id = %s RETURNING 1"
    rows(installation, due, bench.cast.organization_a)
    until(lambda: status() == RunStatus.CANCELLED)
    ended = row(installation, "SELECT deleted_at FROM organizations WHERE id = %s", bench.cast.organization_a)
    assert ended["deleted_at"] is not None
