"""What is chosen on the Launch page becomes a schedule, and a schedule is edited by the same choices."""

from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.schedules.service import Timing, create_schedule, update_schedule
from lib.schedules.views import ScheduleDetail
from lib.ui import address, feedback
from lib.ui.components.launch_form import LaunchForm
from lib.ui.components.schedule_times import show_times
from lib.ui.guard import require_actor
from lib.ui.navigation import SCHEDULES

#: The query parameter, and its value, with which the Launch page begins with a schedule.
START, LATER = "start", "later"
_RUN: Final = Permission.ORCHESTRATIONS_RUN
_SAVE, _SAVE_CHANGES, _NOTHING_SAVED = "Save schedule", "Save changes", "Nothing was saved."


def show_later(actor: Actor) -> tuple[bool, Timing | None]:
    """Ask whether this is to run now or by itself; whether by itself, and when, where that makes a timetable."""
    is_later = st.toggle(
        "Schedule instead of now",
        value=address.requested(START) == LATER,
        help="The run is launched by itself, at the times that you choose, in your name and with your rights.",
        key="launch-later",
    )
    return is_later, show_times(actor, key="later") if is_later else None


def show_schedule_button(form: LaunchForm, timing: Timing | None) -> None:
    """Draw the button that keeps it as a new schedule."""
    is_kept = st.button(
        _SAVE,
        type="primary",
        icon=":material/event_repeat:",
        disabled=form.request is None or timing is None,
        width="stretch",
        key="save-schedule",
    )
    if is_kept and form.request and timing:
        with feedback.told(), form.told(failed=_NOTHING_SAVED, button=_SAVE):
            create_schedule(require_actor(_RUN), form.request, timing)
            feedback.succeeded("The schedule is on.")
            st.switch_page(SCHEDULES.file)


def show_change_button(schedule: ScheduleDetail, form: LaunchForm, timing: Timing | None) -> None:
    """Draw the button that saves what was changed of a schedule, and say in whose name it runs from then on."""
    actor = require_actor(_RUN)
    if actor.user_id != schedule.summary.user_id:
        st.markdown(":gray[:material/info: Saved by you, it runs in your name and with your rights from then on.]")
    is_saved = st.button(
        _SAVE_CHANGES,
        type="primary",
        icon=":material/save:",
        disabled=form.request is None or timing is None,
        width="stretch",
        key="save-schedule",
    )
    if is_saved and form.request and timing:
        with feedback.told(), form.told(failed=_NOTHING_SAVED, button=_SAVE_CHANGES):
            update_schedule(require_actor(_RUN), schedule.summary.id, form.request, timing, seen=schedule.updated_at)
            feedback.succeeded("The changes are saved.")
            st.switch_page(SCHEDULES.file)
