"""Of the trail only what whole seals cover goes; the chain holds after it, and who else removes or marks is found."""

from typing import Any
from uuid import UUID

import pytest

from lib.audit.sealing import begin_verification, verify_organization, verify_seals
from lib.audit.views import Kind, Reason, Verification
from lib.db.logins import Login
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import Tamper, seal, tamper, write_entries
from tests.made_retention import make_hold, release_hold, remove_all, set_retention, tomorrow
from tests.records import row, rows

__all__ = ["tamper"]

_NOT_ALLOWED = "42501"
_DAY = 24.0


@pytest.fixture
def sealed(installation: Installation, cast: Cast) -> dict[int, list[UUID]]:
    """Four stretches of alice's: under the third one there are entries on both sides of forty days ago."""
    made = {}
    for number, (first, last, sealed_at) in enumerate([(100, 99, 98), (80, 70, 60), (50, 30, 20), (10, 9, 8)], start=1):
        made[number] = write_entries(installation.database, cast.alice, count=3, hours_ago=first * _DAY)
        made[number] += write_entries(installation.database, cast.alice, count=2, hours_ago=last * _DAY)
        assert seal(installation.database, hours_ago=sealed_at * _DAY) == 1
    set_retention(installation.database, cast.organization_a, audit_days=40)
    return made


def verify(cast: Cast) -> Verification:
    state = verify_seals(cast.alice, begin_verification())
    while not state.is_done:
        state = verify_seals(cast.alice, state)
    return state


def left(installation: Installation) -> set[UUID]:
    return {each["id"] for each in rows(installation, "SELECT id FROM audit_logs")}


def test_whole_seals_go_and_the_chain_holds(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]]
) -> None:
    before, hashes = left(installation), rows(installation, "SELECT number, hash FROM audit_seals ORDER BY number")
    remove_all(installation.database, rows=4)
    told = rows(installation, "SELECT id, new_values FROM audit_logs WHERE action = 'retention.remove' ORDER BY id")
    assert left(installation) == before - {*sealed[1], *sealed[2]} | {each["id"] for each in told}
    assert [(each["new_values"]["first_seal"], each["new_values"]["last_seal"]) for each in told] == [(1, 1), (2, 2)]
    assert rows(installation, "SELECT number, hash FROM audit_seals ORDER BY number") == hashes
    done = verify(cast)
    assert (done.fault_count, done.number, done.rows) == (0, 4, 10)
    assert (done.removed_seals, done.removed_rows) == (2, 10)
    assert done.removed_at is not None
    assert verify_organization(cast.organization_a).fault_count == 0
    assert row(installation, "SELECT removed, ended_at IS NOT NULL AS done FROM retention_progress") == {
        "removed": {"entries": 10, "seals": 2},
        "done": True,
    }


def test_new_seals_follow_and_later_removals_too(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]]
) -> None:
    remove_all(installation.database)
    write_entries(installation.database, cast.alice)
    assert seal(installation.database) == 1, "over the entry that tells of it as well"
    set_retention(installation.database, cast.organization_a, audit_days=15)
    tomorrow(installation.database)
    remove_all(installation.database)
    done = verify(cast)
    assert (done.fault_count, done.removed_seals, done.number) == (0, 3, 5)


@pytest.mark.parametrize("is_whole", [False, True])
def test_hold_on_anything_keeps_the_whole_trail(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]], is_whole: bool
) -> None:
    project_id = None if is_whole else make_project(installation.database, cast.alice)
    hold_id = make_hold(installation.database, cast.alice, project_id=project_id)
    before = left(installation)
    remove_all(installation.database)
    assert left(installation) == before
    release_hold(installation.database, cast.alice, hold_id)
    tomorrow(installation.database)
    remove_all(installation.database)
    assert verify(cast).removed_seals == 2


def test_row_that_comes_back_under_a_removed_seal_is_named(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]]
) -> None:
    remove_all(installation.database)
    (back,) = write_entries(installation.database, cast.alice, hours_ago=75 * _DAY)
    (fault,) = verify(cast).faults
    assert (fault.number, list(fault.reasons)) == (2, [Reason.ROWS])
    assert [(each.entry_id, each.kind) for each in fault.differences] == [(back, Kind.ADDED)]


def test_who_removes_rows_beside_retention_is_found(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]], tamper: Tamper
) -> None:
    remove_all(installation.database)
    tamper("DELETE FROM audit_logs WHERE id = %s", sealed[3][0])
    (fault,) = verify(cast).faults
    assert (fault.number, list(fault.reasons)) == (3, [Reason.ROWS])


@pytest.mark.parametrize("has_removed", [False, True])
def test_who_marks_a_seal_to_hide_what_they_removed_is_found(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]], tamper: Tamper, has_removed: bool
) -> None:
    """Not by what the seal says of itself: the trail does not tell of it."""
    if has_removed:
        remove_all(installation.database)
    tamper("DELETE FROM audit_logs WHERE id = ANY (%s)", sealed[3])
    tamper("UPDATE audit_seals SET removed_at = now() WHERE number = 3")
    (fault,) = verify(cast).faults
    assert (fault.number, list(fault.reasons)) == (3, [Reason.UNTOLD])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_seals SET removed_at = now() WHERE number = 4",  # too young
        "UPDATE audit_seals SET removed_at = now() WHERE number = 2",  # the one before is there
        "UPDATE audit_seals SET removed_at = now() - interval '1 day' WHERE number = 1",
        "UPDATE audit_seals SET removed_at = now(), row_count = 0 WHERE number = 1",
        "DELETE FROM audit_logs",
        "DELETE FROM audit_seals",
    ],
)
def test_owner_marks_and_removes_nothing_that_retention_would_not(
    installation: Installation, sealed: dict[int, list[UUID]], statement: str
) -> None:
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, statement) == _NOT_ALLOWED


def test_owner_marks_nothing_while_a_hold_is_open_or_nothing_is_set(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]]
) -> None:
    mark = "UPDATE audit_seals SET removed_at = now() WHERE number = 1"
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, mark) is None
        younger = "DELETE FROM audit_logs WHERE id > (SELECT through_id FROM audit_seals WHERE number = 1)"
        with connection.transaction(force_rollback=True):
            connection.execute(mark.encode())
            assert doors.refusal(connection, younger) == _NOT_ALLOWED
            assert doors.refusal(connection, younger.replace(">", "<=")) is None
    hold_id = make_hold(installation.database, cast.alice)
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, mark) == _NOT_ALLOWED
    release_hold(installation.database, cast.alice, hold_id)
    set_retention(installation.database, cast.organization_a)
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, mark) == _NOT_ALLOWED


def test_mark_is_for_its_own_transaction_alone(
    installation: Installation, cast: Cast, sealed: dict[int, list[UUID]]
) -> None:
    """A seal that was marked lets nobody remove what comes back under it."""
    remove_all(installation.database)
    write_entries(installation.database, cast.alice, hours_ago=75 * _DAY)
    with doors.login(installation.database, Login.OWNER) as connection:
        assert doors.refusal(connection, "DELETE FROM audit_logs") == _NOT_ALLOWED
        unmark: Any = "UPDATE audit_seals SET removed_at = NULL"
        assert doors.refusal(connection, unmark) == _NOT_ALLOWED
