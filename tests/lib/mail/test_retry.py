from hypothesis import given
from hypothesis import strategies as st

from lib.mail.retry import wait_seconds

DAY = 86_400


def test_waits_double_from_half_a_minute_to_a_day() -> None:
    waits = [wait_seconds(attempt, chance=0.5) for attempt in range(1, 15)]
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == DAY


@given(st.integers(min_value=1, max_value=10_000), st.floats(min_value=0, max_value=1))
def test_no_wait_is_longer_than_a_day_or_far_from_its_middle(attempt: int, chance: float) -> None:
    middle = wait_seconds(attempt, chance=0.5)
    assert 0.7 * middle <= wait_seconds(attempt, chance=chance) <= min(DAY, 1.3 * middle)
