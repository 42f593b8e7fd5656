"""When a delivery is tried again."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from lib.webhooks.retry import MOST_ATTEMPTS, RetryDecision, decide

ATTEMPTS = st.integers(1, MOST_ATTEMPTS - 1)
CHANCES = st.floats(0, 1)


def test_waits_grow_from_seconds_to_most_of_a_day() -> None:
    waits = [decide(attempt, chance=0.8).wait_seconds for attempt in range(1, MOST_ATTEMPTS)]
    assert waits == [15, 60, 240, 960, 3_840, 15_360, 61_440]


def test_last_attempt_is_within_a_day_whatever_chance_says() -> None:
    for chance in (0.0, 1.0):
        waits = [decide(attempt, chance=chance).wait_seconds or 0 for attempt in range(1, MOST_ATTEMPTS)]
        assert timedelta(hours=18) < timedelta(seconds=sum(waits)) < timedelta(hours=24)


def test_nothing_follows_the_last_attempt_however_long_it_is_to_be_waited() -> None:
    assert decide(MOST_ATTEMPTS, chance=0.5) == RetryDecision(None)
    assert decide(MOST_ATTEMPTS, chance=0.5, retry_after_seconds=10) == RetryDecision(None, 10)


@given(attempt=ATTEMPTS, chance=CHANCES, asked=st.floats(0, 10**9))
def test_endpoint_gets_the_time_that_it_asks_for_up_to_a_day(attempt: int, chance: float, asked: float) -> None:
    own = decide(attempt, chance=chance).wait_seconds
    decision = decide(attempt, chance=chance, retry_after_seconds=asked)
    assert own is not None
    assert decision.hold_seconds == min(asked, 86_400)
    assert decision.wait_seconds == max(own, min(asked, 86_400))
