"""The end of an organization: asked for, waited for, taken back, and what becomes of what runs then."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest

from lib import clock
from lib.access.actor import Actor
from lib.audit.service import list_organization_changes
from lib.errors import Conflict, InvalidInput, NotSignedIn
from lib.organizations.operator import CommandLine, restore_organization
from lib.organizations.service import WAITING_PERIOD, ask_deletion, get_frame, take_deletion_back
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_runs import admit_run, call_worker, make_run, open_run
from tests.records import rows


@pytest.fixture(autouse=True)
def _uses(installation: Installation) -> None:
    """All of it is asked of a database."""


def write(installation: Installation, statement: str, *values: object) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(statement.encode(), values)


def test_end_is_asked_for_by_its_short_name_and_taken_back(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="Type the short name, acme"):
        ask_deletion(cast.alice, slug="borealis")
    assert get_frame(cast.alice).deletes_at is None
    ends_at = ask_deletion(cast.alice, slug=" acme ")
    assert abs(ends_at - clock.now() - WAITING_PERIOD) < timedelta(minutes=1), "api.deletion_delay says the same"
    assert ask_deletion(cast.alice, slug="acme") == ends_at, "asking again does not put it off"
    assert get_frame(cast.alice).deletes_at == ends_at
    assert get_frame(cast.mona).deletes_at is None, "who can't take it back is not told on every page"
    assert get_frame(cast.charlie).deletes_at is None
    take_deletion_back(cast.alice)
    assert get_frame(cast.alice).deletes_at is None
    said = [change.did for change in list_organization_changes(cast.alice).items]
    assert said[:2] == ["took the organization's end back", "asked for the organization's end"]


def end_the_wait(installation: Installation, organization_id: UUID) -> int:
    write(installation, "UPDATE organizations SET deletes_at = now() WHERE id = %s", organization_id)
    ended: int = call_worker(installation.database, "SELECT api.end_organizations()")
    return ended


def test_at_its_end_sessions_are_over_and_what_runs_is_to_be_cancelled(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.max)
    walked, queued, paused = (make_run(database, cast.max, project_id=project_id).id for _ in range(3))
    open_run(database, cast.organization_a, walked)
    held = open_run(database, cast.organization_a, paused)
    held.advance(end={"status": "paused", "error": {"kind": "organization_quota", "message": "Used up."}})
    theirs = make_run(database, cast.charlie, project_id=make_project(database, cast.charlie)).id
    ask_deletion(cast.alice, slug="acme")
    assert call_worker(database, "SELECT api.end_organizations()") == 0, "not before its time"
    assert end_the_wait(installation, cast.organization_a) == 1
    assert call_worker(database, "SELECT api.end_organizations()") == 0, "once"
    runs = rows(installation, "SELECT id, status, cancel_requested_at IS NOT NULL AS ends FROM orchestration_runs")
    assert {run["id"]: (run["status"], run["ends"]) for run in runs} == {
        walked: ("running", True),
        queued: ("queued", True),
        paused: ("queued", True),
        theirs: ("queued", False),
    }
    living = rows(installation, "SELECT user_id FROM user_sessions WHERE revoked_at IS NULL")
    assert [session["user_id"] for session in living] == [cast.charlie.user_id]
    with pytest.raises(NotSignedIn):
        get_frame(cast.alice)


def test_run_that_was_launched_in_the_last_moment_is_cancelled_when_it_is_opened(
    installation: Installation, cast: Cast
) -> None:
    run = make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    write(installation, "UPDATE organizations SET deleted_at = now() WHERE id = %s", cast.organization_a)
    admit_run(installation.database, cast.organization_a, run.id)
    token = UUID(int=1)
    opened = call_worker(
        installation.database, "SELECT api.open_segment(%s, %s, %s)", cast.organization_a, run.id, token
    )
    assert opened["state"] == "cancelling"


def test_operator_restores_what_has_ended(installation: Installation, cast: Cast) -> None:
    ask_deletion(cast.alice, slug="acme")
    end_the_wait(installation, cast.organization_a)
    restore_organization(CommandLine(), cast.organization_a)
    assert get_frame(cast.alice).deletes_at is None
    assert "restored the organization" in {change.did for change in list_organization_changes(cast.alice).items}


def test_last_operators_organization_does_not_end(installation: Installation, cast: Cast) -> None:
    write(installation, "UPDATE users SET is_operator = true WHERE id = %s", cast.alice.user_id)
    with pytest.raises(Conflict, match="operator first"):
        ask_deletion(cast.alice, slug="acme")
    write(installation, "UPDATE users SET is_operator = true WHERE id = %s", cast.charlie.user_id)
    ask_deletion(cast.alice, slug="acme")


def test_last_operator_is_not_waited_away_from_two_organizations(installation: Installation, cast: Cast) -> None:
    """The one whose organization is about to end is no other operator."""
    write(installation, "UPDATE users SET is_operator = true WHERE id = ANY (%s)",
          [cast.alice.user_id, cast.charlie.user_id])  # fmt: skip
    start = Barrier(2)

    def ask(actor: Actor) -> bool:
        start.wait(30)
        try:
            return bool(ask_deletion(actor, slug=actor.organization_slug))
        except Conflict:
            return False

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(ask, (cast.alice, cast.charlie))) == [False, True]


def test_no_plain_update_ends_or_suspends_an_organization(installation: Installation, cast: Cast) -> None:
    with doors.person(installation.database, cast.alice) as connection:
        for change in ("deletes_at = now()", "deleted_at = now()", "suspended_at = now()", "suspension_reason = 'x'"):
            assert doors.refusal(connection, f"UPDATE organizations SET {change}") == "42501", change
