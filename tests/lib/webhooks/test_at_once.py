"""What happens beside the deletion, the switching or the end of an endpoint is neither lost nor held up."""

import time
from dataclasses import replace

import pytest

from lib.db.logins import Login
from lib.webhooks import deliveries, service
from lib.webhooks.views import EndpointEntry, EndpointState
from tests import doors
from tests.at_once import attempt
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import HOOK, claim, ended, finish, happen, make_endpoint, see_endpoint
from tests.records import row, rows


def test_deletion_of_an_endpoint_undoes_nothing_that_happens_meanwhile(installation: Installation, cast: Cast) -> None:
    made, other = make_endpoint(cast.alice), make_endpoint(cast.alice, name="Other")
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute("DELETE FROM webhooks WHERE id = %s", [made.id])
        with attempt(lambda: happen(cast.alice)) as outcome:
            time.sleep(0.3)
            connection.commit()
    assert len(rows(installation, "SELECT 1 FROM projects WHERE id = %s", outcome[0])) == 1
    assert {each.webhook_id for each in deliveries.list_deliveries(cast.alice).items} == {other.id}


def test_event_beside_the_switch_is_not_held_for_ever(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    service.pause_endpoint(cast.alice, made.id)
    with doors.person(installation.database, cast.alice) as connection:
        connection.execute("UPDATE webhooks SET is_active = true WHERE id = %s", [made.id])
        happen(cast.alice)  # it sees an endpoint that is off
        connection.commit()
    purge(installation)
    assert len(claim(installation.database)) == 1


def test_stop_is_not_told_to_the_one_that_it_stops(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice, "project.created", "webhook.disabled")
    happen(cast.alice)
    (claimed,) = claim(installation.database)
    finish(installation.database, ended(claimed, "failed", status_code=410, error="Gone.", is_gone=True))
    assert see_endpoint(cast.alice, made.id).state is EndpointState.STOPPED
    assert rows(installation, "SELECT 1 FROM webhook_deliveries WHERE event_type = 'webhook.disabled'") == []


@pytest.mark.parametrize("outcome", ["retry", "delivered"])
def test_time_that_an_endpoint_asks_for_is_not_cut_short_by_another_answer(
    installation: Installation, cast: Cast, outcome: str
) -> None:
    make_endpoint(cast.alice)
    happen(cast.alice)
    happen(cast.alice, "Screws")
    first, second = claim(installation.database)
    finish(installation.database, ended(first, "retry", wait_seconds=3600, hold_seconds=3600))
    finish(installation.database, ended(second, outcome))
    left = row(installation, "SELECT extract(epoch FROM resume_at - now()) AS left FROM webhooks")["left"]
    assert left > 3_500


def test_endpoint_that_moves_is_not_left_alone_for_what_its_old_address_asked_for(
    installation: Installation, cast: Cast
) -> None:
    made = make_endpoint(cast.alice)
    happen(cast.alice)
    happen(cast.alice, "Screws")
    first, _ = claim(installation.database, under_way={})
    finish(installation.database, ended(first, "retry", wait_seconds=0, hold_seconds=3600))
    seen = see_endpoint(cast.alice, made.id)
    assert seen.resume_at is not None
    assert claim(installation.database) == []
    entry = EndpointEntry(name=seen.name, url=seen.url, events=seen.events)
    service.update_endpoint(cast.alice, replace(entry, description="Ours"), seen=seen)
    assert claim(installation.database) == [], "it is where it was"
    seen = see_endpoint(cast.alice, made.id)
    service.update_endpoint(cast.alice, replace(entry, url=f"{HOOK}/new"), seen=seen)
    assert see_endpoint(cast.alice, made.id).resume_at is None
    assert [each["id"] for each in claim(installation.database)] == [first["id"]]


def test_what_waits_for_one_that_is_left_alone_is_not_read_by_those_that_ask_for_others(
    installation: Installation, cast: Cast
) -> None:
    alone, other = make_endpoint(cast.alice), make_endpoint(cast.alice, name="Other")
    happen(cast.alice)
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE webhooks SET resume_at = now() + interval '1 hour' WHERE id = %s",
            [alone.id],
        )
        connection.execute(
            "INSERT INTO webhook_deliveries (organization_id, webhook_id, event_id, event_type, next_attempt_at) "
            "SELECT organization_id, webhook_id, event_id, event_type, now() - interval '1 minute' "
            "FROM webhook_deliveries, generate_series(1, 2000) WHERE webhook_id = %s",
            [alone.id],
        )
        connection.commit()
        connection.execute("ANALYZE webhook_deliveries")
    assert [each["webhook_id"] for each in claim(installation.database)] == [str(other.id)]


def test_secret_that_signs_no_more_is_forgotten(installation: Installation, cast: Cast) -> None:
    made = make_endpoint(cast.alice)
    kept = "SELECT previous_secret_key IS NOT NULL AS is_kept, previous_secret_expires_at FROM webhooks"
    service.rotate_secret(cast.alice, see_endpoint(cast.alice, made.id), overlap_hours=1)
    purge(installation)
    assert row(installation, kept)["is_kept"]
    rows(installation, "UPDATE webhooks SET previous_secret_expires_at = now() RETURNING 1")
    purge(installation)
    assert row(installation, kept) == {"is_kept": False, "previous_secret_expires_at": None}


def purge(installation: Installation) -> None:
    with doors.login(installation.database, Login.WORKER) as connection:
        connection.execute("SELECT api.purge_events(10)")
