"""Webhooks, beyond the straight way: ticks by the group, edits at once, what is open, and what is offered to whom."""

from datetime import UTC, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.models.webhook import EventType
from lib.ui.components import webhook_watch
from lib.ui.navigation import WEBHOOKS
from lib.webhooks import deliveries, service
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.views import EndpointEntry, EndpointState, Pulse
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import (
    HOOK,
    claim,
    ended,
    finish,
    happen,
    make_delivery,
    make_endpoint,
    see_endpoint,
)
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, press, shown, table, text_input
from tests.records import row, rows

ADD = "Add endpoint"


def choose(at: AppTest, option: str) -> AppTest:
    """What is behind "More" of the only endpoint; AppTest knows no open dialogs, so anew for each run."""
    at.get("menu_button")[0].set_value(option)
    return at


def tick(at: AppTest, label: str) -> AppTest:
    (box,) = (each for each in at.checkbox if each.label.startswith(label))
    box.check()
    return at


def offered(at: AppTest) -> set[str]:
    """The buttons of the page and of its dialog."""
    return {each.label for each in at.button}


def opened(at: AppTest) -> str:
    """The delivery that the address names."""
    found = at.query_params["delivery"]  # a list, where no widget has changed the address
    return found if isinstance(found, str) else str(found[0])


def test_manager_reads_all_of_it_and_is_offered_nothing_to_do(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    make_endpoint(cast.alice)
    at = open_as(cast.mona, WEBHOOKS, delivery=make_delivery(installation.database, cast.alice, outcome="failed"))
    assert "after 1 attempt" in shown(at)
    assert buttons(at) == ["How to verify", "Close"]
    assert not at.get("menu_button")
    assert [each.label for each in at.get("download_button")] == ["CSV", "Parquet", "JSON", "JSON Lines"]


def test_every_event_is_offered_once(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    labels = [box.label for box in at.checkbox if ": sent when " in box.label]
    assert sorted(labels) == sorted(f"{event}: sent when {info.when}" for event, info in EVENTS.items())


def test_group_is_ticked_as_a_whole(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    press(tick(at, "Runs: all of them"), ADD)
    assert sum(box.value for box in at.checkbox if box.label.startswith("run.")) == 7
    (one,) = (box for box in at.checkbox if box.label.startswith("run.paused"))
    one.uncheck()
    press(at, ADD)
    (whole,) = (box for box in at.checkbox if box.label == "Runs: all of them")
    assert not whole.value
    assert "6 of 20 chosen" in shown(at)


def test_name_that_is_taken_is_refused_in_the_form(open_as: OpenAs, cast: Cast) -> None:
    make_endpoint(cast.alice)
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    text_input(at, "Name").set_value("Tracker")
    text_input(at, "Address").set_value(HOOK)
    press(tick(at, "run.failed"), ADD, "Add it")
    assert "There is an endpoint “Tracker” already. Choose another name." in shown(at)
    assert text_input(at, "Address").value == HOOK


def test_endpoint_that_somebody_else_has_edited_is_not_overwritten(
    open_as: OpenAs, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = see_endpoint(cast.alice, make_endpoint(cast.alice).id)
    at = choose(open_as(cast.alice, WEBHOOKS), "Edit…").run()
    service.update_endpoint(cast.alice, EndpointEntry(name="Theirs", url=HOOK, events=("run.failed",)), seen=before)
    # the dialog of a browser stays as it was drawn; AppTest draws the page anew
    monkeypatch.setattr(service.queries, "list_endpoints", lambda *_: [before])
    text_input(at, "Name").set_value("Mine")
    press(choose(at, "Edit…"), "Save changes")
    assert "Somebody else has edited this endpoint meanwhile" in shown(at)
    assert text_input(at, "Name").value == "Mine", "what was typed stays"
    monkeypatch.undo()


def test_endpoint_for_which_nothing_waits_is_switched_on_without_a_choice(open_as: OpenAs, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    service.pause_endpoint(cast.alice, made.id)
    at = choose(open_as(cast.alice, WEBHOOKS), "Switch on…").run()
    assert "Nothing waits for it." in shown(at)
    assert "Drop them" not in offered(at)
    press(choose(at, "Switch on…"), "Switch it on")
    assert see_endpoint(cast.alice, made.id).is_active


def test_many_events_are_named_shortly(open_as: OpenAs, cast: Cast) -> None:
    make_endpoint(cast.alice, *EVENTS, name="All")
    make_endpoint(cast.alice, *list(EVENTS)[:7], name="Some")
    said = shown(open_as(cast.mona, WEBHOOKS))
    assert "all events" in said
    assert "run.queued, run.started, run.waiting_review and 4 more" in said
    assert "2 endpoints, 0 deliveries in 7 days, tests aside." in said


def test_nothing_is_sent_from_the_sample_workspace(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # no real one becomes a sample
        connection.execute("UPDATE organizations SET sample_made_at = now() WHERE id = %s", [cast.organization_a])
    at = press(open_as(cast.alice, WEBHOOKS), "Send test")
    assert "Nothing is sent from the sample workspace" in shown(at)
    assert deliveries.list_deliveries(cast.alice).items == ()


def test_test_without_a_worker_says_so(open_as: OpenAs, cast: Cast) -> None:
    make_endpoint(cast.alice)
    at = press(open_as(cast.alice, WEBHOOKS), "Send test")
    (sent,) = deliveries.list_deliveries(cast.alice).items
    assert opened(at) == str(sent.id)
    assert "The delivery is kept and is sent by itself as soon as a worker is there." in shown(at)


def test_only_endpoint_has_no_column_and_no_filter(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    make_delivery(installation.database, cast.alice)
    (frame,) = open_as(cast.mona, WEBHOOKS).dataframe
    assert list(frame.value.columns) == ["Result", "Event", "About", "Code", "Attempts", "Latency", "When"]
    make_endpoint(cast.alice, EventType.RUN_FAILED, name="Other")
    assert table(open_as(cast.mona, WEBHOOKS, endpoint=made.id), "Endpoint") == ["Tracker"]
    said = shown(open_as(cast.mona, WEBHOOKS, endpoint="nonsense"))
    assert "The address asks for what is not in this list, left out: Endpoint" in said


def test_list_makes_room_for_the_delivery_that_is_open_and_marks_it(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    make_endpoint(cast.alice)
    make_endpoint(cast.alice, EventType.RUN_FAILED, name="Other")
    opened = make_delivery(installation.database, cast.alice)
    make_delivery(installation.database, cast.alice)
    assert table(open_as(cast.mona, WEBHOOKS), "Event") == ["project.created", "project.created"]
    at = open_as(cast.mona, WEBHOOKS, delivery=opened)
    (frame,) = at.dataframe
    assert list(frame.value.columns) == ["Result", "Event", "About", "Endpoint", "Code", "When"]
    assert table(at, "Event") == ["project.created", "▸ project.created"]
    assert table(at, "About") == ["Hinges", "Hinges"]
    assert [link.proto.page for link in at.get("page_link") if link.proto.label == "Hinges"] == ["project"]


def test_delivery_tells_the_address_of_each_attempt_and_what_its_endpoint_asked_for(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    made = make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="retry", hold_seconds=1)
    seen = see_endpoint(cast.alice, made.id)
    moved = EndpointEntry(name=seen.name, url="https://93.184.215.14/moved", events=seen.events)
    service.update_endpoint(cast.alice, moved, seen=seen)
    (attempt,) = deliveries.get_delivery(cast.alice, delivery_id).attempts
    assert attempt.url == HOOK
    said = shown(open_as(cast.mona, WEBHOOKS, delivery=delivery_id))
    assert f"POST {HOOK}" in said, "what is past is shown as it was"
    assert "Its endpoint has another address by now" in said
    assert f"Sent to {HOOK}, its address of then" in said
    assert attempt.resume_at is not None
    until = f"It asked to be left alone until {attempt.resume_at.astimezone(UTC):%H:%M:%S}"
    assert said.count(until) == 2, "in the answer and in the attempt"
    rows(installation, "UPDATE webhook_attempts SET resume_at = '2026-11-22 09:30+00' RETURNING 1")
    said = shown(open_as(cast.mona, WEBHOOKS, delivery=delivery_id))
    assert "It asked to be left alone until Sun 22 Nov 2026, 09:30" in said, "not today"


def test_more_attempts_than_there_are_of_themselves_are_not_counted_of_eight(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="retry", wait_seconds=240)
    rows(installation, "UPDATE webhook_deliveries SET attempts = 9 RETURNING 1")
    said = shown(open_as(cast.mona, WEBHOOKS, delivery=delivery_id))
    assert "ninth attempt, next in" in said


def test_page_looks_only_while_something_is_under_way(
    open_as: OpenAs, cast: Cast, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[float | None] = []
    monkeypatch.setattr(webhook_watch.feedback, "live", lambda _part, *, seconds: drawn.append(seconds))
    make_endpoint(cast.alice)
    make_delivery(installation.database, cast.alice)
    open_as(cast.alice, WEBHOOKS)
    assert drawn == []
    happen(cast.alice)
    open_as(cast.alice, WEBHOOKS)
    assert drawn == [3.0]


def test_what_moves_is_seen_by_one_look(cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    happen(cast.alice)

    def drawn() -> Pulse:
        found = deliveries.list_deliveries(cast.alice).items
        return deliveries.pulse_of(service.list_endpoints(cast.alice), found, newest=found[0].id)

    def now(before: Pulse) -> Pulse:
        return deliveries.watch(cast.alice, [key for key, *_ in before.deliveries])  # type: ignore[misc] # a UUID it is

    before = drawn()
    assert now(before) == before
    claimed = claim(installation.database)
    assert now(before) != before, "it is being sent"
    before = drawn()
    finish(installation.database, *map(ended, claimed))
    assert now(before) != before, "it has ended"
    before = drawn()
    happen(cast.alice)
    assert now(before) != before, "there is another one"
    before = drawn()
    assert now(before) == before


def test_row_opens_its_delivery_and_the_address_says_which(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice)
    at = open_as(cast.mona, WEBHOOKS)
    assert "Click an event to see what was sent" in shown(at)
    at.selectbox(key="deliveries-by-key").select_index(0).run()
    assert opened(at) == str(delivery_id)
    assert [tab.label for tab in at.tabs] == ["Request", "Response", "Attempts 1"]
    press(at, "Close")
    assert "delivery" not in at.query_params
    assert "Click an event to see what was sent" in shown(at)


def test_answer_is_shown_as_text_and_says_where_it_was_cut(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    make_endpoint(cast.alice)
    long = "<b>x</b>" + "é" * 2_000
    delivery_id = make_delivery(installation.database, cast.alice, outcome="failed", response=long)
    at = open_as(cast.mona, WEBHOOKS, delivery=delivery_id)
    request, body, response = (block.value for block in at.code)
    assert request.startswith(f"POST {HOOK}")
    assert body == deliveries.get_delivery(cast.alice, delivery_id).body
    assert response == long
    assert "Cut at 4 kB" in shown(at)


def test_delivery_to_an_endpoint_that_is_off_says_what_it_waits_for(open_as: OpenAs, cast: Cast) -> None:
    service.pause_endpoint(cast.alice, make_endpoint(cast.alice).id)
    happen(cast.max)
    (held,) = deliveries.list_deliveries(cast.alice).items
    at = open_as(cast.alice, WEBHOOKS, delivery=held.id)
    assert table(at, "Result") == ["['= Held']"]
    assert "Waits for its endpoint to be switched on" in shown(at)
    assert "No worker is running" not in shown(at), "nothing is missing but the endpoint"
    assert "Deliver again" not in buttons(at)


def test_endpoint_that_is_left_alone_says_until_when_and_so_does_what_waits_for_it(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    made = make_endpoint(cast.alice)
    happen(cast.alice)
    (delivery,) = deliveries.list_deliveries(cast.alice).items
    rows(installation, "UPDATE webhooks SET resume_at = now() + interval '2 hours 1 minute' RETURNING 1")
    at = open_as(cast.alice, WEBHOOKS, delivery=delivery.id)
    assert "Left alone, next call in 2 hours" in shown(at)
    assert "It is sent in 2 h" in shown(at)
    rows(installation, "UPDATE webhooks SET resume_at = now() RETURNING 1")
    at = open_as(cast.alice, WEBHOOKS, delivery=delivery.id)
    assert "Left alone" not in shown(at)
    assert "It is sent in a moment" in shown(at)
    assert see_endpoint(cast.alice, made.id).state is EndpointState.ACTIVE


def test_delivery_that_is_none_is_said_to_be_gone(open_as: OpenAs, cast: Cast) -> None:
    make_endpoint(cast.alice)
    assert "There is no such delivery any more" in shown(open_as(cast.alice, WEBHOOKS, delivery="nonsense"))


def test_failures_of_another_time_are_left_alone(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="failed")
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE webhook_deliveries SET created_at = %s", [clock.now() - timedelta(hours=2)])
    at = press(open_as(cast.alice, WEBHOOKS, delivery=delivery_id), "Deliver all failed again…")
    assert "1 delivery failed." in shown(at)
    (span,) = (each for each in at.segmented_control if "Last hour" in each.options)
    span.set_value("Last hour")
    press(at, "Deliver all failed again…")
    assert "None has failed in that time." in shown(at)
    assert button(at, "Deliver them again").disabled
    assert deliveries.count_failed(cast.alice, made.id, since=clock.now() - timedelta(days=1), most=9) == 1


def test_who_lost_the_right_meanwhile_changes_nothing(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    at = choose(open_as(cast.alice, WEBHOOKS), "Pause…").run()
    assert "Pause it" in offered(at)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET role = 'admin' WHERE id = %s", [cast.mona.user_id])
        connection.execute("UPDATE users SET role = 'manager' WHERE id = %s", [cast.alice.user_id])
    press(choose(at, "Pause…"), "Pause it")
    assert row(installation, "SELECT is_active FROM webhooks")["is_active"]
