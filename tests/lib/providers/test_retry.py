import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.providers.errors import RETRYABLE, ErrorKind
from lib.providers.retry import LONGEST_RETRY_AFTER_SECONDS, decide, jitter_of

#: The whole table: what follows the first of three attempts.
FIRST_OF_THREE = {
    ErrorKind.RATE_LIMIT: 1.0,
    ErrorKind.QUOTA: None,
    ErrorKind.AUTH: None,
    ErrorKind.MODEL_NOT_FOUND: None,
    ErrorKind.CONTEXT: None,
    ErrorKind.TIMEOUT: 1.0,
    ErrorKind.STALLED: 1.0,
    ErrorKind.CONNECTION: 1.0,
    ErrorKind.UNAVAILABLE: 1.0,
    ErrorKind.SERVER: 1.0,
    ErrorKind.INVALID_REQUEST: None,
    ErrorKind.STREAM_CUT: 1.0,
    ErrorKind.EMPTY_ANSWER: 1.0,
    ErrorKind.NO_USAGE: 1.0,
    ErrorKind.MALFORMED: 1.0,
    ErrorKind.TOO_LONG: None,
    ErrorKind.REFUSED: None,
    ErrorKind.NOT_CONFIGURED: None,
    ErrorKind.LOCAL_MODEL: 0.0,
    ErrorKind.INVALID_OUTPUT: None,
    ErrorKind.INTERNAL: 1.0,
    ErrorKind.LOST: 0.0,
}


def test_the_table_names_every_kind() -> None:
    assert set(FIRST_OF_THREE) == set(ErrorKind)


@pytest.mark.parametrize("kind", ErrorKind)
def test_what_follows_a_first_failure(kind: ErrorKind) -> None:
    assert decide(kind, attempt=1, max_attempts=3).wait_seconds == FIRST_OF_THREE[kind]


@pytest.mark.parametrize("kind", ErrorKind)
def test_the_last_attempt_is_the_last(kind: ErrorKind) -> None:
    for attempt, most in [(1, 1), (3, 3), (4, 3)]:
        decision = decide(kind, attempt=attempt, max_attempts=most)
        assert decision.wait_seconds is None
        assert decision.reason


def test_the_wait_doubles_up_to_a_minute() -> None:
    waits = [decide(ErrorKind.SERVER, attempt=n, max_attempts=100).wait_seconds for n in (1, 2, 3, 4, 5, 6, 7, 8, 50)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_process_that_keeps_dying_is_not_started_without_a_pause() -> None:
    assert decide(ErrorKind.LOCAL_MODEL, attempt=2, max_attempts=3).wait_seconds == 2.0


def test_jitter_shortens_by_up_to_half() -> None:
    assert decide(ErrorKind.SERVER, attempt=3, max_attempts=9, jitter=0.5).wait_seconds == 3.0
    assert decide(ErrorKind.SERVER, attempt=3, max_attempts=9, jitter=1).wait_seconds == 2.0


def test_a_wait_that_is_asked_for_is_kept() -> None:
    decision = decide(ErrorKind.RATE_LIMIT, attempt=1, max_attempts=3, retry_after_seconds=30, jitter=0.25)
    assert decision.wait_seconds == 30.25


def test_a_wait_that_is_asked_for_does_not_shorten_ours() -> None:
    assert decide(ErrorKind.RATE_LIMIT, attempt=4, max_attempts=9, retry_after_seconds=0.1).wait_seconds == 8.0


def test_whoever_asks_for_too_long_is_not_asked_again() -> None:
    longest = LONGEST_RETRY_AFTER_SECONDS
    assert decide(ErrorKind.RATE_LIMIT, attempt=1, max_attempts=3, retry_after_seconds=longest).wait_seconds is not None
    stopped = decide(ErrorKind.RATE_LIMIT, attempt=1, max_attempts=3, retry_after_seconds=longest + 1)
    assert stopped.wait_seconds is None
    assert "301 s" in stopped.reason


@given(
    kind=st.sampled_from(ErrorKind),
    attempt=st.integers(1, 20),
    most=st.integers(1, 10),
    asked=st.none() | st.floats(allow_nan=False),
    jitter=st.floats(0, 1),
)
def test_no_wait_is_ever_too_long_or_too_short(
    kind: ErrorKind, attempt: int, most: int, asked: float | None, jitter: float
) -> None:
    wait = decide(kind, attempt=attempt, max_attempts=most, retry_after_seconds=asked, jitter=jitter).wait_seconds
    if wait is None:
        return
    assert kind in RETRYABLE
    assert attempt < most
    assert 0 <= wait <= LONGEST_RETRY_AFTER_SECONDS + 1
    assert wait >= (asked or 0) or (attempt == 1 and wait == 0)


def test_jitter_is_the_same_for_the_same_attempt_and_spread_over_others() -> None:
    assert jitter_of("run", "Phase 1", 2) == jitter_of("run", "Phase 1", 2)
    spread = [jitter_of("run", "Phase 1", attempt) for attempt in range(200)]
    assert all(0 <= value < 1 for value in spread)
    assert min(spread) < 0.1
    assert max(spread) > 0.9
