"""Webhooks: endpoints set up, edited, switched and deleted by who may; deliveries read, narrowed and sent again."""

import base64
from datetime import timedelta
from uuid import UUID

import pytest
from drawbridge import DrawbridgeDNSError
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.http import safe
from lib.models.webhook import DeliveryStatus, EventType
from lib.ui.navigation import WEBHOOKS
from lib.webhooks import deliveries, service
from lib.webhooks.signing import open_secret
from lib.webhooks.views import DeliveryFilter, DeliveryState, EndpointState
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import HOOK, claim, ended, finish, happen, make_delivery, make_endpoint, see_endpoint
from tests.pages.conftest import OpenAs
from tests.pages.reading import button, buttons, dialogs, headings, press, shown, table, text_area, text_input
from tests.records import row

ADD = "Add the first endpoint"
#: Buttons that open a dialog.
ADDS = {ADD, "Deliver all failed again…"}


def more(at: AppTest, chosen: str) -> AppTest:
    choose(at, chosen)
    at.run()
    assert not at.exception
    return at


def choose(at: AppTest, chosen: str) -> None:
    """A dialog is drawn in each run in which what opens it was chosen: AppTest has no other way to leave it open."""
    at.get("menu_button")[0].set_value(chosen)


def click(at: AppTest, key: str, *, within: str = "") -> AppTest:
    """Click a button, of a dialog that a choice of the menu or a button has opened."""
    (found,) = (each for each in at.button if each.key == key)
    found.click()
    if within in ADDS:
        button(at, within).click()
    elif within:
        choose(at, within)
    at.run()
    assert not at.exception
    return at


def tick(at: AppTest, *labels: str) -> None:
    for label in labels:
        (found,) = (each for each in at.checkbox if each.label.startswith(label))
        button(at, ADD).click()
        found.check().run()


def fill(at: AppTest, *, name: str = "Tracker", url: str = HOOK) -> None:
    text_input(at, "Name").set_value(name)
    text_input(at, "Address").set_value(url)


def only(cast: Cast) -> UUID:
    (found,) = service.list_endpoints(cast.alice)
    return found.id


def test_empty_page_says_what_it_is_for(open_as: OpenAs, cast: Cast) -> None:
    at = open_as(cast.alice, WEBHOOKS)
    assert headings(at) == ["Webhooks", "No endpoints yet"]
    assert buttons(at) == ["How to verify", "Add endpoint", "Add the first endpoint"]
    assert buttons(open_as(cast.mona, WEBHOOKS)) == ["How to verify"], "who only reads is offered nothing to do"


@pytest.mark.parametrize("weak", ["max", "vera"])
def test_page_is_closed_to_who_may_not_view_webhooks(open_as: OpenAs, cast: Cast, weak: str) -> None:
    make_endpoint(cast.alice, name="Hidden")
    at = open_as(getattr(cast, weak), WEBHOOKS)
    assert "Hidden" not in shown(at)
    assert "Add endpoint" not in buttons(at)


def test_endpoint_is_added_and_its_secret_shown_once(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    fill(at)
    text_area(at, "Description").set_value("Opens tickets")
    tick(at, "Runs: all of them", "review.decided")
    click(at, "new-endpoint-save", within=ADD)
    seen = see_endpoint(cast.alice, only(cast))
    assert (seen.name, seen.url, seen.description) == ("Tracker", HOOK, "Opens tickets")
    assert set(seen.events) == {each for each in EventType if each.startswith("run.")} | {EventType.REVIEW_DECIDED}
    kept = row(installation, "SELECT secret_key FROM webhooks")["secret_key"]
    secret = open_secret(kept, organization_id=cast.organization_a)
    assert secret in shown(at)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    click(at, "shown-once-done", within=ADD)
    assert secret not in shown(at)
    assert secret not in shown(open_as(cast.alice, WEBHOOKS))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Address is empty"),
        ("hooks.example", "is no web address"),
        ("https://10.0.0.1/hook", "private network"),
        ("https://169.254.169.254/latest", "ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS"),
        ("http://93.184.215.14/hook", "https://"),
    ],
)
def test_what_is_refused_says_why_and_stays_as_it_was_typed(open_as: OpenAs, cast: Cast, url: str, said: str) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    fill(at, url=url)
    tick(at, "run.failed")
    click(at, "new-endpoint-save", within=ADD)
    assert said in shown(at)
    assert (text_input(at, "Name").value, text_input(at, "Address").value) == ("Tracker", url)
    assert [each.value for each in at.checkbox if each.label.startswith("run.failed")] == [True]
    assert service.list_endpoints(cast.alice) == ()


def test_endpoint_needs_an_event(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    fill(at)
    click(at, "new-endpoint-save", within=ADD)
    assert "Choose at least one event" in shown(at)


def test_all_that_is_wrong_is_said_at_once_each_at_its_field(open_as: OpenAs, cast: Cast) -> None:
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    click(at, "new-endpoint-save", within=ADD)
    said = shown(at)
    order = ["Name is empty", "Address is empty", "Choose at least one event", "Add it"]
    places = [said.index(part) for part in order]
    assert places == sorted(places), "in the order of the form, above what saves it"
    text_input(at, "Address").set_value("https://nina:secret@hooks.example/x")
    click(at, "new-endpoint-save", within=ADD)
    assert "Leave name and password out of the address." in shown(at)
    assert "field of its own" not in shown(at)


def test_address_that_no_name_server_knows_is_taken_and_said_to_be_unknown(
    open_as: OpenAs, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: object) -> str:
        raise DrawbridgeDNSError("nowhere.example", OSError())

    monkeypatch.setattr(safe, "resolve_and_validate_sync", resolve)
    at = press(open_as(cast.alice, WEBHOOKS), ADD)
    fill(at, url="https://hooks.nowhere.example/x")
    tick(at, "run.failed")
    click(at, "new-endpoint-save", within=ADD)
    assert "No name server knows “hooks.nowhere.example” so far." in shown(at)
    made = only(cast)
    at = more(open_as(cast.alice, WEBHOOKS), "Edit…")
    text_input(at, "Address").set_value("https://metadata.google.internal/")
    click(at, f"edit-{made}-save", within="Edit…")
    assert "belongs to this machine or to a private network" in shown(at), "there is no such name outside"
    assert see_endpoint(cast.alice, made).url == "https://hooks.nowhere.example/x"


def test_row_says_how_an_endpoint_does(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    assert "Nothing sent yet" in shown(open_as(cast.alice, WEBHOOKS))
    make_delivery(installation.database, cast.alice)
    make_delivery(installation.database, cast.alice, outcome="failed")
    words = shown(open_as(cast.mona, WEBHOOKS))
    assert "50 % of 2 accepted in 7 days" in words
    assert "1 endpoint, 2 deliveries in 7 days, tests aside" in words
    assert "Failing" in words
    service.pause_endpoint(cast.alice, made.id)
    happen(cast.alice)
    words = shown(open_as(cast.alice, WEBHOOKS))
    assert "Paused" in words
    assert "1 delivery is waiting for it" in words


def test_stopped_endpoint_says_why_and_what_to_do(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    make_delivery(
        installation.database,
        cast.alice,
        outcome="failed",
        status_code=410,
        is_gone=True,
        error="“hooks” answered 410. That says that it is gone.",
    )
    words = shown(open_as(cast.alice, WEBHOOKS))
    assert "Stopped" in words
    assert "“hooks” answered 410. That says that it is gone." in words
    assert "Put that right there, then switch it on." in words


def test_endpoint_is_edited(open_as: OpenAs, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    at = more(open_as(cast.alice, WEBHOOKS), "Edit…")
    assert text_input(at, "Address").value == HOOK
    text_input(at, "Name").set_value("Tickets")
    click(at, f"edit-{made.id}-save", within="Edit…")
    assert see_endpoint(cast.alice, made.id).name == "Tickets"
    assert "The changes are saved." in shown(at)


def test_secret_is_turned_and_both_sign_for_a_while(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    at = more(open_as(cast.alice, WEBHOOKS), "Rotate secret…")
    click(at, f"rotate-{made.id}-confirm", within="Rotate secret…")
    kept = row(installation, "SELECT secret_key FROM webhooks")["secret_key"]
    secret = open_secret(kept, organization_id=cast.organization_a)
    assert secret != made.secret
    assert secret in shown(at)
    assert "signs along for 24 hours" in shown(at)
    click(at, "shown-once-done", within="Rotate secret…")
    assert "Two secrets sign" in shown(at)


def test_endpoint_is_paused_after_a_question(open_as: OpenAs, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    at = more(open_as(cast.alice, WEBHOOKS), "Pause…")
    assert "is kept for it and waits" in shown(at)
    assert see_endpoint(cast.alice, made.id).is_active
    click(at, f"pause-{made.id}-confirm", within="Pause…")
    assert see_endpoint(cast.alice, made.id).state is EndpointState.PAUSED


@pytest.mark.parametrize(("choice", "state"), [("deliver", "under_way"), ("drop", "dropped")])
def test_endpoint_is_switched_on_with_what_has_waited_or_without(
    open_as: OpenAs, cast: Cast, choice: str, state: str
) -> None:
    made = make_endpoint(cast.alice)
    service.pause_endpoint(cast.alice, made.id)
    happen(cast.alice)
    at = more(open_as(cast.alice, WEBHOOKS), "Switch on…")
    assert "1 delivery is waiting for it." in shown(at)
    click(at, f"{choice}-{made.id}", within="Switch on…")
    assert see_endpoint(cast.alice, made.id).state is EndpointState.ACTIVE
    found = deliveries.count_deliveries_by_state(cast.alice, DeliveryFilter(), most=9)
    assert found[DeliveryState(state)] == 1


def test_endpoint_is_deleted_after_a_question(open_as: OpenAs, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    at = more(open_as(cast.alice, WEBHOOKS), "Delete…")
    assert "the record of all its deliveries" in shown(at)
    assert dialogs(at) == ["Delete Tracker?"]
    click(at, f"delete-{made.id}-confirm", within="Delete…")
    assert service.list_endpoints(cast.alice) == ()


def test_test_event_is_opened_and_says_how_it_went(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    at = click(open_as(cast.alice, WEBHOOKS), f"test-{made.id}")
    assert "webhook.test" in headings(at)
    assert "It is sent in a moment" in shown(at)
    finish(installation.database, *map(ended, claim(installation.database)))
    assert "200, 42 ms" in shown(at.run())
    at = press(at, "Send another test")
    assert len(deliveries.list_deliveries(cast.alice).items) == 2


def test_deliveries_are_narrowed_by_the_address(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    make_endpoint(cast.alice, EventType.PROJECT_UPDATED, name="Other")
    make_delivery(installation.database, cast.alice)
    make_delivery(installation.database, cast.alice, outcome="failed")
    assert len(table(open_as(cast.alice, WEBHOOKS), "Event")) == 2
    assert table(open_as(cast.alice, WEBHOOKS, result="failed"), "Code") == ["503"]
    event_id = deliveries.list_deliveries(cast.alice).items[0].event_id
    assert table(open_as(cast.alice, WEBHOOKS, search=event_id), "Code") == ["503"]
    assert "No delivery matches" in shown(open_as(cast.alice, WEBHOOKS, event="run.failed"))


def test_delivery_shows_request_answer_and_attempts(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="retry", wait_seconds=240)
    words = shown(open_as(cast.mona, WEBHOOKS, delivery=delivery_id))
    assert "first attempt of 8, next in" in words
    assert "Deliver all failed again…" not in words
    assert f"POST {HOOK}" in words
    assert '"name": "Hinges"' in words
    assert "later" in words
    assert made.secret not in words
    assert "v1,…" in words


def test_delivery_of_another_organization_is_none(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    make_endpoint(cast.charlie, name="Theirs")
    delivery_id = make_delivery(installation.database, cast.alice)
    words = shown(open_as(cast.charlie, WEBHOOKS, delivery=delivery_id))
    assert "There is no such delivery any more" in words
    assert "Hinges" not in words


def test_delivery_is_sent_again(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="failed")
    assert "Deliver again" not in buttons(open_as(cast.mona, WEBHOOKS, delivery=delivery_id))
    at = press(open_as(cast.alice, WEBHOOKS, delivery=delivery_id), "Deliver again")
    assert "It is delivered again" in shown(at)
    assert deliveries.get_delivery(cast.alice, delivery_id).summary.status is DeliveryStatus.PENDING


def test_all_that_failed_since_are_sent_again(open_as: OpenAs, cast: Cast, installation: Installation) -> None:
    made = make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="failed")
    at = press(open_as(cast.alice, WEBHOOKS, delivery=delivery_id), "Deliver all failed again…")
    assert "1 delivery failed." in shown(at)
    click(at, f"redeliver-{made.id}-confirm", within="Deliver all failed again…")
    assert "1 delivery is on the way again." in shown(at)
    assert deliveries.count_failed(cast.alice, made.id, since=clock.now() - timedelta(days=1), most=9) == 0


def test_how_to_verify_is_there_without_a_secret(open_as: OpenAs, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    at = press(open_as(cast.mona, WEBHOOKS), "How to verify")
    assert "from standardwebhooks import Webhook" in shown(at)
    assert made.secret not in shown(at)
    assert button(at, "How to verify")
