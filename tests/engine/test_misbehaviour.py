"""The table of what models do wrong: each fault has its kind, its words, its attempts, and stands in the run."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from lib.models.run import RunStatus
from lib.providers.errors import RETRYABLE, ErrorKind
from tests.engine.conftest import Bench, chain
from tests.engine.misbehaving import Answer, Misbehaving, events, misbehaving, refusal
from tests.records import rows
from tests.whole_run import RunDetail
from tests.workers import until

__all__ = ["misbehaving"]

FINE = Answer(pieces=events("Fine."))
MOST_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """What an endpoint does, and what is to be read of it."""

    answer: Answer
    kind: ErrorKind
    status: int | None
    #: Part of the message, and of no other fault's.
    says: str
    phase: dict[str, Any] = field(default_factory=dict)


def _json(*pieces: bytes | float, **more: Any) -> Answer:
    return Answer(pieces=pieces, **more)


FAULTS = {
    "429": Fault(refusal("429 Too Many Requests", "Slow"), ErrorKind.RATE_LIMIT, 429, "asks to slow down"),
    "429-quota": Fault(
        refusal("429 Too Many Requests", "No credit", code="insufficient_quota"), ErrorKind.QUOTA, 429, "used up"
    ),
    "500": Fault(refusal("500 Internal Server Error", "Oops"), ErrorKind.SERVER, 500, "failed while answering"),
    "502": Fault(refusal("502 Bad Gateway", "Oops"), ErrorKind.SERVER, 502, "can't reach the model behind it"),
    "503": Fault(refusal("503 Service Unavailable", "Later"), ErrorKind.UNAVAILABLE, 503, "overloaded or in"),
    "504": Fault(refusal("504 Gateway Timeout", "Oops"), ErrorKind.SERVER, 504, "waited in vain"),
    "401": Fault(refusal("401 Unauthorized", "Who?"), ErrorKind.AUTH, 401, "does not accept the key"),
    "403": Fault(refusal("403 Forbidden", "No"), ErrorKind.AUTH, 403, "does not let it use"),
    "404": Fault(refusal("404 Not Found", "What?"), ErrorKind.MODEL_NOT_FOUND, 404, "does not know the model"),
    "400": Fault(refusal("400 Bad Request", "No seed here"), ErrorKind.INVALID_REQUEST, 400, "refused the request"),
    "context": Fault(
        refusal("400 Bad Request", "Too many tokens", code="context_length_exceeded"),
        ErrorKind.CONTEXT,
        400,
        "The prompt is too long",
    ),
    "moved": Fault(
        Answer("302 Found", ("Location: /elsewhere",)), ErrorKind.INVALID_REQUEST, 302, "sends callers to another"
    ),
    "silent": Fault(_json(60.0), ErrorKind.TIMEOUT, None, "sent no word within 1 s", {"timeout_seconds": 1}),
    "drip": Fault(
        _json(*events(*("drip ", 0.1) * 600)), ErrorKind.TIMEOUT, 200, "still writing after 5 s", {"timeout_seconds": 5}
    ),
    "hangs up": Fault(
        _json(b"", length=5_000), ErrorKind.CONNECTION, None, "closed the connection before the first word"
    ),
    "breaks off": Fault(
        _json(*events("Half", done=False), length=50_000), ErrorKind.STREAM_CUT, 200, "broke in the middle"
    ),
    "cut": Fault(
        _json(*events("Half", end=None, usage=False)), ErrorKind.STREAM_CUT, 200, "It came without a finish reason."
    ),
    "no usage": Fault(
        _json(*events("Whole.", usage=False)), ErrorKind.NO_USAGE, 200, "came without the count of its tokens"
    ),
    "garbled": Fault(
        _json(*events("Half", end=None, usage=False, done=False), b"data: {bro\n\n"),
        ErrorKind.MALFORMED,
        200,
        "became unreadable in the middle",
    ),
    "web page": Fault(
        Answer(headers=("Content-Type: text/html",), pieces=(b"<html>Sign in to the Wi-Fi</html>",)),
        ErrorKind.MALFORMED,
        None,
        "no valid answer",
    ),
    "empty": Fault(_json(*events("")), ErrorKind.EMPTY_ANSWER, 200, "answered without a word"),
    "refused": Fault(_json(*events("I", end="content_filter")), ErrorKind.REFUSED, 200, "The content filter of"),
}


def launch(bench: Bench, misbehaving: Misbehaving, name: str, answers: Sequence[Any], **phase: Any) -> UUID:
    model = name.replace(" ", "-")
    misbehaving.answers[model] = answers
    return bench.launch(chain("a", **{"max_attempts": MOST_ATTEMPTS, **phase}), model=f"openai:{model}")


def test_each_fault_is_told_apart_and_tried_again_as_the_policy_says(
    bench, workers, misbehaving, installation, subtests: pytest.Subtests
):
    launched = {name: launch(bench, misbehaving, name, [fault.answer], **fault.phase) for name, fault in FAULTS.items()}
    workers.start()
    ended = {name: bench.wait_for_end(run_id, seconds=120) for name, run_id in launched.items()}
    for name, run in ended.items():
        with subtests.test(name):
            _check(FAULTS[name], run, others=[other for other in FAULTS.values() if other is not FAULTS[name]])
            moments = misbehaving.moments[name.replace(" ", "-")]
            assert len(moments) == len(run.phases[0].attempts), "no hidden retries"
            waits = [attempt.error.retry_seconds for attempt in run.phases[0].attempts[:-1]]
            assert all(later - earlier >= wait for (earlier, later), wait in zip(pairwise(moments), waits, strict=True))
            usage = rows(installation, "SELECT * FROM api_usage WHERE run_id = %s", launched[name])
            assert [row["error_kind"] for row in usage] == [FAULTS[name].kind] * len(run.phases[0].attempts)


def _check(fault: Fault, run: RunDetail, *, others: Sequence[Fault]) -> None:
    is_retried = fault.kind in RETRYABLE
    (phase,) = run.phases
    assert [attempt.status.value for attempt in phase.attempts] == ["failed"] * (MOST_ATTEMPTS if is_retried else 1)
    for attempt in phase.attempts:
        error = attempt.error
        assert (error.kind, error.status) == (fault.kind, fault.status)
        assert fault.says in error.message
        assert not [other.says for other in others if other.says in error.message], "two faults share their words"
        assert error.message.endswith((".", "”"))
        assert attempt.response == ""
        assert attempt.execution_time_ms is not None
        assert attempt.finish_reason == "error"
    if is_retried:
        assert phase.attempts[0].error.retry_reason.startswith("tried again after")
        assert phase.attempts[0].error.retry_seconds > 0
    last = phase.newest.error
    assert last.retry_seconds is None
    assert last.retry_reason
    assert run.summary.status is RunStatus.FAILED
    assert (run.error.kind, run.error.message) == (last.kind, last.message)
    assert (run.error.phase, run.error.attempt) == ("a", len(phase.attempts))


def _in_seconds(seconds: int) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + seconds))


def test_wait_that_is_asked_for_is_kept_and_then_all_is_fine(bench, workers, misbehaving):
    asked = {
        "seconds": refusal("429 Too Many Requests", "Slow", "Retry-After: 3"),
        "date": lambda: refusal("429 Too Many Requests", "Slow", f"Retry-After: {_in_seconds(6)}"),
    }
    runs = {name: launch(bench, misbehaving, name, [answer, FINE]) for name, answer in asked.items()}
    workers.start()
    for name, run_id in runs.items():
        run = bench.wait_for_end(run_id)
        assert run.summary.status is RunStatus.COMPLETED
        assert bench.statuses(run_id) == {"a": ["failed", "completed"]}
        asked_to_wait = run.phases[0].attempts[0].error.retry_seconds
        assert asked_to_wait > 3, "more than the policy's own second"
        assert misbehaving.moments[name][1] - misbehaving.moments[name][0] >= asked_to_wait


def test_whoever_asks_to_come_back_tomorrow_is_not_waited_for(bench, workers, misbehaving):
    refused = refusal("429 Too Many Requests", "Come tomorrow", "Retry-After: 86400")
    run_id = launch(bench, misbehaving, "tomorrow", [refused])
    workers.start()
    run = bench.wait_for_end(run_id)
    assert bench.statuses(run_id) == {"a": ["failed"]}
    assert "It asks to wait 86400 s." in run.error.message
    assert run.error.retry_reason == "the provider asks to wait 86400 s"


def test_wait_that_is_asked_for_outlives_its_worker(bench, workers, misbehaving):
    run_id = launch(bench, misbehaving, "slow", [refusal("429 Too Many Requests", "Slow", "Retry-After: 12"), FINE])
    workers.start("first")
    until(lambda: bench.statuses(run_id) == {"a": ["failed"]})
    workers.kill("first")
    workers.start("second")
    assert bench.wait_for_end(run_id).summary.status is RunStatus.COMPLETED
    assert misbehaving.moments["slow"][1] - misbehaving.moments["slow"][0] >= 12


def test_endpoint_that_goes_away_in_mid_run_is_said(bench, workers, misbehaving):
    misbehaving.answers["m"] = [Answer(pieces=(b"",), length=0), FINE]
    run_id = launch(bench, misbehaving, "m", [FINE])
    misbehaving.stop()
    workers.start()
    run = bench.wait_for_end(run_id)
    assert bench.statuses(run_id) == {"a": ["failed", "failed"]}
    assert run.error.kind == ErrorKind.CONNECTION
    assert "nothing answers at this address" in run.error.message


def test_answer_of_a_megabyte_is_kept_whole(bench, workers, misbehaving):
    piece = "All work and no play. " * 50
    run_id = launch(bench, misbehaving, "long", [Answer(pieces=events(*[piece] * 1_000))])
    workers.start()
    run = bench.wait_for_end(run_id)
    assert run.summary.status is RunStatus.COMPLETED
    assert run.phases[0].newest.response == (piece * 1_000).strip()


def test_answer_that_never_ends_is_stopped(bench, workers, misbehaving):
    piece = "x" * 100_000
    run_id = launch(bench, misbehaving, "endless", [Answer(pieces=events(*[piece] * 100))])
    workers.start()
    run = bench.wait_for_end(run_id)
    assert run.error.kind == ErrorKind.TOO_LONG
    assert "max_tokens" in run.error.message
    assert bench.statuses(run_id) == {"a": ["failed"]}, "it would do so again"


def test_what_the_database_can_not_keep_is_replaced_in_answers_and_left_out_of_errors(bench, workers, misbehaving):
    odd = "a\x00b \ud83d c"
    fine = launch(
        bench, misbehaving, "odd", [Answer(pieces=events(odd, " and a wheel in two halves: \ud83d", "\ude00"))]
    )
    failed = launch(bench, misbehaving, "oddly", [refusal("400 Bad Request", odd)])
    workers.start()
    assert bench.wait_for_end(fine).phases[0].newest.response == "a\ufffdb \ufffd c and a wheel in two halves: 😀"
    run = bench.wait_for_end(failed)
    assert run.error.kind == ErrorKind.INVALID_REQUEST
    assert "\x00" not in run.error.message
