"""The calls behind a bar: one a row, the newest first, with the run that made each."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.ui import words
from lib.ui.components.empty_state import NO_MATCH_ICON, empty_state
from lib.ui.components.opened_row import find_opened
from lib.ui.components.page_header import page_header
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page, show_paged_table
from lib.ui.components.run_table import open_run
from lib.ui.components.usage_address import close_calls
from lib.ui.components.usage_export import show_calls_export
from lib.ui.components.usage_figures import DIMENSIONS, PLURALS
from lib.usage.calls import service
from lib.usage.calls.views import CallFilter, CallList, CallView
from lib.usage.endpoints import say_endpoint
from lib.usage.reading import GONE
from lib.usage.reasons import say_reason
from lib.usage.views import Dimension, Key

_KEY: Final = "usage-calls"
#: So many names of one kind are said.
_MOST_NAMED: Final = 3


#: What a call of one sort has and those of the other do not.
_OF_MODELS: Final = {
    "Model": st.column_config.TextColumn("Model", width=150),
    "Tokens": st.column_config.TextColumn("Tokens", width=72, alignment="right"),
    "Cost": st.column_config.TextColumn("Cost", width=76, alignment="right"),
}
_OF_OPERATIONS: Final = {"Operation": st.column_config.TextColumn("Operation", width=298)}


def show_calls(actor: Actor, chosen: CallFilter) -> None:
    """Draw the list in place of the charts, and the way back to them."""
    page = find_page(lambda cursor: service.list_calls(actor, chosen, cursor=cursor), cursor=current_cursor())
    with st.container(key="page-parent-calls"):
        st.button("Analytics", icon=":material/arrow_back:", type="tertiary", on_click=close_calls, key="usage-back")
    with page_header("Failed calls" if chosen.is_failed else "Calls", subtitle=_say(chosen, page)):
        show_calls_export(actor, chosen)
    if page and page.items:
        open_run(_show_table(page, is_model=chosen.query.is_model, zone=actor.time_zone))
    elif current_cursor():
        show_no_such_page()
    else:
        text = "There is none in this time with these filters."
        with empty_state("calls", icon=NO_MATCH_ICON, title="No calls here", text=text):
            st.button("Back to the charts", on_click=close_calls)


def _say(chosen: CallFilter, page: CallList | None) -> str:
    """From when to when, in the reader's zone, and which."""
    zone = chosen.query.period.zone
    said = [_say_span(chosen, zone)]
    if hour := chosen.hour:
        said.append(words.hour_of_week(hour.weekday, hour.hour, minute=chosen.query.period.minute))
    query, names = chosen.query, page.names if page else {}
    for by, keys in query.chosen.items():
        told = _say_keys(by, keys, names.get(by, {}), is_model=query.is_model)
        said.append(told if by is Dimension.ERROR else f"{DIMENSIONS[by]} {told}")
    for by, keys in chosen.all_but.items():
        told = _say_keys(by, keys, names.get(by, {}), is_model=query.is_model)
        said.append(f"all but {told}" if by is Dimension.ERROR else f"all but {PLURALS[by]} {told}")
    return " · ".join(said)


def _say_keys(by: Dimension, keys: Collection[Key], names: Mapping[Key, str], *, is_model: bool) -> str:
    if by is Dimension.ERROR:
        told = [say_reason(None if key is None else str(key), is_model=is_model) for key in keys]
    else:
        told = [
            names.get(key, f"No {DIMENSIONS[by]}" if key is None else GONE if isinstance(key, UUID) else str(key))
            for key in keys
        ]
    return words.some(sorted(told), most=_MOST_NAMED, longest=40)


def _say_span(chosen: CallFilter, zone: str) -> str:
    since, before = (moment.astimezone(clock.find_zone(zone)) for moment in (chosen.starts_at, chosen.ends_at))
    if since.time() == before.time() and since.hour == since.minute == 0:
        last = (
            chosen.query.period.last
            if chosen.ends_at >= chosen.query.period.ends_at
            else (before - timedelta(days=1)).date()
        )
        return words.days_span(since.date(), last)
    day = words.days_span(since.date(), since.date())
    return f"{day}, {words.minute(since, zone=zone)} to {words.minute(before, zone=zone)}"


def _show_table(page: CallList, *, is_model: bool, zone: str) -> UUID | None:
    calls = page.items
    columns = {
        "Time": st.column_config.TextColumn("Time", width=136),
        "Run": st.column_config.TextColumn("Run", width=210),
        "Person": st.column_config.TextColumn("Person", width=104),
        "Project": st.column_config.TextColumn("Project", width=128),
        **(_OF_MODELS if is_model else _OF_OPERATIONS),
        "Took": st.column_config.TextColumn("Took", width=72, alignment="right"),
        "Result": st.column_config.TextColumn("Result", width=126),
    }
    rows = [_row(call, zone, is_model=is_model) for call in calls]
    event = show_paged_table(
        [{name: value for name, value in row.items() if name in columns} for row in rows],
        key=_KEY,
        label="Calls",
        columns=columns,
        summary=f"{words.count(len(calls), 'call')} on this page",
        newer=page.newer,
        older=page.older,
        opens="Run",
    )
    opened = find_opened(_KEY, [call.id for call in calls], clicked=event.opened)
    return next((call.run_id for call in calls if call.id == opened and call.run_title), None)


def _row(call: CallView, zone: str, *, is_model: bool) -> dict[str, object]:
    return {
        "Time": words.moment_in_table(call.created_at, zone=zone),
        "Run": call.run_title or ("a run that is gone" if call.run_id else "no run"),
        "Person": call.person or words.NOTHING,
        "Project": call.project or words.NOTHING,
        "Model": call.model or words.NOTHING,
        "Operation": say_endpoint(call.endpoint),
        "Tokens": words.number(call.tokens),
        "Cost": words.money(call.cost_usd),
        "Took": words.NOTHING if call.response_time_ms is None else words.duration(call.response_time_ms / 1000),
        "Result": _say_result(call.error_kind, is_model=is_model),
    }


def _say_result(error_kind: str | None, *, is_model: bool) -> str:
    glyph = {None: "✓", "cancelled": "\N{EN DASH}"}.get(error_kind, "✕")
    return f"{glyph} {say_reason(error_kind, is_model=is_model)}"
