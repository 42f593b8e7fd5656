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
from lib.ui.components.delivery_detail import open_delivery, show_chosen, status_of
from lib.ui.components.export_menu import show_export
from lib.ui.components.filters import show_filters, show_nothing_found
from lib.ui.components.opened_row import find_opened
from lib.ui.components.paged_table import current_cursor, find_page, show_no_such_page, show_paged_table
from lib.ui.filtering import MOST_COUNTED, Choice, FilterBar, Filters, by_id, read_filters
from lib.webhooks import deliveries
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.views import DeliveryFilter, DeliveryState, DeliveryView, EndpointView

_KEY: Final = "deliveries"


def show_deliveries(actor: Actor, endpoints: Sequence[EndpointView]) -> None:
    """Draw the list, and beside it the delivery that the address names, or what was clicked in this run."""
    left, right = st.columns([1.45, 1], gap="medium")
    with left:
        _show_list(actor, endpoints)
    with right:
        show_chosen(actor)


def _show_list(actor: Actor, endpoints: Sequence[EndpointView]) -> None:
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
    elif current_cursor():
        show_no_such_page()
    elif chosen:
        show_nothing_found(bar, chosen, noun="delivery")
    else:
        st.markdown(":gray[None yet. The first one follows the first event, or a test.]")


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
    columns = {
        "Result": status.column(status.DELIVERY, label="Result", width=102),
        "Event": st.column_config.TextColumn("Event", width=136),
        "Endpoint": st.column_config.TextColumn("Endpoint", width=96),
        "Code": st.column_config.TextColumn("Code", width=46, alignment="right"),
        "Attempts": st.column_config.TextColumn("Attempts", width=64, alignment="right"),
        "Latency": st.column_config.TextColumn("Latency", width=70, alignment="right"),
        "When": st.column_config.TextColumn("When", width=106),
    }
    if not is_of_several:
        del columns["Endpoint"]
    event = show_paged_table(
        [_row(delivery) for delivery in deliveries],
        key=_KEY,
        label="Deliveries",
        columns=columns,
        summary=f"{words.count(len(deliveries), 'delivery', plural='deliveries')} on this page",
        newer=newer,
        older=older,
        opens="Event",
    )
    return find_opened(_KEY, [delivery.id for delivery in deliveries], clicked=event.opened)


def _row(delivery: DeliveryView) -> dict[str, object]:
    return {
        "Result": status.cell(status_of(delivery)),
        "Event": delivery.event_type.value,
        "Endpoint": delivery.webhook_name,
        "Code": str(delivery.status_code) if delivery.status_code else words.NOTHING,
        "Attempts": words.number(delivery.attempts),
        "Latency": words.NOTHING if delivery.duration_ms is None else f"{words.number(delivery.duration_ms)} ms",
        "When": words.ago(delivery.created_at, now=clock.now()),
    }
