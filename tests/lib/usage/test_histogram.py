"""Percentiles that are read from counts by bucket."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.usage.histogram import latency_of
from lib.usage.views import Latency


@given(times=st.lists(st.integers(1, 10_000_000), min_size=1, max_size=200))
def test_each_percentile_is_right_within_a_tenth(times: list[int]) -> None:
    found = latency_of(Counter(math.floor(4 * math.log2(each)) for each in times))
    rising = sorted(times)
    for value, share in ((found.p50, 0.5), (found.p95, 0.95), (found.p99, 0.99)):
        assert value == pytest.approx(rising[math.ceil(share * len(rising)) - 1], rel=0.1)


def test_nothing_timed_says_nothing() -> None:
    assert latency_of({}) == Latency()
