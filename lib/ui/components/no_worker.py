"""What is said while nobody works: not in the seconds that a worker, or the database under all of them, starts anew."""

from typing import Final

import streamlit as st

from lib import clock
from lib.ui import state
from lib.ui.components import status
from lib.ui.components.error_panel import error_panel

#: A worker that is started again, or takes its lock again after a restart of the database, is back by then.
_GRACE_SECONDS: Final = 5.0

#: Beside the runs that wait for one.
NOTE: Final = "no worker is running, so nothing moves"


def is_nobody_working(live_workers: int) -> bool:
    """Whether this tab has seen no worker alive for some seconds. `live_workers` is what it sees now."""
    if live_workers:
        st.session_state.pop(state.NO_WORKER_SINCE, None)
        return False
    since = st.session_state.setdefault(state.NO_WORKER_SINCE, clock.now())
    waited_seconds: float = (clock.now() - since).total_seconds()
    return waited_seconds >= _GRACE_SECONDS


def show_no_worker(*, what: str = "run", does: str = "goes on") -> None:
    """Draw what it means for a run, or for `what` waits in its place, and who can do something about it."""
    with error_panel(
        "No worker is running",
        status=status.WARNING,
        text=f"The {what} is kept and {does} by itself as soon as a worker is there.",
        steps=("Ask whoever runs this installation to start one: orchestrator worker",),
        key="no-worker",
    ):
        pass
