"""What is seen of usage as a file: the figures of the charts, or the calls behind them."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.exports import ExportFormat
from lib.models.export_job import ExportKind
from lib.ui import guard, words
from lib.ui.components.export_menu import FORMATS, NOTED
from lib.ui.components.usage_figures import DIMENSIONS
from lib.ui.components.written_files import show_files
from lib.usage.calls.address import write_address
from lib.usage.calls.service import MOST_CALLS, count_calls
from lib.usage.calls.views import CallFilter
from lib.usage.exporting import export_usage
from lib.usage.views import Dimension, UsageQuery

#: What the file has beside bars and names, of calls to models and of operations.
_HOLDS: Final = {True: "calls, tokens, cost and latency", False: "calls, failed calls and latency"}


def show_usage_export(query: UsageQuery, by: Dimension) -> None:
    """Draw the menu for the figures: a row for each bar and each model, or what else they are told apart by."""
    find_actor = guard.for_later(lambda actor: actor)  # once for all of them: each looks through the session's state
    with st.popover("Export", icon=":material/download:", key="usage-export"):
        st.markdown(f"Each {query.period.unit} by {DIMENSIONS[by]}: {_HOLDS[query.is_model]}.")
        for file_format, (label, mime, purpose) in FORMATS.items():
            st.download_button(
                label,
                data=_later(find_actor, query, by, file_format),
                file_name=f"usage-by-{by}-{words.file_day(clock.now())}.{file_format}",
                mime=mime,
                help=purpose,
                width="stretch",
                key=f"usage-export-{by}-{file_format}",
                on_click="ignore",
            )
        st.markdown(NOTED)


def _later(
    find_actor: Callable[[], Actor], query: UsageQuery, by: Dimension, file_format: ExportFormat
) -> Callable[[], bytes]:
    return lambda: export_usage(find_actor(), query, by=by, file_format=file_format)


def show_calls_export(actor: Actor, chosen: CallFilter) -> None:
    """Draw the menu for the calls: files at once, or written by a worker where they are long."""
    menu = st.popover("Export", icon=":material/download:", key="calls-export", on_change="rerun")
    with menu:
        if not menu.open:
            return
        found = count_calls(actor, chosen, most=MOST_CALLS + 1)
        st.markdown(words.plain(_say(found)))
        query = write_address(chosen)
        show_files(ExportKind.CALLS, query, path=lambda ending: f"/api/usage/calls.{ending}?{query}", rows=found)


def _say(found: int) -> str:
    if found > MOST_CALLS:
        return f"More than {words.count(MOST_CALLS, 'call')}. The file has the newest of them; narrow the range."
    return f"{words.count(found, 'call')}, in the order of the list."
