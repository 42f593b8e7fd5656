"""The days that a compliance report is about, by the reader's clock."""

import time
from datetime import UTC, date, datetime

import pytest

from lib import clock
from lib.audit.report.period import last_quarter, last_year, read_days
from lib.errors import InvalidInput
from lib.usage.periods import Period
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import write_entries
from tests.read_report import pro, read

__all__ = ["pro"]


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 11, 29), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 12, 31), date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_last_quarter_is_the_whole_one_before(today: date, first: date, last: date) -> None:
    assert last_quarter(today, "UTC") == Period(first, last, "UTC")
    assert last_year(today, "UTC") == Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31), "UTC")


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-02-30", "2026-03-01"), ("", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("2000-01-01", "2999-01-01")],
)
def test_days_that_are_no_period_are_refused(first: str, last: str) -> None:
    with pytest.raises(InvalidInput):
        read_days(first, last, "UTC")


@pytest.mark.usefixtures("pro")
def test_report_is_written_in_the_readers_zone(installation: Installation, cast: Cast) -> None:
    """An hour before midnight in UTC is the day after in Berlin, of a period that begins there."""
    moment = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    hours = (clock.now() - moment).total_seconds() / 3600
    write_entries(
        installation.database, cast.mona, action="projects.export", new_values={"format": "csv"}, hours_ago=hours
    )
    time.sleep(0.001)
    assert len(read(cast.alice, Period(date(2026, 7, 1), date(2026, 7, 1), "Europe/Berlin")).rows("Exports")) == 1
    assert "Nobody took" in read(cast.alice, Period(date(2026, 7, 1), date(2026, 7, 1), "UTC")).text
