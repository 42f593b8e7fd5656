"""Runs that wait for their turn: what is said of the line, and the priority that decides who comes first."""

from typing import Final

import streamlit as st

from lib.access.permissions import Permission
from lib.models.run import RunPriority
from lib.runs.turns import change_priority
from lib.runs.views import MOST_TURNS, RunProgress, Turns
from lib.ui import feedback, words
from lib.ui.components import status
from lib.ui.guard import require_actor

WAITS: Final = "Waits for its turn"
_HELP: Final = (
    "Which of the organization's waiting runs comes first. Of two alike it is the older one, and a day of waiting "
    "counts as much as one step."
)


def show_turn(run: RunProgress) -> None:
    """Draw why the run has not begun, where it waits for its turn."""
    if run.turns is None:
        return
    said = WAITS
    if run.turns.is_full:
        said += f": {_say_full(run.turns)}."
    if run.turns.place is not None:
        said += f" {_say_place(run.turns.place)}"
    st.markdown(f":gray[{status.WAITING_RUN.icon} {words.plain(said)}]")


def show_turns_at_launch(turns: Turns) -> None:
    """Draw beforehand that a run will wait, where it will."""
    if not turns.is_full:
        return
    waiting = f", and {say_waiting(turns)} {words.are(turns.waiting)} waiting already" if turns.waiting else ""
    said = f"It will wait for its turn: {_say_full(turns)}{waiting}."
    st.markdown(f":gray[{status.WAITING_RUN.icon} {words.plain(said)}]")


def show_priority_choice(usual: RunPriority, *, key: str) -> RunPriority:
    """Draw the choice of a priority, beginning with the usual one."""
    options = list(RunPriority)
    chosen: RunPriority = st.selectbox(
        "Priority", options, index=options.index(usual), format_func=say_priority, help=_HELP, key=f"priority-{key}"
    )
    return chosen


def show_priority_change(run: RunProgress) -> None:
    """Draw the same for a run that has not begun, where this person may change it; a choice holds at once."""
    if not run.may_prioritize:
        return
    current = run.summary.priority
    chosen = show_priority_choice(current, key=f"{run.summary.id}-{current}")  # anew when somebody else changes it
    if chosen is not current:
        with feedback.told():
            change_priority(require_actor(Permission.ORCHESTRATIONS_VIEW), run.summary.id, chosen)
            feedback.succeeded(f"The priority is {say_priority(chosen).lower()} now.")
            st.rerun()


def say_priority(priority: RunPriority) -> str:
    """The priority in a word."""
    return status.RUN_PRIORITY[priority].word


def say_waiting(turns: Turns) -> str:
    """How many wait, as far as they are counted."""
    if turns.waiting > MOST_TURNS:
        return f"more than {words.number(MOST_TURNS)}"
    return words.number(turns.waiting)


def _say_place(place: int) -> str:
    if place == 1:
        return "It is the next one."
    if place > MOST_TURNS:
        return f"More than {words.number(MOST_TURNS)} come before it."
    return f"It is number {words.number(place)} in the line."


def _say_full(turns: Turns) -> str:
    if turns.admitted > turns.most:  # the limit was lowered meanwhile
        running = f"{words.count(turns.admitted, 'run')} of the organization {words.are(turns.admitted)} running"
        return f"{running}, where {words.number(turns.most)} may"
    of_most = f"{words.number(turns.admitted)} of {words.count(turns.most, 'run')}"
    return f"{of_most} of the organization {words.are(turns.admitted)} running"
