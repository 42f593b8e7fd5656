"""Which bars of a period are drawn, and which of them goes on."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from lib import clock
from lib.ui.components.usage_bars import Bars, bars_of
from lib.usage.periods import Period
from lib.usage.views import Figures, Latency, UsageReport

NOON = datetime(2026, 11, 30, 12, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def bars(first: date, last: date, called: Sequence[int] = (0,)) -> Bars:
    """Those of a period that has calls in bars of these numbers."""
    period = Period(first, last, "UTC")
    starts = period.starts()
    figures = [Figures(calls=int(number in called)) for number in range(len(starts))]
    latencies = [Latency()] * len(starts)
    return bars_of(
        UsageReport(
            period=period, starts=starts, total=Figures(), latency=Latency(), bars=figures, latency_bars=latencies
        )
    )


def test_day_that_goes_on_is_not_drawn_for_it_would_look_like_a_fall() -> None:
    found = bars(date(2026, 11, 24), date(2026, 11, 30))
    assert (len(found.labels), found.drawn, found.open_one) == (7, 6, 6)


def test_of_this_day_all_hours_are_drawn_and_the_one_goes_on_that_it_is() -> None:
    found = bars(date(2026, 11, 30), date(2026, 11, 30))
    assert (len(found.labels), found.drawn) == (24, 24)
    assert found.open_one is not None
    assert found.labels[found.open_one] == "12:00"


def test_day_that_goes_on_is_drawn_where_there_would_be_nothing_else() -> None:
    assert bars(date(2026, 11, 28), date(2026, 11, 30), [2]).drawn == 3


def test_time_that_is_over_has_none_that_goes_on() -> None:
    found = bars(date(2026, 11, 1), date(2026, 11, 29))
    assert (found.drawn, found.open_one) == (29, None)
