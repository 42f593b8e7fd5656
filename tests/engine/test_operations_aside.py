"""A run of which nothing but waits is left, those of operations too, is set aside, and taken up for what is due."""

from lib.runs.operating.service import decide_operation
from tests.engine.test_operations import _switched_on, call, only, operations, receiver
from tests.engine.walking import walk
from tests.records import row, rows

__all__ = ["_switched_on", "receiver"]

#: Not before half a minute from then.
LATER = (503, {"Retry-After": "30"}, b"")
TAKEN = (200, {}, b"taken")
REST = "SELECT extract(epoch FROM resume_at - now())::float AS seconds FROM orchestration_runs WHERE id = %s"
QUEUED = "SELECT 1 FROM dbos.workflow_status WHERE deduplication_id = %s"


def test_run_rests_until_the_operation_that_it_waits_for_is_due(bench, installation, receiver):
    receiver.answers = [LATER, TAKEN]
    run_id = bench.launch([{"code": "a", "operations": [call(receiver)]}])
    assert walk(bench, installation, run_id) == ["resting"]
    assert 0 < row(installation, REST, run_id)["seconds"] < 60
    assert walk(bench, installation, run_id) == ["resting"], "who takes it up too early does nothing"
    assert (only(bench, run_id).status, only(bench, run_id).attempts, len(receiver.received)) == ("pending", 1, 1)
    rows(installation, "UPDATE integration_operations SET next_attempt_at = now() RETURNING 1")
    assert walk(bench, installation, run_id) == ["completed"]
    assert (only(bench, run_id).attempts, len(set(receiver.keys))) == (2, 1)


def test_word_on_an_operation_takes_up_a_run_that_was_set_aside(bench, installation, receiver):
    receiver.answers = [LATER, TAKEN]
    found = [call(receiver), call(receiver, requires_approval=True)]
    run_id = bench.launch([{"code": "a", "operations": found}])
    assert walk(bench, installation, run_id) == ["resting"]
    rows(installation, "DELETE FROM dbos.workflow_status WHERE deduplication_id = %s RETURNING 1", str(run_id))
    later, asked = operations(bench, run_id)
    assert (later.status, asked.status) == ("pending", "waiting_approval")
    decide_operation(bench.cast.mona, asked.id, is_approved=True)
    assert row(installation, REST, run_id)["seconds"] is None
    assert len(rows(installation, QUEUED, str(run_id))) == 1
    assert walk(bench, installation, run_id) == ["resting"]
    assert [each.status for each in operations(bench, run_id)] == ["pending", "completed"]
    assert len(receiver.received) == 2
