"""What people may do to an operation past every use case, by SQL: nothing to one that is under way."""

import threading
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests import doors
from tests.cast import Cast
from tests.engine.test_operations import _switched_on, call, only, receiver
from tests.engine.walking import walk
from tests.receiver import wait_for
from tests.records import rows

__all__ = ["_switched_on", "receiver"]

CANCEL = "UPDATE integration_operations SET status = 'cancelled' WHERE run_id = %s"
WANT = "UPDATE orchestration_runs SET cancel_requested_at = now() WHERE id = %s"
TRAIL = "SELECT 1 FROM audit_logs WHERE resource_id = %s AND action = 'orchestrations.cancel'"


def cancel_by_sql(installation: Any, cast: Cast, run_id: UUID, *, first: str | None = None) -> None:
    with doors.person(installation.database, cast.alice) as connection:
        if first:
            connection.execute(first.encode(), [run_id])
        connection.execute(CANCEL.encode(), [run_id])


def test_operation_that_is_under_way_is_its_workers_to_end(bench, installation, receiver):
    receiver.answers = ["hang", (200, {}, b"taken")]
    run_id = bench.launch([{"code": "a", "operations": [call(receiver)]}])
    said: list[list[str]] = []
    walking = threading.Thread(target=lambda: said.append(walk(bench, installation, run_id)))
    walking.start()
    wait_for(receiver, 1)
    for first in (None, WANT):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="from running to cancelled"):
            cancel_by_sql(installation, bench.cast, run_id, first=first)
    receiver.stops.set()
    walking.join()
    assert said == [["completed"]]
    done = only(bench, run_id)
    assert done.status == "completed"
    used = rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s AND endpoint = 'http.request'", run_id)
    assert len(used) == done.attempts


def test_operation_that_waits_is_cancelled_with_its_run_alone_and_the_trail_says_so(bench, installation, receiver):
    run_id = bench.launch([{"code": "a", "operations": [call(receiver, requires_approval=True)]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="from waiting_approval"):
        cancel_by_sql(installation, bench.cast, run_id)
    assert rows(installation, TRAIL, run_id) == []
    cancel_by_sql(installation, bench.cast, run_id, first=WANT)
    assert len(rows(installation, TRAIL, run_id)) == 1
    assert "The run ended" in only(bench, run_id).message
