"""The dialogs in which an endpoint is set up, edited, given another secret, switched, deleted, and caught up with."""

from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import streamlit as st

from lib import clock
from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.ui import feedback, state, words
from lib.ui.components.confirm_dialog import is_confirmed, show_confirm_dialog
from lib.ui.components.shown_once import open_once
from lib.ui.components.webhook_code import show_verification
from lib.ui.components.webhook_form import show_endpoint_form
from lib.ui.guard import require_actor
from lib.webhooks import deliveries, service
from lib.webhooks.queries import MOST_WAITING
from lib.webhooks.views import EndpointEntry, EndpointView, MadeEndpoint

_MANAGE: Final = Permission.WEBHOOKS_MANAGE
#: Of an endpoint's name, in characters, in the title of a dialog.
_LONGEST: Final = 60
#: How long both secrets sign, in hours.
_OVERLAPS: Final = {0: "Not at all", 1: "1 hour", 24: "24 hours", 72: "3 days", 168: "7 days"}
_USUAL_OVERLAP: Final = 24
_ONCE: Final = "This secret is shown only here and only now. Copy it to where the deliveries are received."
_COPIED: Final = "I have copied it"
_NEW: Final = "new-endpoint"
_SPANS: Final = {
    "Last hour": timedelta(hours=1),
    "Last 24 hours": timedelta(days=1),
    "Last 7 days": timedelta(days=7),
    "Last 30 days": timedelta(days=30),
}
#: More are not counted before they are sent.
_MOST_FAILED: Final = 9_999


def show_new_endpoint() -> None:
    """Ask for an endpoint, and show its secret once. Call it in the run in which its button was pressed."""
    _begin()
    open_once(
        "Add an endpoint",
        _ask_for_endpoint,
        _show_secret,
        answered_by=f"{_NEW}-save",
        is_dismissible=False,
        done=_COPIED,
    )


def _ask_for_endpoint() -> MadeEndpoint | None:
    return show_endpoint_form(
        _NEW,
        action="Add it",
        save=lambda entry: service.create_endpoint(require_actor(_MANAGE), entry),
        is_left_by_button=True,
    )


def show_edit_endpoint(endpoint: EndpointView) -> None:
    """Ask for changes; what was typed stays while something is wrong with it."""
    _begin()

    def save(entry: EndpointEntry) -> str:
        unknown_host = service.update_endpoint(require_actor(_MANAGE), entry, seen=endpoint)
        return f"The changes are saved. {say_unknown(unknown_host)}" if unknown_host else "The changes are saved."

    @st.dialog("Edit endpoint", width="medium", on_dismiss="rerun")
    def ask() -> None:
        said = show_endpoint_form(f"edit-{endpoint.id}", action="Save changes", save=save, endpoint=endpoint)
        if said:
            feedback.succeeded(said)
            st.rerun()

    ask()


def show_rotation(endpoint: EndpointView) -> None:
    """Ask how long both secrets are to sign, and show the new one once."""
    _begin()
    title = f"Rotate the secret of {_name(endpoint)}?"
    open_once(title, partial(_ask_to_rotate, endpoint), _show_secret, is_dismissible=False, done=_COPIED)


def _ask_to_rotate(endpoint: EndpointView) -> MadeEndpoint | None:
    st.markdown(
        "A new secret takes the place of the one there is. For a while both sign each delivery, so that nothing is "
        "refused until the new one is known on the other side."
    )
    hours = st.segmented_control(
        "Both secrets sign for",
        list(_OVERLAPS),
        default=_USUAL_OVERLAP,
        format_func=_OVERLAPS.__getitem__,
        required=True,
        help="“Not at all” is for a secret that others may have.",
        key=f"overlap-{endpoint.id}",
    )
    if is_confirmed("Make a new secret", key=f"rotate-{endpoint.id}"):
        with feedback.told():
            return service.rotate_secret(require_actor(_MANAGE), endpoint, overlap_hours=int(hours or 0))
    return None


def _show_secret(made: MadeEndpoint) -> None:
    st.markdown(_ONCE)
    st.code(made.secret, language=None, wrap_lines=True)
    if made.overlap_hours:
        st.markdown(f":gray[The one before signs along for {_OVERLAPS[made.overlap_hours]}.]")
    if made.unknown_host:
        st.markdown(f":orange[:material/warning: {words.plain(say_unknown(made.unknown_host))}]")
    with st.expander("How to verify a delivery"):
        show_verification()


def say_unknown(host: str) -> str:
    """What is to be done about an address that leads nowhere."""
    return (
        f"No name server knows “{words.short(host, most=_LONGEST)}” so far. If that is not about to change, put the "
        "address right."
    )


def ask_to_pause(endpoint: EndpointView) -> None:
    """Say what happens meanwhile, and ask."""

    def pause(actor: Actor) -> str:
        service.pause_endpoint(actor, endpoint.id)
        return "The endpoint is paused."

    _begin()
    show_confirm_dialog(
        f"Pause {_name(endpoint)}?",
        text="Nothing is sent to it until it is switched on again. What happens meanwhile is kept for it and waits, "
        "and whoever switches it on says whether that is delivered.",
        action="Pause it",
        on_confirm=pause,
        key=f"pause-{endpoint.id}",
    )


def ask_to_resume(endpoint: EndpointView) -> None:
    """Ask what becomes of that which waits for it, where something does."""
    _begin()

    @st.dialog(words.plain(f"Switch on {_name(endpoint)}?"), on_dismiss="rerun")
    def ask() -> None:
        if not endpoint.waiting:
            st.markdown("Nothing waits for it. It is told of what happens from now on.")
            if is_confirmed("Switch it on", key=f"resume-{endpoint.id}"):
                _resume(endpoint, with_waiting=True)
            return
        st.markdown(
            f"**{say_waiting(endpoint.waiting)} for it.** Delivered, they are sent at once. Dropped, "
            "they stay in the list, and each can still be delivered by hand."
        )
        with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if st.button("Not now", key=f"resume-{endpoint.id}-leave"):
                st.rerun()
            is_dropping = st.button("Drop them", icon=":material/block:", key=f"drop-{endpoint.id}")
            is_delivering = st.button(
                "Deliver them", type="primary", icon=":material/send:", key=f"deliver-{endpoint.id}"
            )
        if is_dropping or is_delivering:
            _resume(endpoint, with_waiting=is_delivering)

    ask()


def _resume(endpoint: EndpointView, *, with_waiting: bool) -> None:
    with feedback.told():
        service.resume_endpoint(require_actor(_MANAGE), endpoint.id, with_waiting=with_waiting)
        feedback.succeeded("The endpoint is on again.")
        st.rerun()


def ask_to_delete(endpoint: EndpointView) -> None:
    """Name what goes with it, and ask."""

    def delete(actor: Actor) -> str:
        service.delete_endpoint(actor, endpoint.id)
        st.query_params.pop("delivery", None)  # it may be one of those that went
        return "The endpoint is deleted."

    waiting = f" {say_waiting(endpoint.waiting)} for it and will never be sent." if endpoint.waiting else ""
    _begin()
    show_confirm_dialog(
        f"Delete {_name(endpoint)}?",
        text=f"The endpoint goes, its secret, and the record of all its deliveries.{waiting} It can't be brought back. "
        "To keep all of that, pause it instead.",
        action="Delete it",
        on_confirm=delete,
        key=f"delete-{endpoint.id}",
    )


def ask_to_redeliver(webhook_id: UUID, name: str) -> None:
    """Ask since when all that has failed is to be delivered again, and say how many those are."""
    _begin()

    @st.dialog(words.plain(f"Deliver failed again to {words.short(name, most=_LONGEST)}?"), on_dismiss="rerun")
    def ask() -> None:
        span = st.segmented_control(
            "Failed deliveries of events of the",
            list(_SPANS),
            default="Last 24 hours",
            required=True,
            key=f"since-{webhook_id}",
        )
        since = clock.now() - _SPANS[span or "Last 24 hours"]
        with feedback.told():
            found = deliveries.count_failed(require_actor(_MANAGE), webhook_id, since=since, most=_MOST_FAILED + 1)
            _show_failed(found)
            if is_confirmed("Deliver them again", key=f"redeliver-{webhook_id}", is_ready=found > 0):
                count = deliveries.redeliver_failed(require_actor(_MANAGE), webhook_id, since=since)
                verb = words.are(count)
                feedback.succeeded(f"{words.count(count, 'delivery', plural='deliveries')} {verb} on the way again.")
                st.rerun()

    ask()


def _show_failed(found: int) -> None:
    if not found:
        st.markdown("None has failed in that time.")
        return
    more = "More than " if found > _MOST_FAILED else ""
    counted = words.count(min(found, _MOST_FAILED), "delivery", plural="deliveries")
    st.markdown(
        f"**{more}{counted} failed.** Each is sent again with attempts of its own, under the same event's id, so that "
        "the other side can leave out what it has had."
    )


def say_waiting(waiting: int) -> str:
    """`1 delivery is waiting`, `1,000 deliveries or more are waiting`."""
    more = " or more" if waiting >= MOST_WAITING else ""
    return f"{words.count(waiting, 'delivery', plural='deliveries')}{more} {words.are(waiting)} waiting"


def _begin() -> None:
    """Have the live part of the page leave the dialog open; the next run of the page forgets it."""
    st.session_state[state.IS_DECIDING] = True


def _name(endpoint: EndpointView) -> str:
    return words.short(endpoint.name, most=_LONGEST)
