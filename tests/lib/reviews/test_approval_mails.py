"""The mail about operations that wait for an approval: one a run, to who could give it, once."""

from uuid import UUID

import pytest

from lib.users.service import update_preferences
from tests import doors
from tests.factories import show_members_their_own_only
from tests.lib.reviews.test_reminders import MAILS, remind
from tests.made_runs import MadeRun, make_operation, make_run
from tests.records import row, rows

KIND = "approval_requested"


@pytest.fixture
def run(installation, cast, project_id: UUID) -> MadeRun:
    """Max's, with two operations that wait."""
    made = make_run(installation.database, cast.max, project_id=project_id)
    for place in range(2):
        wait(installation, cast, made, place)
    return made


def wait(installation, cast, run: MadeRun, place: int, **columns) -> UUID:
    said = {"phase_execution_id": run.phases["Phase 0"], "position": place, "status": "waiting_approval"}
    return make_operation(installation.database, cast.max, run.id, **said | columns)


def test_one_mail_tells_of_all_that_a_run_asks_and_no_second_one_follows(installation, cast, run):
    assert remind(installation) == [(KIND, cast.alice.email), (KIND, cast.mona.email)]
    mail = rows(installation, MAILS)[0]["values"]
    assert mail == {"name": "Alice", "title": "A run", "run": str(run.id), "count": "2"}
    assert remind(installation) == []
    wait(installation, cast, run, 2)
    assert remind(installation) == [(KIND, cast.alice.email), (KIND, cast.mona.email)]
    assert row(installation, "SELECT values FROM mail_outbox ORDER BY id DESC LIMIT 1")["values"]["count"] == "1"


def test_operation_that_waits_for_nobody_is_told_to_nobody(installation, cast, project_id):
    run = make_run(installation.database, cast.max, project_id=project_id)
    for place, status in enumerate(("pending", "running", "completed", "rejected", "cancelled", "failed")):
        wait(installation, cast, run, place, status=status)
    assert remind(installation) == []


@pytest.mark.usefixtures("run")
def test_who_wants_no_mails_may_not_approve_or_has_left_gets_none(installation, cast):
    update_preferences(cast.alice, time_zone="UTC", landing_page="overview", notifications={"review_waiting": False})
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE users SET deactivated_at = now() WHERE id = %s", [cast.mona.user_id])
    assert remind(installation) == []


def test_who_does_not_see_the_run_is_not_told_of_it(installation, cast, project_id):
    wait(installation, cast, make_run(installation.database, cast.mona, project_id=project_id), 0)
    show_members_their_own_only(installation.database, cast.organization_a)
    assert remind(installation) == [(KIND, cast.alice.email)]


@pytest.mark.usefixtures("run")
def test_suspended_and_sample_organizations_send_nothing(installation, cast):
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET suspended_at = now(), suspension_reason = 'unpaid'")
    assert remind(installation) == []
    assert row(installation, "SELECT count(notified_at) FROM integration_operations")["count"] == 0
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE organizations SET suspended_at = NULL, suspension_reason = NULL")
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE organizations SET sample_made_at = now() WHERE slug = 'acme'")
    assert remind(installation) == []
