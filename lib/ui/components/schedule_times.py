"""When something is to run by itself: asked for in words, or as cron, with the next five times to check it by."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final, TypeVar

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.models.schedule import CatchUp, Overlap
from lib.schedules.due import MOST_CAUGHT_UP
from lib.schedules.presets import LAST_DAY, WEEKDAYS, Every, Preset, find_preset, say_times
from lib.schedules.service import Timing
from lib.schedules.timetable import LONGEST_CRON, Timetable
from lib.schedules.views import ScheduleDetail
from lib.ui import feedback, words

SHOWN_TIMES: Final = 5
Policy = TypeVar("Policy", CatchUp, Overlap)
_CRON: Final = "cron"
_EVERY: Final[Mapping[str, str]] = {
    Every.HOUR: "Every hour",
    Every.DAY: "Every day",
    Every.WEEKDAY: "Every weekday, Monday to Friday",
    Every.WEEK: "Every week",
    Every.MONTH: "Every month",
    _CRON: "Other times, as cron",
}
_CRON_HELP: Final = (
    "Five fields: minute, hour, day of the month, month, day of the week. `*/30 8-18 * * 1-5` is every 30 minutes from "
    "8:00 to 18:30, Monday to Friday."
)
_CATCH_UP: Final[Mapping[CatchUp, str]] = {
    CatchUp.LATEST: "Launch one run for all of them",
    CatchUp.NONE: "Leave them out",
    CatchUp.ALL: f"Launch each, the last {MOST_CAUGHT_UP} at most",
}
_OVERLAP: Final[Mapping[Overlap, str]] = {
    Overlap.SKIP: "Leave this time out",
    Overlap.QUEUE: "Wait until it has",
    Overlap.CANCEL_PREVIOUS: "Cancel the run before",
}
_DAYS: Final = (*range(1, 29), LAST_DAY)
_A_MOMENT: Final = timedelta(microseconds=1)


def show_times(actor: Actor, *, key: str, schedule: ScheduleDetail | None = None) -> Timing | None:
    """Ask when, beginning with those of a schedule; None, and said why, while that is no timetable."""
    table = schedule.timetable if schedule else None
    cron = _show_cron(table.cron if table else Preset(every=Every.DAY).cron, key=key)
    zones = clock.zones()
    zone = table.time_zone if table else actor.time_zone
    chosen_zone = st.selectbox(
        "Time zone", zones, index=zones.index(zone) if zone in zones else zones.index("UTC"), key=f"{key}-zone"
    )
    timing = _show_rest(cron, chosen_zone, schedule, key=key)
    with feedback.told():
        checked = timing.check(now=clock.now())
        _show_next(checked, reader_zone=actor.time_zone)
        return timing
    return None


def say_timetable(cron: str, time_zone: str) -> str:
    """The times of a schedule in a line: “Every weekday at 07:00, Europe/Berlin”."""
    return f"{say_times(cron)}, {time_zone}"


def say_days(starts_at: datetime | None, ends_at: datetime | None, *, time_zone: str) -> str:
    """The first and last day in a few words, “from 1 Dec 2026 to 31 Dec 2026”; "" where neither is set."""
    first, last = _days_of(starts_at, ends_at, time_zone=time_zone)
    if first and last:
        return f"from {words.short_day(first)} to {words.short_day(last)}"
    if first:
        return f"from {words.short_day(first)}"
    return f"until {words.short_day(last)}" if last else ""


def _show_cron(cron: str, *, key: str) -> str:
    """Ask how often, and then for what that leaves open."""
    preset = find_preset(cron)
    options = list(_EVERY)
    begin = preset or Preset(every=Every.DAY)
    every = st.selectbox(
        "How often",
        options,
        index=options.index(preset.every if preset else _CRON),
        format_func=_EVERY.__getitem__,
        key=f"{key}-every",
    )
    if every == _CRON:
        return st.text_input("Cron", value=cron, max_chars=LONGEST_CRON, help=_CRON_HELP, key=f"{key}-cron")
    with st.container(horizontal=True, gap="small"):
        weekday, day, at = begin.weekday, begin.day, time(begin.hour, begin.minute)
        if every == Every.HOUR:
            minute = st.number_input("Minutes past the hour", 0, 59, begin.minute, key=f"{key}-minute")
            return Preset(every=Every.HOUR, minute=int(minute)).cron
        if every == Every.WEEK:
            week = [1, 2, 3, 4, 5, 6, 0]
            weekday = st.selectbox(
                "On", week, index=week.index(weekday), format_func=WEEKDAYS.__getitem__, key=f"{key}-weekday"
            )
        if every == Every.MONTH:
            day = st.selectbox("Day", _DAYS, index=_DAYS.index(day), format_func=_say_day, key=f"{key}-day")
        at = st.time_input("At", value=at, step=300, key=f"{key}-at")
    return Preset(every=Every(every), minute=at.minute, hour=at.hour, weekday=weekday, day=day).cron


def _say_day(day: int) -> str:
    return str(day) if day else "The last one"


def _show_rest(cron: str, zone: str, schedule: ScheduleDetail | None, *, key: str) -> Timing:
    """Ask what most people leave as it is."""
    table = schedule.timetable if schedule else None
    first, last = _days_of(table.starts_at, table.ends_at, time_zone=table.time_zone) if table else (None, None)
    with st.expander("First and last day, and what if something comes in between", key=f"{key}-rest"):
        with st.container(horizontal=True, gap="small"):
            first_day = st.date_input("First day", value=first, key=f"{key}-first")
            last_day = st.date_input("Last day", value=last, key=f"{key}-last")
        overlap = _show_policy(
            "When the run before has not ended", _OVERLAP, schedule.overlap if schedule else Overlap.SKIP, key=key
        )
        catch_up = _show_policy(
            "Times at which nothing could run, as in an outage",
            _CATCH_UP,
            schedule.catch_up if schedule else CatchUp.LATEST,
            key=key,
        )
    return Timing(cron=cron, time_zone=zone, first_day=first_day, last_day=last_day, overlap=overlap, catch_up=catch_up)


def _days_of(
    starts_at: datetime | None, ends_at: datetime | None, *, time_zone: str
) -> tuple[datetime | None, datetime | None]:
    """The first and the last day, where the schedule lives; its end is the moment after."""
    zone = clock.find_zone(time_zone)
    first = starts_at.astimezone(zone) if starts_at else None
    last = (ends_at.astimezone(zone) - _A_MOMENT) if ends_at else None
    return first, last


def _show_next(table: Timetable, *, reader_zone: str) -> None:
    """The next times, where the schedule lives, and where the reader does if that is elsewhere."""
    times = table.upcoming(clock.now(), count=SHOWN_TIMES)
    lines = [f":gray[{words.plain(say_timetable(table.cron, table.time_zone))}. The next times:]"]
    lines += [f"* {words.plain(_say_time(moment, table.time_zone, reader_zone))}" for moment in times]
    st.markdown(f"{lines[0]}\n\n" + "\n".join(lines[1:]))


def _say_time(moment: datetime, zone: str, reader_zone: str) -> str:
    here, there = moment.astimezone(clock.find_zone(zone)), moment.astimezone(clock.find_zone(reader_zone))
    said = f"{words.day_and_minute(moment, zone=zone)}{_which_of_two(here)}"
    if here.utcoffset() == there.utcoffset():
        return said
    say = words.minute if here.date() == there.date() else words.day_and_minute
    return f"{said}, which is {say(moment, zone=reader_zone)} for you"


def _which_of_two(here: datetime) -> str:
    """What tells the time of a moment from the same one an hour earlier or later, where clocks are set back."""
    first, last = here.replace(fold=0), here.replace(fold=1)
    if first.utcoffset() == last.utcoffset() or first.astimezone(UTC) > last.astimezone(UTC):
        return ""
    return f", {'after' if here.fold else 'before'} clocks are set back"


def _show_policy(label: str, options: Mapping[Policy, str], chosen: Policy, *, key: str) -> Policy:
    offered = list(options)
    return st.selectbox(
        label,
        offered,
        index=offered.index(chosen),
        format_func=options.__getitem__,
        key=f"{key}-{type(chosen).__name__}",
    )
