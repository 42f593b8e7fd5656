"""Schedules, one a row, with what they do next, what became of the last time, and what can be done about them."""

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.models.schedule import ScheduleResult
from lib.schedules import service
from lib.schedules.queries import ScheduleFilter
from lib.schedules.views import ScheduledRun, ScheduleSummary, StoppedSchedule
from lib.ui import feedback, words
from lib.ui.components.card import card
from lib.ui.components.confirm_dialog import show_confirm_dialog
from lib.ui.components.moment import moment_inline
from lib.ui.components.person import person_inline
from lib.ui.components.row_list import lines, row, row_list, show_context
from lib.ui.components.run_table import open_run
from lib.ui.components.schedule_times import say_days, say_timetable
from lib.ui.components.status import RUN as RUN_STATUS
from lib.ui.components.status import SCHEDULE as STATUS
from lib.ui.components.status import inline
from lib.ui.guard import require_actor
from lib.ui.navigation import RUN, SCHEDULE, SCHEDULES

_RUN_NOW, _EDIT, _SWITCH_OFF, _DELETE = "Run now", "Edit…", "Switch off", "Delete…"
#: Whoever switches on another's is the one as whom it launches from then on.
_SWITCH_ON, _TAKE_OVER = "Switch on", "Switch on in your name"
_WHAT = Markup("{} · {} · as {}")
_RUN = Permission.ORCHESTRATIONS_RUN
#: What a project's or a template's own page has room for.
_FEW = 5
_RESULTS = {
    ScheduleResult.SKIPPED: "Left out",
    ScheduleResult.MISSED: "Left out",
    ScheduleResult.WAITING: "Waiting",
    ScheduleResult.REFUSED: "Not launched",
}


def show_schedules(actor: Actor, schedules: Sequence[ScheduleSummary]) -> None:
    """Draw the rows; what somebody may not do is not offered to them."""
    with row_list("schedules"):
        for schedule in schedules:
            with st.container(gap="xxsmall"):
                left, right = st.columns([3, 1], vertical_alignment="center")  # on a phone one below the other
                with left, st.container(gap="xxsmall"):
                    _show_facts(actor, schedule)
                with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", wrap=False):
                    chosen = _show_actions(actor, schedule)
                _act(schedule, chosen)  # what is refused is told below, where a line has room


def show_schedule_state(actor: Actor, schedule: ScheduleSummary) -> None:
    """Draw what a single schedule does next and did last, and what can be done about it."""
    zone = actor.time_zone
    show_context(_say_next(schedule, zone), _say_last(schedule, zone))
    _show_runs(schedule)
    with st.container(horizontal=True, gap="xsmall"):
        if schedule.may_run and st.button(_RUN_NOW, icon=":material/play_arrow:"):
            _run_now(schedule)
        if schedule.may_edit:
            if st.button(_switch_of(actor, schedule), icon=":material/power_settings_new:"):
                switch_schedule(schedule, is_active=not schedule.is_active)
            if st.button(_DELETE, icon=":material/delete:", type="tertiary"):
                ask_to_delete(schedule)


def show_schedules_of(actor: Actor, chosen: ScheduleFilter) -> None:
    """Draw a card of the newest schedules of a project or a template; nothing where it has none."""
    if not actor.may_some(_RUN):
        return
    page = service.list_schedules(actor, chosen, limit=_FEW)
    if not page.items:
        return
    note = f"the newest {_FEW}" if page.older else words.count(len(page.items), "schedule")
    with card("Schedules", note=note, key="schedules-of"), row_list("schedules-of"):
        for schedule in page.items:
            times = say_timetable(schedule.cron, schedule.time_zone)
            detail = lines(times, _say_next(schedule, actor.time_zone))
            with row(schedule.title, detail=detail, status=STATUS[standing_of(schedule)]):
                _show_open(schedule)
        if page.older:
            what = ("project", chosen.project_id) if chosen.project_id else ("template", chosen.template_id)
            parameters = {what[0]: str(what[1])}
            st.page_link(SCHEDULES.file, label="All of them", icon=":material/arrow_forward:", query_params=parameters)


def show_stopped(stopped: Sequence[StoppedSchedule]) -> None:
    """Draw a card of the reader's own schedules that were switched off, with the way to put that right."""
    if not stopped:
        return
    with card("Stopped schedules", note="to be put right by you", key="stopped"), row_list("stopped"):
        for each in stopped:
            with row(each.title, detail=f"Switched off. {each.reason}", status=STATUS["stopped"]):
                if st.button("Open", key=f"stopped-{each.id}"):
                    st.switch_page(SCHEDULE.file, query_params={"schedule": str(each.id)})


def _show_open(schedule: ScheduleSummary) -> None:
    if schedule.may_edit and st.button("Open", key=f"open-{schedule.id}"):
        st.switch_page(SCHEDULE.file, query_params={"schedule": str(schedule.id)})


def standing_of(schedule: ScheduleSummary) -> str:
    """Its entry in the table of statuses."""
    if schedule.is_active:
        return "on"
    return "stopped" if schedule.stopped_at else "off" if schedule.next_run_at else "ended"


def _show_facts(actor: Actor, schedule: ScheduleSummary) -> None:
    title = words.plain(words.short(schedule.title, most=120))
    st.markdown(f"**{title}** {inline(STATUS[standing_of(schedule)])}")
    what = _WHAT.format(
        words.short(schedule.template_name or "a template that is gone", most=60),
        words.short(schedule.project_name or "a project that is gone", most=60),
        person_inline(schedule.person),
    )
    zone = actor.time_zone
    days = say_days(schedule.starts_at, schedule.ends_at, time_zone=schedule.time_zone)
    times = " · ".join(filter(None, (say_timetable(schedule.cron, schedule.time_zone), days)))
    show_context(times, what, _say_next(schedule, zone), _say_last(schedule, zone))
    _show_runs(schedule)


def _show_runs(schedule: ScheduleSummary) -> None:
    """Draw links to the newest run, and to the one because of which a time was left out or waits."""
    last, held_by = schedule.last_run, schedule.held_by
    if not last:
        return
    with st.container(gap="xxsmall", key=f"runs-of-{schedule.id}"):
        if held_by:
            does = "is waited for" if schedule.last_result is ScheduleResult.WAITING else "was in the way"
            _link_run(f"The run that {does}", held_by)
        if last != held_by:
            _link_run("The last run", last)


def _link_run(what: str, run: ScheduledRun) -> None:
    status = RUN_STATUS[run.status]
    launched = f"launched {'by hand ' if run.is_by_hand else ''}{words.ago(run.launched_at, now=clock.now())}"
    label = f"{what}, {launched}: {status.word.lower()}"
    st.page_link(RUN.file, label=label, icon=status.icon, query_params={"run": str(run.id)})


def _say_next(schedule: ScheduleSummary, time_zone: str) -> Markup:
    if not schedule.is_active or schedule.next_run_at is None:
        return Markup("No next run")
    return Markup("Next {}").format(moment_inline(schedule.next_run_at, time_zone=time_zone))


def _say_last(schedule: ScheduleSummary, time_zone: str) -> Markup:
    if schedule.last_result is None:
        by_itself = "by itself " if schedule.last_run else ""
        return Markup("Nothing launched {}yet").format(by_itself)
    when = moment_inline(schedule.last_result_at, time_zone=time_zone)
    if schedule.last_result is ScheduleResult.LAUNCHED:
        return Markup("Launched {}").format(when)
    said = _RESULTS[schedule.last_result]
    return Markup("{}: {} · {}").format(said, words.short(schedule.last_message, most=300), when)


def _switch_of(actor: Actor, schedule: ScheduleSummary) -> str:
    if schedule.is_active:
        return _SWITCH_OFF
    return _SWITCH_ON if schedule.user_id == actor.user_id else _TAKE_OVER


def _show_actions(actor: Actor, schedule: ScheduleSummary) -> str | None:
    """Draw the buttons; returns which was pressed."""
    key = str(schedule.id)
    is_running = schedule.may_run and st.button(_RUN_NOW, icon=":material/play_arrow:", key=f"run-{key}")
    chosen = None
    if schedule.may_edit:
        chosen = st.menu_button(
            "More", [_EDIT, _switch_of(actor, schedule), _DELETE], icon=":material/more_horiz:", key=f"more-{key}"
        )
    return _RUN_NOW if is_running else chosen


def _act(schedule: ScheduleSummary, chosen: str | None) -> None:
    if chosen == _RUN_NOW:
        _run_now(schedule)
    elif chosen == _EDIT:
        st.switch_page(SCHEDULE.file, query_params={"schedule": str(schedule.id)})
    elif chosen in {_SWITCH_ON, _TAKE_OVER, _SWITCH_OFF}:
        switch_schedule(schedule, is_active=chosen != _SWITCH_OFF)
    elif chosen == _DELETE:
        ask_to_delete(schedule)


def _run_now(schedule: ScheduleSummary) -> None:
    with feedback.told(), st.spinner("Asking the model whether it is there"):
        run_id = service.run_now(require_actor(_RUN), schedule.id)
        feedback.succeeded("The run is launched. The schedule goes on as before.")
        open_run(run_id)


def switch_schedule(schedule: ScheduleSummary, *, is_active: bool) -> None:
    """Switch it on or off, and say so."""
    with feedback.told():
        actor = require_actor(_RUN)
        service.set_active(actor, schedule.id, is_active=is_active)
        how = "off" if not is_active else "on" if schedule.user_id == actor.user_id else "on, in your name"
        feedback.succeeded(f"“{words.short(schedule.title, most=60)}” is {how}.")
        st.rerun()


def ask_to_delete(schedule: ScheduleSummary) -> None:
    """Ask before it is gone."""

    def delete(actor: Actor) -> str:
        service.delete_schedule(actor, schedule.id)
        feedback.succeeded("The schedule is deleted.")
        st.switch_page(SCHEDULES.file)

    show_confirm_dialog(
        f"Delete {words.short(schedule.title, most=60)}?",
        text="It launches nothing any more, and can't be brought back. The runs that it launched stay. To pause it, "
        "switch it off instead.",
        action="Delete it",
        on_confirm=delete,
        key="delete-schedule",
    )
