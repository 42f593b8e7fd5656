"""One delivery: how it stands, which follows by itself, what is sent, what came back, and delivering it again."""

import json
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import streamlit as st
from markupsafe import Markup

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import NotFound
from lib.models.webhook import DeliveryStatus, EventType
from lib.ui import address, feedback, state, words
from lib.ui.components import webhook_dialogs as dialogs
from lib.ui.components.card import card
from lib.ui.components.delivery_attempts import show_attempts, show_response
from lib.ui.components.json_view import as_json
from lib.ui.components.no_worker import is_nobody_working, show_no_worker
from lib.ui.components.row_list import show_context
from lib.ui.components.status import DELIVERY, Status, show_status
from lib.ui.guard import require_actor
from lib.ui.navigation import PERSON, PROJECT, RUN, TEMPLATE
from lib.webhooks import deliveries
from lib.webhooks.retry import MOST_ATTEMPTS
from lib.webhooks.views import DeliveryDetail, DeliveryView

#: The query parameter that says which one is open.
_DELIVERY: Final = "delivery"
#: Between two looks at one that is about to be sent, or is being sent; and at one whose next attempt is a while away.
_SOON_SECONDS, _LATER_SECONDS = 1.0, 5.0
#: In characters of JSON.
_MOST_SHOWN: Final = 100_000
#: In characters, of what an event is about.
_LONGEST_ABOUT: Final = 90
#: Those that an event can be about and lead to, by their path.
_PAGES: Final = {entry.url_path: entry for entry in (RUN, PROJECT, TEMPLATE, PERSON)}
#: Not Markdown, which would need characters that nobody sees inside of addresses, and that are copied along.
_ERROR: Final = Markup('<div class="ao-fault">{}</div>')
_MANAGE: Final = Permission.WEBHOOKS_MANAGE
#: As far as people say it in one word.
_ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def open_delivery(delivery_id: UUID) -> None:
    """Have the address name it, so that it is open from here on, and for whoever gets the link."""
    st.query_params[_DELIVERY] = str(delivery_id)


def find_chosen() -> UUID | None:
    """The delivery that the address names."""
    return address.find_requested_id(_DELIVERY)


def status_of(delivery: DeliveryView) -> Status:
    """How it is shown."""
    if delivery.is_held:
        return DELIVERY["held"]
    return DELIVERY["retrying" if delivery.is_retrying else delivery.status]


def show_chosen(actor: Actor) -> None:
    """Draw the delivery that the address names, or what to do to see one."""
    delivery_id = find_chosen()
    if delivery_id is None:
        with card(key="no-delivery"):
            st.markdown(":gray[:material/left_click: Click an event to see what was sent, and what came back.]")
        return
    detail = _find(actor, delivery_id)
    with card(key="delivery"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.subheader(detail.summary.event_type if detail else "Not found", anchor=False, width="content")
            st.button("Close", icon=":material/close:", type="tertiary", key="close-delivery", on_click=_close)
        if detail:
            _show(actor, detail)
        else:
            st.markdown(
                ":gray[There is no such delivery any more: its endpoint is deleted, or it is older than what is kept.]"
            )


def _find(actor: Actor, delivery_id: UUID) -> DeliveryDetail | None:
    try:
        return deliveries.get_delivery(actor, delivery_id)
    except NotFound:
        return None


def _close() -> None:
    st.query_params.pop(_DELIVERY, None)


def _show(actor: Actor, detail: DeliveryDetail) -> None:
    fresh = [detail]  # the page's own look serves the first time

    def show_standing() -> None:
        """How it stands now; once that is otherwise than the page says, all of it is drawn anew."""
        seen = fresh.pop() if fresh else _find(require_actor(Permission.WEBHOOKS_VIEW), detail.summary.id)
        if seen is None:  # its endpoint was deleted
            feedback.draw_anew()
            return
        _show_standing(seen)
        if _shape(seen) != _shape(detail) and not st.session_state.get(state.IS_DECIDING):
            feedback.draw_anew()

    # nothing is sent from the sample
    feedback.live(show_standing, seconds=None if actor.is_sample else _seconds_between(detail))
    _show_about(actor, detail)
    attempts = words.number(len(detail.attempts))
    request, response, tries = st.tabs(["Request", "Response", f"Attempts {attempts}"], key="delivery-tabs")
    with request:
        _show_request(detail)
    with response:
        show_response(detail.attempts, actor.time_zone)
    with tries:
        show_attempts(detail, actor.time_zone)
    if actor.may(_MANAGE):
        _show_buttons(detail.summary)


def _shape(detail: DeliveryDetail) -> tuple[object, ...]:
    """What the page draws only once."""
    summary = detail.summary
    return summary.status, summary.attempts, summary.next_attempt_at is None, len(detail.attempts)


def _seconds_between(detail: DeliveryDetail) -> float | None:
    """How often to look; None where nothing happens by itself."""
    delivery, next_at = detail.summary, _next_of(detail)
    if delivery.is_held or delivery.status not in {DeliveryStatus.PENDING, DeliveryStatus.SENDING}:
        return None
    away = (next_at - clock.now()).total_seconds() if next_at else 0
    is_later = delivery.status is DeliveryStatus.PENDING and away > _LATER_SECONDS
    return _LATER_SECONDS if is_later else _SOON_SECONDS


def _show_standing(detail: DeliveryDetail) -> None:
    delivery = detail.summary
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="delivery-standing"):
        show_status(status_of(delivery))
        st.markdown(f":gray[{words.plain(_say(detail))}]", width="content")
    if delivery.error and delivery.status is not DeliveryStatus.DELIVERED:
        st.html(_ERROR.format(words.line(delivery.error)))
    is_open = delivery.status in {DeliveryStatus.PENDING, DeliveryStatus.SENDING} and not delivery.is_held
    if is_open and is_nobody_working(detail.live_workers):
        show_no_worker(what="delivery", does="is sent")


def _show_about(actor: Actor, detail: DeliveryDetail) -> None:
    """Say what its event is about, and lead there."""
    name = words.short(detail.summary.about or "", most=_LONGEST_ABOUT)
    page = urlsplit(detail.page or "")
    entry = _PAGES.get(page.path.removeprefix("/"))
    if entry and entry.is_open_to(actor):
        icon = ":material/arrow_forward:"
        st.page_link(entry.file, label=words.plain(name), icon=icon, query_params=dict(parse_qsl(page.query)))
    elif name:
        show_context(f"About {name}")


def _say(detail: DeliveryDetail) -> str:
    """What the badge leaves open."""
    delivery = detail.summary
    if delivery.is_held:
        return "Waits for its endpoint to be switched on"
    if delivery.is_retrying:
        return f"{_say_attempt(delivery)}, next {_say_when(_next_of(detail))}"
    came = f"{delivery.status_code}, {words.number(delivery.duration_ms)} ms"
    at_last = f", at the {_ordinal(delivery.attempts)} attempt" if delivery.attempts > 1 else ""
    return {
        DeliveryStatus.PENDING: f"It is sent {_say_when(_next_of(detail))}",
        DeliveryStatus.SENDING: f"{_say_attempt(delivery)} is under way",
        DeliveryStatus.DELIVERED: came + at_last,
        DeliveryStatus.FAILED: f"after {words.count(delivery.attempts_now, 'attempt')}",
        DeliveryStatus.DROPPED: "Not sent: its endpoint was switched on without what had waited",
    }[delivery.status]


def _say_attempt(delivery: DeliveryView) -> str:
    number = _ordinal(max(1, delivery.attempts_now))
    # whoever tries an endpoint looks at it, and it is tried once; those of workers that died make more of others
    is_counted = delivery.event_type is not EventType.WEBHOOK_TEST and delivery.attempts_now <= MOST_ATTEMPTS
    of_how_many = f" of {MOST_ATTEMPTS}" if is_counted else ""
    return f"{number} attempt{of_how_many}"


def _ordinal(number: int) -> str:
    """`3` as "third"; `22` as "22nd"."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in {11, 12, 13} else ending}"


def _next_of(detail: DeliveryDetail) -> datetime | None:
    """When it is sent: whatever is due waits for an endpoint that is left alone, but for a test."""
    due_at = detail.summary.next_attempt_at
    if due_at is None or detail.summary.event_type is EventType.WEBHOOK_TEST:
        return due_at
    return max(due_at, detail.endpoint_resumes_at or due_at)


def _say_when(moment: datetime | None) -> str:
    away = (moment - clock.now()).total_seconds() if moment else 0
    return f"in {words.duration(int(away))}" if away >= 1 else "in a moment"


def _show_request(detail: DeliveryDetail) -> None:
    newest = detail.attempts[0] if detail.attempts else None
    sent = str(int(newest.started_at.astimezone(UTC).timestamp())) if newest else "of each attempt, in seconds"
    lines = [
        f"POST {(newest and newest.url) or detail.url}",
        "content-type: application/json",
        "user-agent: ai-orchestrator",
        f"webhook-id: {detail.summary.event_id}",
        f"webhook-timestamp: {sent}",
        "webhook-signature: v1,…",
    ]
    st.code(words.visible("\n".join(lines)), language=None, wrap_lines=True)
    if newest and newest.url and newest.url != detail.url:
        st.markdown(":gray[:small[Its endpoint has another address by now; what is sent from now on goes there.]]")
    body = as_json(json.loads(detail.body))
    st.code(body[:_MOST_SHOWN], language="json", wrap_lines=True)


def _show_buttons(delivery: DeliveryView) -> None:
    is_test = delivery.event_type is EventType.WEBHOOK_TEST
    # what waits for its first attempt is sent without anybody's doing
    is_tried = delivery.status is not DeliveryStatus.SENDING and not delivery.is_held
    is_tried = is_tried and (delivery.status is not DeliveryStatus.PENDING or delivery.is_retrying)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        if is_tried and is_test and st.button("Send another test", icon=":material/send:", key="test-again"):
            _send_another(delivery)
        if is_tried and not is_test and st.button("Deliver again", icon=":material/replay:", key="redeliver"):
            _redeliver(delivery)
        has_failed = delivery.status is DeliveryStatus.FAILED and not is_test
        if has_failed and st.button("Deliver all failed again…", type="tertiary", key="redeliver-failed"):
            dialogs.ask_to_redeliver(delivery.webhook_id, delivery.webhook_name)


def _send_another(delivery: DeliveryView) -> None:
    with feedback.told():
        open_delivery(deliveries.send_test(require_actor(_MANAGE), delivery.webhook_id))
        st.rerun()


def _redeliver(delivery: DeliveryView) -> None:
    with feedback.told():
        deliveries.redeliver(require_actor(_MANAGE), delivery.id)
        feedback.succeeded("It is delivered again; where its endpoint is off, once that is on.")
        st.rerun()
