"""What happens beside the deletion, the switching or the end of an endpoint is neither lost nor held up."""

import time

import pytest

from lib.webhooks import deliveries, service
from lib.webhooks.views import EndpointState
from tests import doors
from tests.at_once import attempt
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_webhooks import claim, ended, finish, happen, make_endpoint, see_endpoint
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
    with doors.admin(installation.database) as connection:
        connection.execute("SELECT api.purge_events(10)")
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
