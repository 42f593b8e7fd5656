"""Deliveries: what they are narrowed to, and the table of them beside the one that is open."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.models.webhook import EventType
from lib.ui import words
from lib.ui.components import status
from lib.ui.components.delivery_detail import find_chosen, open_delivery, show_chosen, status_of
from lib.ui.components.export_menu import show_export
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page, show_paged_table
from lib.ui.components.webhook_watch import show_watch
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters, by_id, read_filters
from lib.webhooks import deliveries
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.views import DeliveryFilter, DeliveryState, DeliveryView, EndpointView

_KEY: Final = "deliveries"
#: Before the event of the delivery that is open.
_OPEN_MARK: Final = "▸ "


def show_deliveries(actor: Actor, endpoints: Sequence[EndpointView]) -> None:
    """Draw the list, and beside it the delivery that the address names, or what was clicked in this run."""
    is_open = find_chosen() is not None
    # beside one that is open the list has less room, and says less: the panel has the rest
    left, right = st.columns([1.45, 1] if is_open else [3.6, 1], gap="medium")
    with left:
        shown, is_newest = _show_list(actor, endpoints)
    with right:
        show_chosen(actor)
    show_watch(actor, endpoints, shown, newest=shown[0].id if shown and is_newest else None)


def _show_list(actor: Actor, endpoints: Sequence[EndpointView]) -> tuple[Sequence[DeliveryView], bool]:
    """Draw the list; returns what is in it, and whether that begins with the newest of all."""
    bar = _make_filters(actor, endpoints)
    chosen = read_filters(bar)
    wanted = _chosen_deliveries(chosen)
    page = find_page(lambda cursor: deliveries.list_deliveries(actor, wanted, cursor=cursor), cursor=current_cursor())
    is_list = bool((page and page.items) or chosen or current_cursor())
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("Deliveries", anchor=False, width="content")
        if is_list:
            _show_export(actor, wanted)
    if is_list:
        show_filters(bar, chosen)
    if page and page.items:
        opened = _show_table(page.items, newer=page.newer, older=page.older, is_of_several=len(endpoints) > 1)
        if opened is not None:
            open_delivery(opened)
            st.rerun()  # the list makes room for it
    elif current_cursor():
        show_no_such_page()
    elif chosen:
        show_nothing_found(bar, chosen, noun="delivery")
    else:
        st.markdown(":gray[None yet. The first one follows the first event, or a test.]")
    return page.items if page else (), not (chosen or current_cursor())


def _show_export(actor: Actor, wanted: DeliveryFilter) -> None:
    show_export(
        _KEY,
        noun="delivery",
        plural="deliveries",
        count=lambda most: deliveries.count_deliveries(actor, wanted, most=most),
        export=lambda actor, file_format: deliveries.export_deliveries(actor, wanted, file_format=file_format),
    )


def _make_filters(actor: Actor, endpoints: Sequence[EndpointView]) -> FilterBar:
    named = by_id({endpoint.id: endpoint.name for endpoint in endpoints})
    return FilterBar(
        key=_KEY,
        splits={state: status.DELIVERY_SPLIT[state] for state in DeliveryState},
        split=("result", "Result"),
        whole=tuple(DeliveryState),
        count=lambda chosen: deliveries.count_deliveries_by_state(actor, _chosen_deliveries(chosen), most=MOST_COUNTED),
        sorts={"newest": "Newest first"},
        placeholder="Id of an event",
        choices=(
            # of the only one there is nothing to choose
            *([Choice("endpoint", "Endpoint", named)] if len(endpoints) > 1 else []),
            Choice("event", "Event", {event: event for event in (*EVENTS, EventType.WEBHOOK_TEST)}),
        ),
    )


def _chosen_deliveries(chosen: Filters) -> DeliveryFilter:
    """The same as the query takes it."""
    endpoint, event = chosen.values.get("endpoint"), chosen.values.get("event")
    return DeliveryFilter(
        state=DeliveryState(chosen.split) if chosen.split else None,
        webhook_id=UUID(endpoint) if endpoint else None,
        event_type=EventType(event) if event else None,
        search=chosen.search,
    )


def _show_table(
    deliveries: Sequence[DeliveryView], *, newer: str | None, older: str | None, is_of_several: bool
) -> UUID | None:
    """Draw the deliveries; returns the one whose event was clicked in this run of the script."""
    chosen = find_chosen()
    columns = {
        "Result": status.column(status.DELIVERY, label="Result", width=98),
        "Event": st.column_config.TextColumn("Event", width=138),
        "About": st.column_config.TextColumn("About", width=78 if chosen and is_of_several else 118),
        "Endpoint": st.column_config.TextColumn("Endpoint", width=78 if chosen else 90),
        "Code": st.column_config.TextColumn("Code", width=46, alignment="right"),
        "Attempts": st.column_config.TextColumn("Attempts", width=64, alignment="right"),
        "Latency": st.column_config.TextColumn("Latency", width=70, alignment="right"),
        "When": st.column_config.TextColumn("When", width=100),
    }
    # whatever has no room beside one that is open says that one itself
    for name in (*(() if is_of_several else ("Endpoint",)), *(("Attempts", "Latency") if chosen else ())):
        del columns[name]
    event = show_paged_table(
        [_row(delivery, is_open=delivery.id == chosen) for delivery in deliveries],
        key=_KEY,
        label="Deliveries",
        columns=columns,
        summary=f"{words.count(len(deliveries), 'delivery', plural='deliveries')} on this page",
        newer=newer,
        older=older,
        opens="Event",
    )
    return find_opened(_KEY, [delivery.id for delivery in deliveries], clicked=event.opened)


def _row(delivery: DeliveryView, *, is_open: bool) -> dict[str, object]:
    return {
        "Result": status.cell(status_of(delivery)),
        "Event": f"{_OPEN_MARK if is_open else ''}{delivery.event_type.value}",
        "About": delivery.about or words.NOTHING,
        "Endpoint": delivery.webhook_name,
        "Code": str(delivery.status_code) if delivery.status_code else words.NOTHING,
        "Attempts": words.number(delivery.attempts),
        "Latency": words.NOTHING if delivery.duration_ms is None else f"{words.number(delivery.duration_ms)} ms",
        "When": words.ago(delivery.created_at, now=clock.now()),
    }
