"""When a schedule runs, also where clocks change, and what is no schedule."""

from datetime import UTC, datetime, timedelta

import pytest

from lib.config import get_settings
from lib.errors import InvalidInput
from lib.schedules.timetable import Timetable, clean_cron, make_timetable

BERLIN = "Europe/Berlin"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def _times(cron: str, after: str, *, zone: str = BERLIN, count: int = 4) -> list[str]:
    """In UTC, as `29 01:00`."""
    table = Timetable(cron=cron, time_zone=zone)
    found = table.upcoming(datetime.fromisoformat(after + "+00:00"), count=count)
    return [f"{time.astimezone(UTC):%d %H:%M}" for time in found]


def test_time_that_does_not_exist_runs_once_after_the_gap() -> None:
    """On 29 March 2026 clocks go from 2:00 to 3:00, which is 1:00 UTC."""
    assert _times("30 2 * * *", "2026-03-28 00:00") == ["28 01:30", "29 01:00", "30 00:30", "31 00:30"]


def test_time_that_is_there_twice_runs_once() -> None:
    """On 25 October 2026 clocks go from 3:00 back to 2:00, which is 1:00 UTC."""
    assert _times("30 2 * * *", "2026-10-24 00:00") == ["24 00:30", "25 00:30", "26 01:30", "27 01:30"]


@pytest.mark.parametrize("after", ["2026-03-28 23:00", "2026-10-24 23:00"])
def test_every_hour_goes_on_evenly_where_clocks_change(after: str) -> None:
    day = int(after[8:10]) + 1
    assert _times("0 * * * *", after) == [f"{day} {hour:02d}:00" for hour in range(4)]


def test_same_time_of_day_moves_with_the_clocks() -> None:
    assert _times("0 7 * * *", "2026-03-28 00:00", count=2) == ["28 06:00", "29 05:00"]
    assert _times("0 7 * * *", "2026-03-28 00:00", zone="Asia/Tokyo", count=2) == ["28 22:00", "29 22:00"]


def test_half_an_hour_of_shift_is_a_shift_as_well() -> None:
    """Lord Howe Island: on 4 October 2026 from 2:00 to 2:30, which is 15:30 UTC of the day before."""
    assert _times("15 2 * * *", "2026-10-02 00:00", zone="Australia/Lord_Howe", count=3) == [
        "02 15:45",
        "03 15:30",
        "04 15:15",
    ]


@pytest.mark.parametrize(
    ("cron", "after", "times"),
    [
        ("*/20 2 * * *", "2026-03-28 12:00", ["29 01:00", "30 00:00", "30 00:20", "30 00:40"]),
        ("*/20 2 * * *", "2026-10-24 12:00", ["25 00:00", "25 00:20", "25 00:40", "26 01:00"]),
        ("30 */2 * * *", "2026-03-28 22:00", ["28 23:30", "29 01:00", "29 02:30", "29 04:30"]),
        ("30 */2 * * *", "2026-10-24 22:00", ["24 22:30", "25 00:30", "25 03:30", "25 05:30"]),
    ],
)
def test_line_that_names_hours_has_each_of_its_times_once(cron: str, after: str, times: list[str]) -> None:
    assert _times(cron, after) == times


@pytest.mark.parametrize("minute", range(60))
def test_next_time_is_later_in_the_hour_that_is_there_twice(minute: int) -> None:
    assert _times("30 2 * * *", f"2026-10-25 01:{minute:02d}", count=1) == ["26 01:30"]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "times"),
    [
        # 2:30 comes at 3:00, and 3:02 would come two minutes later
        ("2,30 2,3 * * *", BERLIN, "2026-03-28 23:00", ["29 01:00", "29 01:30"]),
        ("57 1,3 * * *", BERLIN, "2026-03-28 23:00", ["29 00:57", "29 01:57"]),
        ("1,57 1,3 * * *", BERLIN, "2026-03-29 00:30", ["29 00:57", "29 01:57"]),  # 3:01 is 4 minutes after 1:57
        # from 2:00 back to 1:30, which is 15:00 UTC: 1:31 would come again two minutes after 1:59
        ("31,59 * * * *", "Australia/Lord_Howe", "2026-04-04 14:45", ["04 14:59", "04 15:29"]),
    ],
)
def test_change_of_clocks_brings_none_nearer_than_five_minutes(
    cron: str, zone: str, after: str, times: list[str]
) -> None:
    assert make_timetable(cron, zone, now=NEW_YEAR)
    assert _times(cron, after, zone=zone, count=2) == times


def test_who_may_run_every_minute_does_so_where_clocks_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SCHEDULE_MINUTES", "1")
    get_settings.cache_clear()
    assert make_timetable("* * * * *", BERLIN, now=NEW_YEAR)
    assert _times("* * * * *", "2026-10-25 00:58", count=3) == ["25 00:59", "25 01:00", "25 01:01"]


def test_once_a_day_is_once_a_day_on_the_day_of_23_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SCHEDULE_MINUTES", "1440")
    get_settings.cache_clear()
    assert make_timetable("0 7 * * *", BERLIN, now=NEW_YEAR + timedelta(days=80))
    assert _times("0 7 * * *", "2026-03-28 00:00", count=2) == ["28 06:00", "29 05:00"]


def test_first_and_last_day_bound_the_times() -> None:
    begin, end = NEW_YEAR + timedelta(days=3), NEW_YEAR + timedelta(days=5)
    table = Timetable(cron="0 0 * * *", time_zone="UTC", starts_at=begin, ends_at=end)
    assert table.upcoming(NEW_YEAR, count=9) == (begin, begin + timedelta(days=1))
    assert table.after(begin + timedelta(days=1)) is None


@pytest.mark.parametrize(("cron", "zone"), [("nonsense", BERLIN), ("0 0 7 * * *", BERLIN), ("0 7 * * *", "Europe")])
def test_what_no_form_let_through_is_told_as_any_wrong_field(cron: str, zone: str) -> None:
    with pytest.raises(InvalidInput):
        Timetable(cron=cron, time_zone=zone).after(NEW_YEAR)


@pytest.mark.parametrize("most", [1, 3, 24])
@pytest.mark.parametrize("missed", [1, 2, 23, 24, 25, 4000])
def test_last_times_are_found_from_the_end(missed: int, most: int) -> None:
    table = Timetable(cron="*/10 * * * *", time_zone=BERLIN)
    first = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)
    now = first + timedelta(minutes=10 * (missed - 1), seconds=5)
    found = table.until(now, first=first, most=most)
    assert list(found) == [first + timedelta(minutes=10 * n) for n in range(missed)][-most:]


def test_ten_years_of_missed_times_are_no_work() -> None:
    table = Timetable(cron="*/5 * * * *", time_zone=BERLIN)
    now = NEW_YEAR + timedelta(days=3650)
    assert table.until(now, first=NEW_YEAR, most=2) == (now - timedelta(minutes=5), now)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("", "five fields"),
        ("0 7 * *", "five fields"),
        ("0 0 7 * * *", "five fields"),
        ("@daily", "five fields"),
        ("61 7 * * *", "the minute is wrong"),
        ("0 24 * * *", "the hour is wrong"),
        ("0 7 * 13 *", "the month is wrong"),
        ("0 7 * * 8", "the day of the week is wrong"),
        ("0 7 30 2 *", "there is no such day"),
        ("<b>0</b> 7 * * *", "the minute is wrong"),
    ],
)
def test_what_is_no_cron_is_refused_with_what_to_do(cron: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refused:
        clean_cron(cron)
    assert "minute, hour, day of the month, month, day of the week" in refused.value.message


def test_cron_is_kept_in_one_form() -> None:
    assert clean_cron("  0 9  * * mon-fri ") == "0 9 * * MON-FRI"


@pytest.mark.parametrize("cron", ["* * * * *", "*/4 * * * *", "0,3 7 * * *", "0,58 0,23 * * *", "*/7 * * * *"])
def test_more_often_than_every_five_minutes_is_refused(cron: str) -> None:
    with pytest.raises(InvalidInput, match="more often than every 5 minutes"):
        make_timetable(cron, "UTC", now=NEW_YEAR)


@pytest.mark.parametrize("cron", ["*/5 * * * *", "0,5 7 * * *", "2-59/6 * 1,15 * *"])
def test_every_five_minutes_is_not(cron: str) -> None:
    assert make_timetable(cron, "UTC", now=NEW_YEAR).cron == cron


def test_line_that_comes_once_in_28_years_is_one() -> None:
    """The years that are looked at for two times that are near have an end."""
    assert make_timetable("0 0 * 2 MON#5", "UTC", now=NEW_YEAR).after(NEW_YEAR) == datetime(2044, 2, 29, tzinfo=UTC)


def test_setting_says_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_SCHEDULE_MINUTES", "60")
    get_settings.cache_clear()
    with pytest.raises(InvalidInput, match="every 60 minutes"):
        make_timetable("*/30 * * * *", "UTC", now=NEW_YEAR)
    assert make_timetable("0 * * * *", "UTC", now=NEW_YEAR)


def test_what_never_runs_is_refused() -> None:
    with pytest.raises(InvalidInput, match="never runs"):
        make_timetable("0 7 * * *", "UTC", now=NEW_YEAR, ends_at=NEW_YEAR + timedelta(hours=7))


def test_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no time zone"):
        make_timetable("0 7 * * *", "Europe/Atlantis", now=NEW_YEAR)
