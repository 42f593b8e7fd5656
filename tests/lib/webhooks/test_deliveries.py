"""What people do with deliveries: looked through, sent again, taken along, and tried out."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lib import clock
from lib.errors import Conflict
from lib.exports import ExportFormat
from lib.models.webhook import DeliveryStatus, EventType
from lib.webhooks import deliveries, service
from lib.webhooks.views import DeliveryFilter, DeliveryState
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import HOOK, claim, ended, finish, happen, make_delivery, make_endpoint, see_endpoint
from tests.records import rows


def test_test_event_goes_to_one_endpoint_and_counts_for_nothing(installation: Installation, cast: Cast) -> None:
    made, _ = make_endpoint(cast.alice), make_endpoint(cast.alice, name="Other")
    service.pause_endpoint(cast.alice, made.id)
    delivery_id = deliveries.send_test(cast.alice, made.id)
    (claimed,) = claim(installation.database)
    assert (claimed["id"], claimed["type"]) == (str(delivery_id), "webhook.test")
    finish(installation.database, ended(claimed, "failed"))
    seen = see_endpoint(cast.alice, made.id)
    assert (seen.consecutive_failures, seen.recent, seen.last_triggered_at) == (0, 0, None)
    detail = deliveries.get_delivery(cast.alice, delivery_id)
    assert (detail.summary.status, detail.summary.status_code) == (DeliveryStatus.FAILED, 503)
    with pytest.raises(Conflict, match="another one"):
        deliveries.redeliver(cast.alice, delivery_id)


def test_nothing_is_sent_from_the_sample_workspace(installation: Installation, cast: Cast) -> None:
    made, visitor = make_endpoint(cast.alice), replace(cast.alice, is_sample=True)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="failed")
    happen(cast.alice)
    with doors.admin(installation.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE organizations SET sample_made_at = now() WHERE id = %s", [cast.organization_a])
    for send in (
        lambda: deliveries.send_test(visitor, made.id),
        lambda: deliveries.redeliver(visitor, delivery_id),
        lambda: deliveries.redeliver_failed(visitor, made.id, since=clock.now()),
    ):
        with pytest.raises(Conflict, match="sample"):
            send()
    assert claim(installation.database) == []
    before = len(rows(installation, "SELECT 1 FROM webhook_events"))
    happen(cast.alice)
    assert len(rows(installation, "SELECT 1 FROM webhook_events")) == before


def test_deliveries_are_listed_and_narrowed(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    failed = make_delivery(installation.database, cast.alice, outcome="failed")
    delivered = make_delivery(installation.database, cast.alice)
    other = make_endpoint(cast.alice, EventType.PROJECT_UPDATED, name="Other")
    listed = deliveries.list_deliveries(cast.alice, limit=1)
    assert [each.id for each in listed.items] == [delivered]
    assert listed.older
    assert [each.id for each in deliveries.list_deliveries(cast.alice, cursor=listed.older).items] == [failed]

    def ids(**chosen: object) -> list[object]:
        return [each.id for each in deliveries.list_deliveries(cast.alice, DeliveryFilter(**chosen)).items]  # type: ignore[arg-type] # as a page fills it

    event_id = str(listed.items[0].event_id)
    assert ids(state=DeliveryState.FAILED) == [failed]
    assert ids(webhook_id=made.id, event_type=EventType.PROJECT_CREATED) == [delivered, failed]
    assert ids(webhook_id=other.id) == ids(event_type=EventType.RUN_FAILED) == ids(search="hinge") == []
    assert ids(search=event_id) == ids(search=str(delivered)) == [delivered]
    assert deliveries.count_deliveries(cast.alice, DeliveryFilter(state=DeliveryState.DELIVERED), most=99) == 1
    assert dict(deliveries.count_deliveries_by_state(cast.alice, DeliveryFilter(), most=99)) == {
        DeliveryState.DELIVERED: 1,
        DeliveryState.UNDER_WAY: 0,
        DeliveryState.FAILED: 1,
        DeliveryState.DROPPED: 0,
    }
    seen = see_endpoint(cast.alice, made.id)
    assert (seen.recent, seen.recent_delivered) == (2, 1)


def test_delivery_shows_what_is_sent_and_what_came_back(installation: Installation, cast: Cast) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="retry")
    detail = deliveries.get_delivery(cast.alice, delivery_id)
    body = json.loads(detail.body)
    assert body["id"] == str(detail.summary.event_id)
    assert body["data"]["project"]["name"] == "Hinges"
    assert (detail.url, detail.endpoint_resumes_at, detail.summary.is_retrying) == (HOOK, None, True)
    (attempt,) = detail.attempts
    assert (attempt.number, attempt.status_code, attempt.response) == (1, 503, "later")
    assert attempt.error == "“hooks.example” answered 503."


def test_delivery_is_sent_again_with_attempts_of_its_own(installation: Installation, cast: Cast) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice, outcome="failed")
    deliveries.redeliver(cast.alice, delivery_id)
    seen = deliveries.get_delivery(cast.alice, delivery_id).summary
    assert (seen.status, seen.attempts, seen.attempts_now) == (DeliveryStatus.PENDING, 1, 0)
    (claimed,) = claim(installation.database)
    assert (claimed["attempt"], claimed["earlier_attempts"]) == (2, 1)
    with pytest.raises(Conflict, match="this very moment"):
        deliveries.redeliver(cast.alice, delivery_id)
    finish(installation.database, ended(claimed))
    detail = deliveries.get_delivery(cast.alice, delivery_id)
    assert detail.summary.status is DeliveryStatus.DELIVERED
    assert [each.number for each in detail.attempts] == [2, 1]


def test_all_that_failed_since_are_sent_again(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    old = make_delivery(installation.database, cast.alice, outcome="failed")
    rows(
        installation,
        "UPDATE webhook_deliveries SET created_at = now() - interval '2 days' WHERE id = %s RETURNING 1",
        old,
    )
    make_delivery(installation.database, cast.alice)
    failed = {make_delivery(installation.database, cast.alice, outcome="failed") for _ in range(2)}
    since = clock.now() - timedelta(days=1)
    assert deliveries.count_failed(cast.alice, made.id, since=since, most=99) == 2
    assert deliveries.redeliver_failed(cast.alice, made.id, since=since) == 2
    assert {each["id"] for each in claim(installation.database)} == {str(each) for each in failed}
    assert deliveries.redeliver_failed(cast.alice, made.id, since=since) == 0


def test_export_names_each_delivery_and_is_recorded(installation: Installation, cast: Cast) -> None:
    make_endpoint(cast.alice)
    delivery_id = make_delivery(installation.database, cast.alice)
    data = deliveries.export_deliveries(cast.mona, DeliveryFilter(), file_format=ExportFormat.CSV)
    assert str(delivery_id) in data.decode()
    assert "project.created" in data.decode()
    (entry,) = rows(installation, "SELECT * FROM audit_logs WHERE action = 'webhooks.export'")
    assert (entry["user_id"], entry["new_values"]["rows"]) == (cast.mona.user_id, 1)
