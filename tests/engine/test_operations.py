"""What is done after a phase: once, by people's leave, and by real receivers with real faults."""

import json
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from llmock.scenarios import Delay, Fail, Match, Reply

from lib.connections.integrations.service import create_integration
from lib.connections.integrations.views import IntegrationEntry
from lib.errors import Conflict, NotFound, NotPermitted
from lib.integrations.folder import artifact_folder, read_artifact
from lib.models.run import RunStatus
from lib.runs.operating.service import decide_operation, list_operations
from lib.runs.operating.views import OperationView
from lib.runs.service import cancel_run
from lib.runs.steering import pause_run
from tests import doors
from tests.engine.conftest import CHAT, Bench
from tests.engine.test_reviews import Decision, decide
from tests.engine.walking import walk
from tests.made_runs import call_worker
from tests.receiver import METADATA, Receiver, wait_for
from tests.receiver import allowed_receiver as receiver
from tests.records import rows
from tests.retrying import go_on
from tests.workers import until

__all__ = ["receiver"]

USAGE = "SELECT * FROM api_usage WHERE run_id = %s AND endpoint = 'http.request' ORDER BY created_at"
ONCE = {"requires_approval": False}


@pytest.fixture(autouse=True)
def _switched_on(installation, cast) -> None:
    """Alice's organization lets operations be done."""
    switch(installation, is_on=True)


def switch(installation: Any, *, is_on: bool) -> None:
    settings = json.dumps({"integration_enabled": is_on})
    rows(installation, "UPDATE organizations SET settings = settings || %s RETURNING 1", settings)


def call(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """An operation that sends the answer to the receiver, without asking anybody."""
    parameters = {"url": f"{receiver.url}/items", "json_body": {"text": "{{ answer }}"}}
    return {"type": "http.request", "parameters": parameters, **ONCE, **more}


def write(**parameters: Any) -> dict[str, Any]:
    return {"type": "artifact.write", "parameters": parameters}


def operations(bench: Bench, run_id: UUID) -> list[OperationView]:
    return list(list_operations(bench.cast.alice, run_id))


def only(bench: Bench, run_id: UUID) -> OperationView:
    (found,) = operations(bench, run_id)
    return found


def file_of(bench: Bench, run_id: UUID, operation: OperationView) -> bytes | None:
    place = (bench.cast.organization_a, run_id, operation.id)
    return read_artifact(artifact_folder(), place, PurePosixPath(operation.result["path"]))


def test_answer_is_sent_and_written_when_its_phase_is_completed(bench, installation, endpoint, receiver):
    endpoint.state.scenarios.add(Reply(text='Fold it "twice".', times=None, match=CHAT))
    first = {"code": "a", "operations": [call(receiver, name="Tell the tracker"), write(path="{{ phase.name }}.md")]}
    last = {"code": "b", "operations": [write(path="all.md", content="{{ answers }}")]}
    run_id = bench.launch([first, last])
    assert walk(bench, installation, run_id) == ["completed"]
    sent, written, all_of_it = operations(bench, run_id)
    assert [each.status for each in (sent, written, all_of_it)] == ["completed"] * 3
    assert [json.loads(each.body) for each in receiver.received] == [{"text": 'Fold it "twice".'}]
    assert (sent.name, sent.phase_code, sent.attempts, sent.result["response"]) == ("Tell the tracker", "a", 1, "taken")
    assert file_of(bench, run_id, written) == b'Fold it "twice".'
    assert file_of(bench, run_id, all_of_it) == b'# A\n\nFold it "twice".\n\n# B\n\nFold it "twice".'
    (used,) = rows(installation, USAGE, run_id)
    assert (used["status_code"], used["cost_usd"], used["error_kind"]) == (200, 0, None)
    assert used["response_time_ms"] >= 0
    assert bench.see(run_id).summary.status is RunStatus.COMPLETED


def test_condition_that_is_not_true_cancels_one_and_not_the_others(bench, installation, receiver):
    found = [call(receiver, condition="answer == 'nothing'"), call(receiver, condition="topic")]
    run_id = bench.launch([{"code": "a", "operations": found}])
    assert walk(bench, installation, run_id) == ["completed"]
    first, second = operations(bench, run_id)
    assert (first.status, second.status) == ("cancelled", "completed")
    assert "its condition is not true" in first.message
    assert len(receiver.received) == 1


def test_dry_run_does_nothing_and_says_what_it_would(bench, installation, receiver):
    switch(installation, is_on=False)
    run_id = bench.launch([{"code": "a", "operations": [call(receiver, requires_approval=True), write(path="x.md")]}])
    assert walk(bench, installation, run_id) == ["completed"]
    sent, written = operations(bench, run_id)
    assert sent.is_dry_run
    assert sent.result["would"].startswith(f"POST {receiver.url}/items with ")
    assert written.result["would"].startswith("Write “x.md” (")
    assert (sent.attempts, written.attempts, receiver.received) == (0, 0, [])
    assert rows(installation, USAGE, run_id) == []


def test_dry_run_says_what_would_fail_and_does_not_fail_for_it(bench, installation):
    switch(installation, is_on=False)
    run_id = bench.launch([{"code": "a", "operations": [write(content="{{ nobody }}"), write() | {"condition": "''"}]}])
    assert walk(bench, installation, run_id) == ["completed"]
    failing, unasked = operations(bench, run_id)
    assert failing.result["would"].startswith("It would fail: Its parameters can't be filled in: ")
    assert (failing.is_dry_run, unasked.status) == (True, "cancelled")


def test_what_is_switched_off_meanwhile_is_not_done(bench, installation, receiver):
    run_id = bench.launch([{"code": "a", "operations": [call(receiver, requires_approval=True)]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    switch(installation, is_on=False)
    decide_operation(bench.cast.mona, only(bench, run_id).id, is_approved=True)
    assert walk(bench, installation, run_id) == ["completed"]
    assert only(bench, run_id).status == "cancelled"
    assert receiver.received == []


def test_outside_effect_waits_for_somebody_else_and_holds_no_worker(bench, installation, receiver):
    operation = {key: value for key, value in call(receiver).items() if key != "requires_approval"}
    run_id = bench.launch([{"code": "a", "operations": [operation, write(path="x.md")]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    waiting, written = operations(bench, run_id)
    assert (waiting.status, written.status, receiver.received) == ("waiting_approval", "completed", [])
    assert waiting.params["json_body"] == {"text": bench.see(run_id).phases[0].newest.response}
    held = "SELECT 1 FROM orchestration_runs WHERE worker_token IS NOT NULL OR admitted_at IS NOT NULL"
    assert rows(installation, held) == []
    assert (waiting.may_approve, waiting.may_reject) == (False, True)  # alice has launched it
    with pytest.raises(NotPermitted, match="somebody else has to approve"):
        decide_operation(bench.cast.alice, waiting.id, is_approved=True)
    with pytest.raises(NotPermitted):
        decide_operation(bench.cast.vera, waiting.id, is_approved=True)
    with pytest.raises(NotFound):
        decide_operation(bench.cast.charlie, waiting.id, is_approved=True)
    decide_operation(bench.cast.mona, waiting.id, is_approved=True)
    assert bench.see(run_id).summary.status is RunStatus.QUEUED
    assert walk(bench, installation, run_id) == ["completed"]
    done = operations(bench, run_id)[0]
    assert (done.status, done.decided_by.name, len(receiver.received)) == ("completed", "Mona", 1)
    with pytest.raises(Conflict, match="completed by now"):
        decide_operation(bench.cast.mona, waiting.id, is_approved=False, reason="Too late.")


def test_rejected_one_is_not_done_and_does_not_fail_the_run(bench, installation, receiver):
    run_id = bench.launch([{"code": "a", "operations": [call(receiver, requires_approval=True)]}, {"code": "b"}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    decide_operation(bench.cast.alice, only(bench, run_id).id, is_approved=False, reason="Not this one.")
    assert walk(bench, installation, run_id) == ["completed"]
    assert (only(bench, run_id).status, only(bench, run_id).message) == ("rejected", "Not this one.")
    assert receiver.received == []
    trail = "SELECT new_values FROM audit_logs WHERE action = 'operations.reject' AND resource_id = %s"
    assert rows(installation, trail, run_id)[0]["new_values"]["type"] == "http.request"


def test_receiver_that_fails_is_tried_again_with_the_same_key(bench, installation, receiver):
    receiver.answers = [(500, {}, b""), (200, {}, b"taken")]
    run_id = bench.launch([{"code": "a", "operations": [call(receiver)]}])
    assert walk(bench, installation, run_id) == ["completed"]
    done = only(bench, run_id)
    assert (done.status, done.attempts) == ("completed", 2)
    assert len(receiver.keys) == 2
    assert len(set(receiver.keys)) == 1
    used = rows(installation, USAGE, run_id)
    assert [(each["status_code"], each["error_kind"]) for each in used] == [(500, "busy"), (200, None)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [((404, {}, b""), "answered 404"), ((302, {"Location": METADATA}, b""), "redirects are not followed")],
)
def test_final_refusal_fails_the_run_by_its_phase(bench, installation, receiver, answer, said):
    receiver.answers = [answer]
    run_id = bench.launch([{"code": "a", "operations": [call(receiver, name="Tell")]}, {"code": "b"}])
    assert walk(bench, installation, run_id) == ["failed"]
    error = bench.see(run_id).error
    assert (error.kind, error.phase) == ("operation", "a")
    assert "“Tell” after Phase 1 “A” failed" in error.message
    assert said in error.message
    assert (only(bench, run_id).status, len(receiver.received)) == ("failed", 1)


def test_what_can_not_be_filled_in_fails_without_a_call(bench, installation, receiver):
    found = [write(path="../{{ topic }}"), write(content="{{ nobody }}"), write(path="{{ answer }}\n")]
    run_id = bench.launch([{"code": "a", "operations": found}])
    assert walk(bench, installation, run_id) == ["failed"]
    assert [each.status for each in operations(bench, run_id)][:2] == ["failed", "failed"]
    assert "would lead elsewhere" in operations(bench, run_id)[0].message
    assert "“nobody”" in operations(bench, run_id)[1].message


def test_retry_does_what_was_not_done_and_nothing_twice(bench, installation, receiver):
    receiver.answers = [(200, {}, b"first"), (404, {}, b""), (200, {}, b"second")]
    # one after the other: the second one waits for the first one's phase
    phases = [{"code": "a", "operations": [call(receiver)]}, {"code": "b", "operations": [call(receiver)]}]
    run_id = bench.launch(phases)
    assert walk(bench, installation, run_id) == ["failed"]
    again = go_on(bench.cast.alice, run_id)
    assert walk(bench, installation, again) == ["completed"]
    first, second = operations(bench, again)
    assert (first.is_reused, first.result["response"], first.attempts) == (True, "first", 0)
    assert (second.is_reused, second.result["response"], second.attempts) == (False, "second", 1)
    assert len(receiver.received) == 3
    assert bench.statuses(again) == {"a": ["completed"], "b": ["completed"]}
    models = rows(installation, "SELECT 1 FROM api_usage WHERE run_id = %s AND model IS NOT NULL", again)
    assert models == [], "no phase is asked anew"


def test_operation_after_a_review_reads_what_was_approved(bench, installation, receiver, endpoint):
    run_id = bench.launch([{"code": "a", "review": {}, "operations": [call(receiver)]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    assert operations(bench, run_id) == []
    decide(bench, run_id, Decision.APPROVE_WITH_EDITS, edited="Fold it three times.")
    call_worker(installation.database, "SELECT api.requeue_lost_runs()")  # as the beat does
    assert walk(bench, installation, run_id) == ["completed"]
    assert json.loads(receiver.received[0].body) == {"text": "Fold it three times."}


def test_cancelled_run_does_nothing_further(bench, installation, receiver):
    run_id = bench.launch([{"code": "a", "operations": [call(receiver, requires_approval=True)]}])
    assert walk(bench, installation, run_id) == ["waiting_review"]
    cancel_run(bench.cast.alice, run_id)
    assert (only(bench, run_id).status, only(bench, run_id).message) == (
        "cancelled",
        "The run ended before it was done.",
    )
    with pytest.raises(Conflict):
        decide_operation(bench.cast.mona, only(bench, run_id).id, is_approved=True)


def test_secret_goes_to_the_receiver_and_into_no_row(bench, installation, receiver):
    secret = "Bearer planted-51c7e0aa93d2"
    entry = IntegrationEntry(kind="http.request", name="Tracker", target=receiver.url, secret=secret)
    create_integration(bench.cast.alice, entry)
    receiver.answers = [(200, {}, f"hello {secret}".encode())]
    parameters = {"url": f"{receiver.url}/items", "connection": "tracker"}
    run_id = bench.launch([{"code": "a", "operations": [{"type": "http.request", "parameters": parameters, **ONCE}]}])
    assert walk(bench, installation, run_id) == ["completed"]
    assert receiver.received[0].headers["authorization"] == secret
    for table in ("integration_operations", "orchestration_runs", "phase_executions", "api_usage", "audit_logs"):
        found = rows(installation, f"SELECT to_jsonb(t)::text AS said FROM {table} t")
        assert not any("planted-51c7" in each["said"] for each in found), table


@pytest.mark.parametrize("change", ["delete", "deactivate", "another kind"])
def test_connection_that_is_gone_fails_the_operation_in_words(bench, installation, receiver, change):
    entry = IntegrationEntry(kind="http.request", name="Tracker", target=receiver.url, secret="Bearer 0123456789abcdef")
    create_integration(bench.cast.alice, entry)
    statement = {
        "delete": "DELETE FROM integration_connections RETURNING 1",
        "deactivate": "UPDATE integration_connections SET is_active = false RETURNING 1",
        "another kind": "SET session_replication_role = replica; "
        "UPDATE integration_connections SET kind = 'artifact.write'",
    }[change]
    parameters = {"url": f"{receiver.url}/items", "connection": "tracker"}
    run_id = bench.launch([{"code": "a", "operations": [{"type": "http.request", "parameters": parameters, **ONCE}]}])
    with doors.admin(installation.database) as connection:
        connection.execute(statement.encode())
    assert walk(bench, installation, run_id) == ["failed"]
    assert "integration" in only(bench, run_id).message
    assert receiver.received == []


def test_worker_killed_between_effect_and_record_sends_the_same_key_again(bench, workers, installation, receiver):
    receiver.answers = ["hang", (200, {}, b"taken")]
    workers.start("first")
    run_id = bench.launch([{"code": "a", "operations": [call(receiver)]}])
    wait_for(receiver, 1)
    workers.kill("first")
    workers.start("second")
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert len(receiver.keys) == 2
    assert len(set(receiver.keys)) == 1
    done = only(bench, run_id)
    assert (done.status, done.attempts) == ("completed", 2)
    used = rows(installation, USAGE, run_id)
    assert [each["error_kind"] for each in used] == ["lost", None]


def test_approval_is_taken_up_while_another_phase_is_written(bench, workers, endpoint, receiver):
    endpoint.state.scenarios.add(Delay(seconds=20, match=Match(path="*completions", model="gpt-4o")))
    workers.start()
    first = {"code": "a", "depends_on": [], "operations": [call(receiver, requires_approval=True)]}
    slow = {"code": "slow", "depends_on": [], "model": "openai:gpt-4o"}
    run_id = bench.launch([first, slow])
    until(lambda: any(each.status == "waiting_approval" for each in operations(bench, run_id)))
    decide_operation(bench.cast.mona, only(bench, run_id).id, is_approved=True)
    until(lambda: only(bench, run_id).status == "completed", 15.0)
    assert bench.statuses(run_id)["slow"] == ["running"]
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED


def test_pause_lets_a_call_end_and_cancel_ends_it(bench, workers, receiver):
    receiver.answers = ["hang"]
    workers.start()
    run_id = bench.launch([{"code": "a", "operations": [call(receiver)]}])
    wait_for(receiver, 1)
    pause_run(bench.cast.alice, run_id)
    assert bench.see(run_id).summary.status is RunStatus.RUNNING
    cancel_run(bench.cast.alice, run_id)
    assert bench.wait_for_end(run_id).summary.status is RunStatus.CANCELLED
    assert (only(bench, run_id).status, "it may have happened" in only(bench, run_id).message) == ("cancelled", True)


def test_phase_that_fails_leaves_what_waits_undone(bench, installation, endpoint, receiver):
    endpoint.state.scenarios.add(Fail(status=401, match=Match(path="*completions", model="gpt-4o")))
    first = {"code": "a", "operations": [call(receiver, requires_approval=True)]}
    run_id = bench.launch([first, {"code": "b", "model": "openai:gpt-4o"}])
    assert walk(bench, installation, run_id) == ["failed"]
    assert only(bench, run_id).status == "cancelled"
    assert receiver.received == []
