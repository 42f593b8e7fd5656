"""What the queue has kept of segments that ended long ago is removed; runs need none of it."""

import psycopg

from lib.db.logins import Login
from lib.models.run import RunStatus
from tests import doors
from tests.conftest import Installation
from tests.engine.conftest import Bench, chain
from tests.made_runs import call_worker
from tests.records import row, rows
from tests.workers import Workers, until

PURGE = "SELECT api.purge_workflows(%s, %s)"
#: Five hundred that ended a day ago and two that did not, each with all that hangs on it.
_FILL = """
    INSERT INTO dbos.workflow_status (workflow_uuid, status, name, queue_name, created_at, updated_at, completed_at)
    SELECT 'old-' || n, CASE n % 3 WHEN 0 THEN 'ERROR' WHEN 1 THEN 'CANCELLED' ELSE 'SUCCESS' END, 'segment', 'runs',
           0, 0, (extract(epoch FROM now()) - 25 * 3600) * 1000 FROM generate_series(1, 500) n
    UNION ALL SELECT 'recent', 'SUCCESS', 'segment', 'runs', 0, 0, (extract(epoch FROM now()) - 23 * 3600) * 1000
    UNION ALL SELECT 'put back', 'ENQUEUED', 'segment', 'runs', 0, 0, 1;
    INSERT INTO dbos.workflow_input (workflow_uuid, inputs)
    SELECT workflow_uuid, '{}' FROM dbos.workflow_status
        ON CONFLICT DO NOTHING;
    INSERT INTO dbos.workflow_output (workflow_uuid, output)
    SELECT workflow_uuid, '"x"' FROM dbos.workflow_status
        ON CONFLICT DO NOTHING;
    INSERT INTO dbos.operation_outputs (workflow_uuid, function_id, function_name)
    SELECT workflow_uuid, 1, 'x' FROM dbos.workflow_status;
    INSERT INTO dbos.notifications (destination_uuid, message) SELECT workflow_uuid, 'x' FROM dbos.workflow_status;
    INSERT INTO dbos.streams (workflow_uuid, key, value, "offset")
    SELECT workflow_uuid, 'x', 'x', 1 FROM dbos.workflow_status"""
_LEFT = """
    SELECT (SELECT array_agg(workflow_uuid ORDER BY workflow_uuid) FROM dbos.workflow_status) AS workflows,
           array[(SELECT count(*) FROM dbos.workflow_input), (SELECT count(*) FROM dbos.workflow_output),
                 (SELECT count(*) FROM dbos.operation_outputs), (SELECT count(*) FROM dbos.notifications),
                 (SELECT count(*) FROM dbos.streams)] AS hanging"""


def test_what_ended_long_ago_goes_in_batches_with_all_that_hangs_on_it(installation: Installation) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(_FILL)
    purged = [call_worker(installation.database, PURGE, 24, 200) for _ in range(4)]
    assert purged == [200, 200, 100, 0]
    assert row(installation, _LEFT) == {"workflows": ["put back", "recent"], "hanging": [2] * 5}
    assert call_worker(installation.database, PURGE, 0, 200) == 1, "an hour is the least"


def test_one_worker_at_a_time_removes_it(installation: Installation) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(_FILL)
    with psycopg.connect(installation.database.url(Login.WORKER)) as busy:
        assert busy.execute(PURGE, [24, 10]).fetchone() == (10,)
        assert call_worker(installation.database, PURGE, 24, 10) == 0
        busy.rollback()
    assert call_worker(installation.database, PURGE, 24, 10) == 10


def test_worker_removes_it_and_the_run_stands_as_it_did_and_can_go_on(
    bench: Bench, workers: Workers, installation: Installation
) -> None:
    rows(installation, "UPDATE organizations SET api_quota_limit = 1 RETURNING 1")
    workers.start("first")
    run_id = bench.launch(chain("a", "b"))
    before = bench.wait_for_end(run_id)
    assert before.summary.status is RunStatus.PAUSED
    until(lambda: rows(installation, "SELECT 1 FROM dbos.workflow_status WHERE status = 'SUCCESS'") != [])
    workers.kill("first")
    rows(installation, "UPDATE dbos.workflow_status SET completed_at = 1 RETURNING 1")
    with doors.admin(installation.database) as connection:
        connection.execute(_FILL)
    workers.start("second")
    mine = "SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid LIKE %s OR workflow_uuid LIKE 'old-%%'"
    until(lambda: rows(installation, mine, f"{run_id}%") == [])
    assert bench.see(run_id) == before
    rows(installation, "UPDATE organizations SET api_quota_limit = NULL RETURNING 1")
    until(lambda: bench.see(run_id).summary.status is RunStatus.COMPLETED)
    assert bench.statuses(run_id) == {"a": ["completed"], "b": ["completed"]}
