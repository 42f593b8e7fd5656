"""What people do with endpoints."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from lib import clock
from lib.config import get_settings
from lib.errors import AlreadyTaken, Conflict, InvalidInput, NotFound, NotPermitted
from lib.exports import ExportFormat
from lib.models.webhook import EventType
from lib.webhooks import deliveries, service
from lib.webhooks.signing import open_secret
from lib.webhooks.views import DeliveryFilter, DeliveryState, EndpointEntry, EndpointState
from tests import network
from tests.cast import Cast
from tests.conftest import Installation
from tests.lib.http.test_safe import NUMBERS, OURS
from tests.made_webhooks import HOOK, claim, happen, make_delivery, make_endpoint, see_endpoint, see_webhook
from tests.records import row, rows, trail

ENTRY = EndpointEntry(name="Tracker", url=HOOK, description="Opens tickets", events=("run.failed", "run.completed"))


def test_secret_is_shown_once_and_kept_sealed(installation: Installation, cast: Cast) -> None:
    made = service.create_endpoint(cast.alice, ENTRY)
    assert made.secret.startswith("whsec_")
    assert len(base64.b64decode(made.secret.removeprefix("whsec_"))) == 32
    kept = row(installation, "SELECT * FROM webhooks")
    assert made.secret not in str(kept)
    assert len(kept["secret_key"]) <= 255
    assert open_secret(kept["secret_key"], organization_id=cast.organization_a) == made.secret
    (entry,) = trail(installation, "webhooks.create", made.id)
    assert entry["new_values"]["secret_key"] == "(secret)"
    seen = see_endpoint(cast.alice, made.id)
    assert (seen.name, seen.url, seen.description) == ("Tracker", HOOK, "Opens tickets")
    assert seen.events == (EventType.RUN_COMPLETED, EventType.RUN_FAILED)
    assert (seen.state, seen.recent, seen.waiting) == (EndpointState.ACTIVE, 0, 0)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "  "}, "Name", "empty"),
        ({"name": "x" * 256}, "Name", "255"),
        ({"url": ""}, "Address", "empty"),
        ({"url": "hooks.example"}, "Address", "is no web address"),
        ({"url": "ftp://hooks.example"}, "Address", "is no web address"),
        ({"url": "http://93.184.215.14/x"}, "Address", "https://"),
        ({"url": "https://ann:secret@hooks.example/x"}, "Address", "name and password"),
        ({"url": "https://hooks.example/x#part"}, "Address", "“#”"),
        ({"url": HOOK + "x" * 500}, "Address", "500"),
        ({"events": ()}, "Events", "at least one"),
        ({"events": ("run.failed", "run.exploded")}, "Events", "run.exploded"),
        ({"events": ("webhook.test",)}, "Events", "webhook.test"),
        ({"description": "\x07"}, "Description", "invisible"),
    ],
)
def test_wrong_entry_is_refused_in_words(
    installation: Installation, cast: Cast, changes: dict[str, object], field: str, words: str
) -> None:
    entry = EndpointEntry(**{"name": "Tracker", "url": HOOK, "events": ("run.failed",), **changes})  # type: ignore[arg-type] # as a form fills it
    with pytest.raises(InvalidInput, match=words) as refused:
        service.create_endpoint(cast.alice, entry)
    assert refused.value.field == field
    assert rows(installation, "SELECT 1 FROM webhooks") == []


@pytest.mark.parametrize("host", [*OURS, *NUMBERS])
def test_address_of_ours_is_refused_however_it_is_written(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setattr(
        network, "_is_here", lambda host: True
    )  # a number in any spelling is no question to the outside
    with pytest.raises(InvalidInput) as refused:
        service.create_endpoint(cast.alice, EndpointEntry(name="X", url=f"https://{host}/hook", events=("run.failed",)))
    assert refused.value.field == "Address"
    assert "private network" in refused.value.message


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 9200, 11211])
def test_port_of_something_else_is_refused(cast: Cast, port: int) -> None:
    entry = EndpointEntry(name="X", url=f"https://93.184.216.34:{port}/hook", events=("run.failed",))
    with pytest.raises(InvalidInput, match=f"Port {port}"):
        service.create_endpoint(cast.alice, entry)


def test_operator_lets_named_private_hosts_through(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_ALLOWED_PRIVATE_HOSTS", "10.0.0.0/8, tracker.internal")
    get_settings.cache_clear()
    entry = EndpointEntry(name="X", url="http://10.1.2.3:9000/hook?team=1", events=("run.failed",))
    made = service.create_endpoint(cast.alice, entry)
    assert see_endpoint(cast.alice, made.id).url == "http://10.1.2.3:9000/hook?team=1"
    with pytest.raises(InvalidInput, match="private network"):
        service.create_endpoint(cast.alice, EndpointEntry(name="Y", url="https://192.168.0.1/", events=("run.failed",)))


def test_address_is_called_as_it_was_entered(cast: Cast) -> None:
    made = service.create_endpoint(
        cast.alice, EndpointEntry(name="X", url=f"{HOOK}/?team=1&empty=", events=("run.failed",))
    )
    assert see_endpoint(cast.alice, made.id).url == f"{HOOK}/?team=1&empty="


def test_name_is_taken_once_in_an_organization(cast: Cast) -> None:
    made = service.create_endpoint(cast.alice, ENTRY)
    with pytest.raises(AlreadyTaken, match="“Tracker”"):
        service.create_endpoint(cast.alice, ENTRY)
    make_endpoint(cast.charlie, name="Tracker")
    make_endpoint(cast.alice, name="Another")
    with pytest.raises(AlreadyTaken):
        service.update_endpoint(
            cast.alice,
            EndpointEntry(name="Another", url=HOOK, events=("run.failed",)),
            seen=see_endpoint(cast.alice, made.id),
        )


def test_there_is_an_end_to_endpoints(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_ENDPOINTS", 1)
    service.create_endpoint(cast.alice, ENTRY)
    with pytest.raises(Conflict, match="Delete one first"):
        make_endpoint(cast.alice, name="Another")


def test_edit_changes_what_was_seen_and_nothing_newer(cast: Cast) -> None:
    made = service.create_endpoint(cast.alice, ENTRY)
    seen = see_endpoint(cast.alice, made.id)
    changed = EndpointEntry(name="Tickets", url=f"{HOOK}/2", events=("run.failed",))
    service.update_endpoint(cast.alice, changed, seen=seen)
    now = see_endpoint(cast.alice, made.id)
    assert (now.name, now.url, now.description, now.events) == ("Tickets", f"{HOOK}/2", "", (EventType.RUN_FAILED,))
    with pytest.raises(Conflict, match="Look at it again"):
        service.update_endpoint(cast.alice, ENTRY, seen=seen)


def test_what_a_worker_counts_is_no_edit(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    seen = see_endpoint(cast.alice, made.id)
    make_delivery(installation.database, cast.alice, outcome="retry")
    assert see_endpoint(cast.alice, made.id).consecutive_failures == 1
    service.update_endpoint(cast.alice, ENTRY, seen=seen)
    assert [
        entry["new_values"].keys() & {"consecutive_failures", "last_triggered_at", "resume_at", "failing_since"}
        for entry in trail(installation, "webhooks.update", made.id)
    ] == [set()]


def test_what_happens_while_it_is_paused_waits_for_it(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    happen(cast.alice, "Before")
    service.pause_endpoint(cast.alice, made.id)
    happen(cast.alice, "Meanwhile")
    seen = see_endpoint(cast.alice, made.id)
    assert (seen.state, seen.waiting, seen.disabled_at) == (EndpointState.PAUSED, 2, None)
    assert claim(installation.database) == []
    assert all(each.is_held for each in deliveries.list_deliveries(cast.alice).items)
    service.resume_endpoint(cast.alice, made.id, with_waiting=True)
    assert [each["data"]["project"]["name"] for each in claim(installation.database)] == ["Before", "Meanwhile"]


def test_it_goes_on_without_what_has_waited(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    service.pause_endpoint(cast.alice, made.id)
    happen(cast.alice, "Meanwhile")
    service.resume_endpoint(cast.alice, made.id, with_waiting=False)
    happen(cast.alice, "After")
    assert [each["data"]["project"]["name"] for each in claim(installation.database)] == ["After"]
    states = deliveries.count_deliveries_by_state(cast.alice, DeliveryFilter(), most=99)
    assert (states[DeliveryState.DROPPED], states[DeliveryState.UNDER_WAY]) == (1, 1)


def test_deletion_takes_its_deliveries_along_and_no_others(installation: Installation, cast: Cast) -> None:
    made, other = make_endpoint(cast.alice), make_endpoint(cast.alice, name="Other")
    make_delivery(installation.database, cast.alice)
    service.delete_endpoint(cast.alice, made.id)
    assert [each.id for each in service.list_endpoints(cast.alice)] == [other.id]
    assert {each.webhook_id for each in deliveries.list_deliveries(cast.alice).items} == {other.id}
    assert len(rows(installation, "SELECT 1 FROM webhook_attempts")) == 1


def test_both_secrets_are_handed_to_the_worker_while_they_overlap(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    seen = see_endpoint(cast.alice, made.id)
    turned = service.rotate_secret(cast.alice, seen, overlap_hours=24)
    assert turned.secret != made.secret
    happen(cast.alice)
    (claimed,) = claim(installation.database)
    keys = [open_secret(claimed[key], organization_id=cast.organization_a) for key in ("secret", "previous_secret")]
    assert keys == [turned.secret, made.secret]
    until = see_endpoint(cast.alice, made.id).previous_secret_expires_at
    assert until is not None
    assert timedelta(hours=23) < until - clock.now() < timedelta(hours=25)
    rows(installation, "UPDATE webhooks SET previous_secret_expires_at = now() RETURNING 1")
    happen(cast.alice)
    (claimed,) = claim(installation.database)
    assert claimed["previous_secret"] is None
    entries = trail(installation, "webhooks.update", made.id)
    assert made.secret not in json.dumps([entry["new_values"] for entry in entries])


def test_secret_is_rotated_at_once_where_nothing_is_to_overlap(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    service.rotate_secret(cast.alice, see_endpoint(cast.alice, made.id), overlap_hours=0)
    kept = row(installation, "SELECT previous_secret_key, previous_secret_expires_at FROM webhooks")
    assert kept == {"previous_secret_key": None, "previous_secret_expires_at": None}
    with pytest.raises(InvalidInput, match="168 hours"):
        service.rotate_secret(cast.alice, see_endpoint(cast.alice, made.id), overlap_hours=169)


@pytest.mark.parametrize("weak", ["mona", "max", "vera"])
def test_only_who_manages_webhooks_changes_them(cast: Cast, weak: str) -> None:
    made = make_endpoint(cast.alice)
    actor = cast.of_a[("alice", "mona", "max", "vera").index(weak)]
    seen = see_endpoint(cast.alice, made.id)
    for change in (
        lambda: service.create_endpoint(actor, ENTRY),
        lambda: service.update_endpoint(actor, ENTRY, seen=seen),
        lambda: service.pause_endpoint(actor, made.id),
        lambda: service.resume_endpoint(actor, made.id, with_waiting=True),
        lambda: service.delete_endpoint(actor, made.id),
        lambda: service.rotate_secret(actor, seen, overlap_hours=1),
        lambda: deliveries.send_test(actor, made.id),
        lambda: deliveries.redeliver(actor, uuid4()),
        lambda: deliveries.redeliver_failed(actor, made.id, since=clock.now()),
    ):
        with pytest.raises(NotPermitted):
            change()


@pytest.mark.parametrize("weak", ["max", "vera"])
def test_only_who_may_view_webhooks_reads_them(cast: Cast, weak: str) -> None:
    actor = cast.of_a[("alice", "mona", "max", "vera").index(weak)]
    for look in (
        lambda: service.list_endpoints(actor),
        lambda: deliveries.list_deliveries(actor),
        lambda: deliveries.get_delivery(actor, uuid4()),
        lambda: deliveries.export_deliveries(actor, DeliveryFilter(), file_format=ExportFormat.CSV),
    ):
        with pytest.raises(NotPermitted):
            look()


def test_stranger_finds_nothing(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice)
    assert service.list_endpoints(cast.charlie) == ()
    assert deliveries.list_deliveries(cast.charlie).items == ()
    for touch in (
        lambda: service.update_endpoint(cast.charlie, ENTRY, seen=see_webhook(made.id)),
        lambda: service.pause_endpoint(cast.charlie, made.id),
        lambda: service.resume_endpoint(cast.charlie, made.id, with_waiting=False),
        lambda: service.delete_endpoint(cast.charlie, made.id),
        lambda: service.rotate_secret(cast.charlie, see_webhook(made.id), overlap_hours=1),
        lambda: deliveries.send_test(cast.charlie, made.id),
        lambda: deliveries.get_delivery(cast.charlie, delivery_id),
        lambda: deliveries.redeliver(cast.charlie, delivery_id),
        lambda: deliveries.redeliver_failed(cast.charlie, made.id, since=clock.now()),
    ):
        with pytest.raises(NotFound):
            touch()
    assert see_endpoint(cast.alice, made.id).is_active


def test_what_waits_for_a_suspended_organization_holds_up_nobody(installation: Installation, cast: Cast) -> None:
    make_endpoint(cast.alice)
    happen(cast.alice)
    many = (
        "INSERT INTO webhook_deliveries (organization_id, webhook_id, event_id, event_type, next_attempt_at) "
        "SELECT organization_id, webhook_id, event_id, event_type, now() - interval '1 hour' "
        "FROM webhook_deliveries, generate_series(1, 1000) RETURNING 1"
    )
    rows(installation, many)
    theirs = make_endpoint(cast.charlie)
    happen(cast.charlie)
    suspend = "UPDATE organizations SET suspended_at = now() WHERE id = %s RETURNING 1"
    rows(installation, suspend, cast.organization_a)
    assert [each["webhook_id"] for each in claim(installation.database)] == [str(theirs.id)]
    rows(installation, "UPDATE organizations SET suspended_at = NULL WHERE id = %s RETURNING 1", cast.organization_a)
    assert len(claim(installation.database)) == 8
