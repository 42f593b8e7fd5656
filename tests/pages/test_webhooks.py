"""Webhooks: endpoints set up, edited, switched and tried by who may; deliveries looked at, and sent again."""

from datetime import timedelta
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from lib.config import get_settings
from lib.models.webhook import EventType
from lib.projects.service import ProjectEntry, create_project
from lib.ui.components.webhook_form import _COLUMNS
from lib.ui.navigation import WEBHOOKS
from lib.webhooks.catalogue import EVENTS
from lib.webhooks.service import (
    create_endpoint,
    get_delivery,
    list_deliveries,
    list_endpoints,
    pause_endpoint,
    rotate_secret,
    update_endpoint,
)
from lib.webhooks.signing import open_secret
from lib.webhooks.views import DeliveryFilter, DeliveryView, EndpointEntry, EndpointState, EndpointView
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import make_delivery, make_endpoint, play_worker
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, dialogs, headings, press, shown, table, text_input
from tests.records import row, rows

URL = "https://hooks.example/orchestrator"


@pytest.fixture(autouse=True)
def _known_names(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts that are let through by their names: nothing is looked up outside."""
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "hooks.example,other.example")
    get_settings.cache_clear()


@pytest.fixture
def endpoint_id(cast: Cast, _known_names: None) -> UUID:
    """Alice has set one up, for two events."""
    entry = EndpointEntry(name="Team channel", url=URL, events=("run.completed", "project.created"))
    return create_endpoint(cast.alice, entry).id


def seen(cast: Cast) -> EndpointView:
    (endpoint,) = list_endpoints(cast.alice)
    return endpoint


def deliveries(cast: Cast) -> list[DeliveryView]:
    """The newest first."""
    return list(list_deliveries(cast.alice, DeliveryFilter()).items)


def choose(at: AppTest, option: str) -> AppTest:
    """What is behind "More" of the only endpoint. AppTest knows no open dialogs: choose it anew for each run."""
    (menu,) = at.get("menu_button")
    menu.set_value(option)
    return at


def tick(at: AppTest, label: str) -> None:
    (box,) = (each for each in at.checkbox if each.label.startswith(label))
    box.check()


def offered(at: AppTest) -> set[str]:
    """The buttons of the page and of its dialog."""
    return {each.label for each in at.button}


def cause(cast: Cast) -> DeliveryView:
    """A project is made, of which the endpoint is told."""
    create_project(cast.max, ProjectEntry(name="Folding bicycles", topic="Bicycles"))
    return deliveries(cast)[0]


def test_empty_page_says_what_it_is_for(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, WEBHOOKS)
    assert headings(at) == ["Webhooks", "No endpoints yet"]
    assert buttons(at) == ["How to verify", "Add endpoint", "Add the first endpoint"]
    assert buttons(open_as(cast.mona, WEBHOOKS)) == ["How to verify"], "who only reads is offered nothing to do"


def test_member_and_viewer_find_it_closed(open_as: OpenAs, cast: Cast, endpoint_id: UUID) -> None:
    for actor in (cast.max, cast.vera):
        at = open_as(actor, WEBHOOKS)
        assert headings(at) == ["This page is not open to you"]
        assert "hooks.example" not in shown(at)


def test_manager_sees_all_of_it_and_changes_nothing(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    delivery = make_delivery(installation.database, cast.alice, endpoint_id, outcome="failed")
    at = open_as(cast.mona, WEBHOOKS, delivery=delivery)
    assert "Team channel" in shown(at)
    assert "it is overloaded" in shown(at)
    assert buttons(at) == ["How to verify", "Close"]
    assert not at.get("menu_button")


def test_every_event_is_offered_once(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), "Add endpoint")
    labels = [box.label for box in at.checkbox if ": sent when " in box.label]
    assert sorted(labels) == sorted(f"{event}: sent when {info.when}" for event, info in EVENTS.items())
    assert {group for column in _COLUMNS for group in column} == {info.group for info in EVENTS.values()}


def test_endpoint_is_added_and_its_secret_is_shown_once(
    open_as: OpenAs, cast: Cast, installation: Installation
) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), "Add endpoint")
    text_input(at, "Name").set_value("Team channel")
    text_input(at, "Address").set_value(URL)
    tick(at, "run.failed")
    tick(at, "Reviews: all of them")
    at = press(at, "Add endpoint", "Add it")
    stored = row(installation, "SELECT * FROM webhooks")
    assert (stored["name"], stored["url"]) == ("Team channel", URL)
    assert stored["events"] == ["run.failed", "review.requested", "review.decided"]
    secret = open_secret(stored["secret_key"], organization_id=cast.organization_a)
    assert at.code[0].value == secret
    assert [tab.label for tab in at.tabs][:3] == ["Python", "Node", "Shell"]
    assert secret not in "".join(block.value for block in at.code[1:])
    assert secret not in shown(at.run()), "another look has it no more"


def test_refused_endpoint_keeps_what_was_typed(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), "Add endpoint")
    for url, event, said in (
        ("", None, "Choose at least one event."),
        ("", "run.failed", "Address is empty"),
        ("http://10.0.0.1/hook", None, "private network"),
        ("hooks.example", None, "is no web address"),
    ):
        text_input(at, "Name").set_value("Team channel")
        text_input(at, "Address").set_value(url)
        if event:
            tick(at, event)
        press(at, "Add endpoint", "Add it")
        assert said in shown(at)
        assert (text_input(at, "Name").value, text_input(at, "Address").value) == ("Team channel", url)
    assert [box.label.partition(":")[0] for box in at.checkbox if box.value] == ["run.failed"]
    assert rows(installation, "SELECT id FROM webhooks") == []


def test_name_that_is_taken_is_refused(open_as: OpenAs, cast: Cast, endpoint_id: UUID) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), "Add endpoint")
    text_input(at, "Name").set_value("Team channel")
    text_input(at, "Address").set_value(URL)
    tick(at, "run.failed")
    press(at, "Add endpoint", "Add it")
    assert "There is an endpoint “Team channel” already." in shown(at)


def test_group_is_ticked_and_unticked_as_a_whole(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), "Add endpoint")
    tick(at, "Runs: all of them")
    press(at, "Add endpoint")
    assert sum(box.value for box in at.checkbox if box.label.startswith("run.")) == 7
    (one,) = (box for box in at.checkbox if box.label.startswith("run.paused"))
    one.uncheck()
    press(at, "Add endpoint")
    (all_of_them,) = (box for box in at.checkbox if box.label == "Runs: all of them")
    assert not all_of_them.value
    assert "6 of 19 chosen" in shown(at)


def test_endpoint_is_edited(open_as: OpenAs, cast: Cast, endpoint_id: UUID) -> None:
    at = choose(open_as(cast.alice, WEBHOOKS), "Edit…").run()
    assert text_input(at, "Address").value == URL
    ticked = [box.label.partition(":")[0] for box in at.checkbox if box.value]
    assert ticked == ["run.completed", "project.created"]
    text_input(at, "Address").set_value("https://other.example/in")
    at.text_area[0].set_value("Looked after by Omar.")
    tick(at, "run.failed")
    press(choose(at, "Edit…"), "Save changes")
    found = seen(cast)
    assert (found.url, found.description) == ("https://other.example/in", "Looked after by Omar.")
    assert found.events == ("run.completed", "run.failed", "project.created")
    assert "The changes are saved." in shown(at)


def test_endpoint_that_somebody_else_has_edited_is_not_overwritten(
    open_as: OpenAs, cast: Cast, endpoint_id: UUID
) -> None:
    at = choose(open_as(cast.alice, WEBHOOKS), "Edit…").run()
    before = seen(cast)
    text_input(at, "Name").set_value("Mine")
    update_endpoint(cast.alice, EndpointEntry(name="Theirs", url=URL, events=("run.failed",)), seen=before)
    with pytest.MonkeyPatch.context() as patch:  # the dialog stays as it was drawn; AppTest draws the page anew
        patch.setattr("lib.webhooks.service.queries.list_endpoints", lambda *_: [before])
        press(choose(at, "Edit…"), "Save changes")
    assert "Somebody else has edited this endpoint meanwhile" in shown(at)
    assert text_input(at, "Name").value == "Mine"
    assert seen(cast).name == "Theirs"


def test_rotated_secret_is_shown_once_and_the_row_says_how_long_both_sign(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    before = row(installation, "SELECT secret_key FROM webhooks")["secret_key"]
    at = choose(open_as(cast.alice, WEBHOOKS), "Rotate secret…").run()
    assert dialogs(at) == ["Rotate the secret of Team channel?"]
    (overlap,) = (each for each in at.segmented_control if each.label == "Both secrets sign for")
    assert (overlap.options, overlap.value) == (["Not at all", "1 hour", "24 hours", "3 days", "7 days"], 24)
    overlap.set_value(1)
    at = press(choose(at, "Rotate secret…"), "Make a new secret")
    after = row(installation, "SELECT *, previous_secret_expires_at - now() AS left FROM webhooks")
    assert after["previous_secret_key"] == before
    assert timedelta(minutes=59) < after["left"] <= timedelta(hours=1)
    secret = open_secret(after["secret_key"], organization_id=cast.organization_a)
    assert at.code[0].value == secret
    assert "The one before signs along for 1 hour." in shown(at)
    at = open_as(cast.mona, WEBHOOKS)
    assert "Two secrets sign; the one before ends in " in shown(at)
    assert secret not in shown(at)
    rotate_secret(cast.alice, seen(cast), overlap_hours=0)
    assert "Two secrets sign" not in shown(open_as(cast.mona, WEBHOOKS))


def test_paused_endpoint_keeps_events_which_are_delivered_or_dropped(
    open_as: OpenAs, cast: Cast, endpoint_id: UUID
) -> None:
    for choice, status in (("Deliver them", "pending"), ("Drop them", "dropped")):
        at = choose(open_as(cast.alice, WEBHOOKS), "Pause…").run()
        assert "Nothing is sent to it until it is switched on again. What happens meanwhile is kept" in shown(at)
        press(choose(at, "Pause…"), "Pause it")
        assert seen(cast).state is EndpointState.PAUSED
        create_project(cast.max, ProjectEntry(name=f"Made before “{choice}”", topic="Bicycles"))
        at = open_as(cast.alice, WEBHOOKS)
        waiting = seen(cast).waiting
        assert f"wait{'s' if waiting == 1 else ''} for it" in shown(at)
        assert table(at, "Result")[0] == "['= Held']"
        at = choose(at, "Switch on…").run()
        assert {"Not now", "Drop them", "Deliver them"} <= offered(at)
        press(choose(at, "Switch on…"), choice)
        assert seen(cast).is_active
        newest = deliveries(cast)[0]
        assert newest.status == status
        assert not newest.is_held


def test_endpoint_for_which_nothing_waits_is_switched_on_without_a_choice(
    open_as: OpenAs, cast: Cast, endpoint_id: UUID
) -> None:
    pause_endpoint(cast.alice, endpoint_id)
    at = choose(open_as(cast.alice, WEBHOOKS), "Switch on…").run()
    assert "Nothing waits for it." in shown(at)
    assert "Drop them" not in offered(at)
    press(choose(at, "Switch on…"), "Switch it on")
    assert seen(cast).is_active


def test_question_before_deleting_names_what_goes(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    delivery = cause(cast)
    at = choose(open_as(cast.alice, WEBHOOKS, delivery=delivery.id), "Delete…").run()
    assert "its secret, and the record of all its deliveries. 1 delivery waits for it and will never be sent." in shown(
        at
    )
    press(choose(at, "Delete…"), "Delete it")
    assert rows(installation, "SELECT id FROM webhook_deliveries") == []
    assert headings(at) == ["Webhooks", "No endpoints yet"]
    assert "delivery" not in at.query_params


def test_row_says_how_it_stands_and_what_to_do(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    assert "Nothing sent yet" in shown(open_as(cast.mona, WEBHOOKS))
    for outcome in ("delivered", "delivered", "failed"):
        make_delivery(installation.database, cast.alice, endpoint_id, outcome=outcome)
    said = shown(open_as(cast.mona, WEBHOOKS))
    assert "Failing" in said
    assert "Tried again by itself: 1 attempt in a row has failed" in said
    assert "66.6 % of 3 accepted in 7 days" in said
    gone = {"status_code": 410, "error": "hooks.example answers 410 Gone. That says that it is gone.", "is_gone": True}
    make_delivery(installation.database, cast.alice, endpoint_id, outcome="failed", **gone)
    said = shown(open_as(cast.mona, WEBHOOKS))
    assert "Stopped" in said
    assert "hooks.example answers 410 Gone. That says that it is gone." in said
    assert "Put that right there, then switch it on." in said


def test_many_events_are_named_shortly(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(installation.database, cast.alice, name="All")
    make_endpoint(installation.database, cast.alice, name="Some", events=list(EVENTS)[:7])
    said = shown(open_as(cast.mona, WEBHOOKS))
    assert "all events" in said
    assert "run.queued, run.started, run.waiting_review and 4 more" in said
    assert "2 endpoints, 0 deliveries in 7 days." in said


def test_test_event_is_opened_and_says_how_it_went(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), "Send test")
    (sent,) = deliveries(cast)
    assert sent.event_type == EventType.WEBHOOK_TEST
    assert at.query_params["delivery"] in ([str(sent.id)], str(sent.id))
    assert "It is sent in a moment" in shown(at)
    assert "No worker is running" in shown(at)
    assert "The delivery is kept and is sent by itself as soon as a worker is there." in shown(at)
    play_worker(installation.database, sent.id, outcome="delivered")
    at.run()
    assert "200, 42 ms" in shown(at)
    assert "No worker is running" not in shown(at)
    press(at, "Send another test")
    assert len(deliveries(cast)) == 2


def test_nothing_is_sent_from_the_sample_workspace(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")  # no real one becomes a sample
        connection.execute("UPDATE organizations SET sample_made_at = now() WHERE id = %s", [cast.organization_a])
    at = press(open_as(cast.alice, WEBHOOKS), "Send test")
    assert "Nothing is sent from the sample workspace" in shown(at)
    assert deliveries(cast) == []


def test_deliveries_are_narrowed_by_the_address(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    other = make_endpoint(installation.database, cast.alice, name="Other")
    make = installation.database, cast.alice
    make_delivery(*make, endpoint_id, event=EventType.RUN_COMPLETED)
    make_delivery(*make, endpoint_id, event=EventType.PHASE_FAILED, outcome="retry", attempts=3)
    failed = make_delivery(*make, other, event=EventType.RUN_FAILED, outcome="failed", attempts=8)
    make_delivery(*make, other, event=EventType.RUN_FAILED, outcome=None)
    at = open_as(cast.mona, WEBHOOKS)
    assert table(at, "Event") == ["run.failed", "run.failed", "phase.failed", "run.completed"]
    assert table(at, "Result") == ["['○ Waiting']", "['✕ Failed']", "['↻ Retrying']", "['✓ Delivered']"]
    assert table(at, "Endpoint") == ["Other", "Other", "Team channel", "Team channel"]
    assert table(at, "Attempts") == ["0", "8", "3", "1"]
    for asked, found in (
        ({"result": "under_way"}, ["run.failed", "phase.failed"]),
        ({"result": "failed"}, ["run.failed"]),
        ({"endpoint": endpoint_id}, ["phase.failed", "run.completed"]),
        ({"event": "run.completed"}, ["run.completed"]),
        ({"search": get_delivery(cast.alice, failed).summary.event_id}, ["run.failed"]),
    ):
        assert table(open_as(cast.mona, WEBHOOKS, **asked), "Event") == found
    at = open_as(cast.mona, WEBHOOKS, result="dropped")
    assert "No delivery matches these filters" in headings(at)
    assert "The address asks for what is not in this list, left out: Endpoint" in shown(
        open_as(cast.mona, WEBHOOKS, endpoint="nonsense")
    )


def test_only_endpoint_has_no_column(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    make_delivery(installation.database, cast.alice, endpoint_id)
    (frame,) = open_as(cast.mona, WEBHOOKS).dataframe
    assert list(frame.value.columns) == ["Result", "Event", "Code", "Attempts", "Latency", "When"]


def test_row_opens_its_delivery_in_the_address(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    make_delivery(installation.database, cast.alice, endpoint_id)
    at = open_as(cast.mona, WEBHOOKS)
    assert "Click an event to see what was sent" in shown(at)
    at.selectbox(key="deliveries-by-key").select_index(0).run()
    (delivery,) = deliveries(cast)
    assert at.query_params["delivery"] in ([str(delivery.id)], str(delivery.id))
    assert f"webhook-id: {delivery.event_id}" in shown(at)
    press(at, "Close")
    assert "Click an event to see what was sent" in shown(at)


def test_detail_has_request_response_and_attempts(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    long = {"response": "<b>x</b>" + "é" * 2_000, "status_code": 503, "error": "hooks.example answers 503."}
    delivery = make_delivery(
        installation.database, cast.alice, endpoint_id, outcome="retry", attempts=3, duration_ms=5_012, **long
    )
    at = open_as(cast.mona, WEBHOOKS, delivery=delivery)
    said = shown(at)
    assert "third attempt of 8, next in 3 min 59 s" in said or "third attempt of 8, next in 4 min" in said
    assert "hooks.example answers 503." in said
    assert [tab.label for tab in at.tabs] == ["Request", "Response", "Attempts 3"]
    request, body, response = (block.value for block in at.code)
    assert f"POST {URL}" in request
    assert "webhook-signature: v1,…" in request
    assert body == get_delivery(cast.alice, delivery).body
    assert response.startswith("<b>x</b>")
    assert "Cut at 4 kB" in said
    assert said.count("5,012 ms") == 5, "in the table, beside the response, of each attempt"


def test_delivery_of_an_endpoint_that_is_off_says_what_it_waits_for(
    open_as: OpenAs, cast: Cast, endpoint_id: UUID
) -> None:
    pause_endpoint(cast.alice, endpoint_id)
    at = open_as(cast.alice, WEBHOOKS, delivery=cause(cast).id)
    assert "Waits for its endpoint to be switched on" in shown(at)
    assert "No worker is running" not in shown(at), "nothing is missing but the endpoint"
    assert "Deliver again" not in buttons(at)


def test_delivery_of_nobody_and_of_strangers_is_said_to_be_gone(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    theirs = make_endpoint(installation.database, cast.charlie, name="Theirs")
    for delivery in ("nonsense", make_delivery(installation.database, cast.charlie, theirs)):
        at = open_as(cast.alice, WEBHOOKS, delivery=delivery)
        assert "There is no such delivery any more" in shown(at)
        assert "Theirs" not in shown(at)


def test_delivery_is_sent_again(open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID) -> None:
    delivery = make_delivery(installation.database, cast.alice, endpoint_id, outcome="failed", attempts=8)
    at = open_as(cast.alice, WEBHOOKS, delivery=delivery)
    assert "after 8 attempts" in shown(at)
    press(at, "Deliver again")
    assert "It is on its way again." in shown(at)
    (again,) = deliveries(cast)
    assert (again.status, again.attempts, again.attempts_now) == ("pending", 8, 0)
    assert "Deliver again" not in buttons(at), "it is on its way"
    play_worker(installation.database, delivery, outcome="delivered")
    assert "200, 42 ms, at the ninth attempt" in shown(at.run())


def test_all_that_failed_since_is_counted_and_sent_again(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    for hours in (0.5, 2, 3, 100):
        make_delivery(installation.database, cast.alice, endpoint_id, outcome="failed", ago=timedelta(hours=hours))
    newest = deliveries(cast)[0]
    at = press(open_as(cast.alice, WEBHOOKS, delivery=newest.id), "All failed since…")
    assert dialogs(at) == ["Deliver failed again to Team channel?"]
    assert "3 deliveries have failed." in shown(at)
    (span,) = (each for each in at.segmented_control if each.options[0] == "Last hour")
    span.set_value("Last hour")
    press(at, "All failed since…")
    assert "1 delivery has failed." in shown(at)
    press(at, "All failed since…", "Deliver them again")
    assert "1 delivery is on the way again." in shown(at)
    assert [each.status for each in deliveries(cast)] == ["pending", "failed", "failed", "failed"]
    press(choose(open_as(cast.alice, WEBHOOKS), "Deliver failed again…").run(), "How to verify")
    at = choose(open_as(cast.alice, WEBHOOKS), "Deliver failed again…").run()
    press(choose(at, "Deliver failed again…"), "Deliver them again")
    assert "2 deliveries are on the way again." in shown(at)


def test_nothing_that_failed_is_nothing_to_be_sent(open_as: OpenAs, cast: Cast, endpoint_id: UUID) -> None:
    at = choose(open_as(cast.alice, WEBHOOKS), "Deliver failed again…").run()
    assert "None has failed in that time." in shown(at)
    assert button(at, "Deliver them again").disabled


def test_programs_that_verify_are_there_without_a_secret(open_as: OpenAs, cast: Cast, endpoint_id: UUID) -> None:
    at = press(open_as(cast.mona, WEBHOOKS), "How to verify")
    assert dialogs(at) == ["How to verify a delivery"]
    assert len(at.code) == 3
    for block in at.code:
        assert "WEBHOOK_SECRET=whsec_… " in block.value


def test_deliveries_are_taken_along_as_a_file(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    make_delivery(installation.database, cast.alice, endpoint_id)
    at = open_as(cast.mona, WEBHOOKS)
    assert [each.label for each in at.get("download_button")] == ["CSV", "Parquet", "JSON"]


def test_who_lost_the_right_meanwhile_changes_nothing(
    open_as: OpenAs, cast: Cast, installation: Installation, endpoint_id: UUID
) -> None:
    at = choose(open_as(cast.alice, WEBHOOKS), "Pause…").run()
    assert "Pause it" in offered(at)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET role = 'admin' WHERE id = %s", [cast.mona.user_id])
        connection.execute("UPDATE users SET role = 'manager' WHERE id = %s", [cast.alice.user_id])
    press(choose(at, "Pause…"), "Pause it")
    assert row(installation, "SELECT is_active FROM webhooks")["is_active"]
