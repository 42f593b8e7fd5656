"""Several web and several worker processes on one database, as behind a proxy or on several machines."""

from llmock.scenarios import Delay, Match

from lib.identity.service import issue_ticket
from lib.models.run import RunStatus
from tests.engine.conftest import chain
from tests.records import rows
from tests.workers import until

CHAT = Match(path="*completions")


def test_session_of_one_web_process_is_the_others_too(start_web, cast):
    first, second = start_web(), start_web()
    assert [web.get("/readyz").status_code for web in (first, second)] == [200, 200]
    ticket = issue_ticket(cast.max.user_id)
    assert first.post("/api/session", content=ticket).status_code == 204
    assert second.post("/api/session", content=ticket).status_code == 410, "it is good once, wherever"
    assert second.get("/api/session").status_code == 401
    second.cookies = first.cookies
    assert second.get("/api/session").status_code == 204
    assert second.post("/api/sign-out").status_code == 204
    assert first.get("/api/session").status_code == 401


def test_two_workers_share_the_runs_and_ask_for_each_phase_once(bench, workers, endpoint, installation, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_WORKER_CONCURRENCY", "2")
    endpoint.state.scenarios.add(Delay(seconds=1, times=None, match=CHAT))
    for name in ("one", "two"):
        workers.start(name)
    runs = [bench.launch(chain("a", "b")) for _ in range(6)]
    ended = [bench.wait_for_end(run_id) for run_id in runs]
    assert {run.summary.status for run in ended} == {RunStatus.COMPLETED}
    assert [bench.statuses(run_id) for run_id in runs] == [{"a": ["completed"], "b": ["completed"]}] * 6
    asked = [record for record in endpoint.state.journal.records() if "completions" in record.path]
    assert len(asked) == 12
    until(lambda: rows(installation, "SELECT 1 FROM dbos.workflow_status WHERE status <> 'SUCCESS'") == [])
    walkers = rows(installation, "SELECT executor_id, count(*) AS runs FROM dbos.workflow_status GROUP BY executor_id")
    assert len(walkers) == 2, walkers


def test_worker_that_ends_leaves_its_runs_to_the_other(bench, workers, endpoint):
    endpoint.state.scenarios.add(Delay(seconds=1, times=None, match=CHAT))
    first = workers.start("first")
    runs = [bench.launch(chain("a", "b")) for _ in range(3)]
    until(lambda: all(bench.see(run_id).phases[0].status == "running" for run_id in runs))
    workers.start("second")
    first.terminate()
    assert first.wait(30) == 0
    assert {bench.wait_for_end(run_id).summary.status for run_id in runs} == {RunStatus.COMPLETED}
    for run_id in runs:
        attempts = [status for phase in bench.statuses(run_id).values() for status in phase]
        assert attempts.count("completed") == 2
        assert attempts.count("failed") <= 1, "no more is written anew than what was being written"
