"""Seals: what can't change any more is sealed, once; and whoever changes, removes or adds a row later is found out."""

from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from lib import clock
from lib.audit import sealing
from lib.audit.sealing import begin_verification, get_seal_status, verify_organization, verify_seals
from lib.audit.views import Difference, Kind, Reason, Verification
from lib.db.logins import Login
from lib.errors import NotPermitted
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.made_audit import Tamper, seal, tamper, write_entries
from tests.records import rows

__all__ = ["tamper"]


@pytest.fixture
def entries(installation: Installation, cast: Cast) -> list[UUID]:
    """Of alice's, under the first seal; what the cast has left behind is newer."""
    made = write_entries(installation.database, cast.alice, count=5, hours_ago=9)
    assert seal(installation.database, hours_ago=7) == 1
    return made


def verify(cast: Cast, noted: tuple[int, str] | None = None) -> Verification:
    state = verify_seals(cast.alice, begin_verification(noted))
    while not state.is_done:
        state = verify_seals(cast.alice, state)
    return state


def test_what_was_sealed_is_intact(cast: Cast, entries: list[UUID]) -> None:
    done = verify(cast)
    assert (done.number, done.rows, done.fault_count) == (1, len(entries), 0)
    assert done.unsealed > 0
    status = get_seal_status(cast.alice)
    assert (status.number, status.hash) == (1, done.last_hash.hex())


@pytest.mark.parametrize(
    "change",
    [
        "action = 'projects.delete'",
        "user_id = NULL",
        "resource_type = NULL",
        "resource_id = api.uuid7()",
        "old_values = '{\"a\": 1}'",
        "new_values = '{\"a\": 1}'",
        "ip_address = '81.2.69.143'",
        "user_agent = 'Another'",
        "created_at = created_at + interval '1 microsecond'",
        "session_id = api.uuid7()",
        "request_id = api.uuid7()",
    ],
)
def test_changed_row_is_named_whatever_was_changed(
    cast: Cast, entries: list[UUID], tamper: Tamper, change: str
) -> None:
    tamper(f"UPDATE audit_logs SET {change} WHERE id = %s", entries[2])
    (fault,) = verify(cast).faults
    assert (fault.number, list(fault.reasons)) == (1, [Reason.ROWS])
    assert list(fault.differences) == [Difference(entries[2], Kind.CHANGED)]
    assert fault.since is None
    assert fault.until
    assert abs(clock.now() - timedelta(hours=7) - fault.until) < timedelta(minutes=1)


def test_removed_row_is_named(cast: Cast, entries: list[UUID], tamper: Tamper) -> None:
    tamper("DELETE FROM audit_logs WHERE id = %s", entries[4])
    (fault,) = verify(cast).faults
    assert list(fault.differences) == [Difference(entries[4], Kind.REMOVED)]


def test_row_that_is_added_later_is_named(installation: Installation, cast: Cast, entries: list[UUID]) -> None:
    (added,) = write_entries(installation.database, cast.alice, hours_ago=8)
    (fault,) = verify(cast).faults
    assert list(fault.differences) == [Difference(added, Kind.ADDED)]


def test_row_that_goes_to_another_organization_is_missing_there_and_too_many_here(
    installation: Installation, cast: Cast, tamper: Tamper
) -> None:
    (ours,) = write_entries(installation.database, cast.alice)
    write_entries(installation.database, cast.charlie)
    assert seal(installation.database) == 2
    tamper("UPDATE audit_logs SET organization_id = %s WHERE id = %s", cast.organization_b, ours)
    kinds = []
    for organization_id in (cast.organization_a, cast.organization_b):
        state = verify_organization(organization_id)
        (fault,) = state.faults
        kinds += [(each.entry_id, each.kind) for each in fault.differences]
    assert kinds == [(ours, Kind.REMOVED), (ours, Kind.ADDED)]


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ("row_count = row_count + 1", [Reason.SEAL, Reason.ROWS]),
        ("sealed_at = sealed_at - interval '1 day'", [Reason.SEAL]),
        ("rows_hash = sha256('x')", [Reason.SEAL, Reason.ROWS]),
        ("leaves = leaves || '\\x00'", [Reason.SEAL]),
        ("previous_hash = sha256('x')", [Reason.CHAIN, Reason.SEAL]),
        ("number = 7", [Reason.CHAIN, Reason.SEAL]),
    ],
)
def test_changed_seal_is_found_out(
    cast: Cast, entries: list[UUID], tamper: Tamper, change: str, reasons: list[Reason]
) -> None:
    tamper(f"UPDATE audit_seals SET {change} WHERE organization_id = %s", cast.organization_a)
    (fault,) = verify(cast).faults
    assert list(fault.reasons) == reasons


def test_seal_that_was_removed_is_missed_by_the_next_one(
    installation: Installation, cast: Cast, entries: list[UUID], tamper: Tamper
) -> None:
    _seal_again(installation, cast, times=2)
    tamper("DELETE FROM audit_seals WHERE number = 2")
    (fault,) = verify(cast).faults
    assert (fault.number, list(fault.reasons)) == (3, [Reason.CHAIN])


def test_who_makes_a_changed_row_and_all_seals_anew_is_found_out_by_one_that_was_noted_down(
    installation: Installation, cast: Cast, entries: list[UUID], tamper: Tamper
) -> None:
    noted = (1, get_seal_status(cast.alice).hash)
    assert verify(cast, noted).fault_count == 0
    tamper("DELETE FROM audit_seals")
    assert list(verify(cast, noted).faults[0].reasons) == [Reason.NOTED], "none is left"
    tamper("UPDATE audit_logs SET action = 'projects.delete' WHERE id = %s", entries[0])
    assert seal(installation.database, hours_ago=7) == 1
    assert verify(cast).fault_count == 0
    assert list(verify(cast, noted).faults[0].reasons) == [Reason.NOTED]


def test_seals_follow_on_each_other_and_nothing_is_sealed_twice(
    installation: Installation, cast: Cast, entries: list[UUID]
) -> None:
    assert seal(installation.database, hours_ago=7) == 0, "what is sealed is sealed"
    _seal_again(installation, cast, times=2)
    done = verify(cast)
    assert (done.number, done.fault_count) == (3, 0)
    sealed = rows(installation, "SELECT sum(row_count) AS rows FROM audit_seals")
    assert done.rows == sealed[0]["rows"]


def test_nothing_is_sealed_that_is_not_an_hour_old(installation: Installation, cast: Cast) -> None:
    assert seal(installation.database) == 0
    assert get_seal_status(cast.alice).number == 0
    assert verify(cast).unsealed > 0


def test_row_that_commits_late_is_waited_for(installation: Installation, cast: Cast) -> None:
    """A transaction that was under way when the worker looked, and is so still: its rows have a place in the seal."""
    write_entries(installation.database, cast.alice)
    with psycopg.connect(installation.database.admin_url) as late:
        late.execute(
            "INSERT INTO audit_logs (id, organization_id, action) VALUES (%s, %s, 'projects.update')",
            [UUID(int=_id_of(clock.now() - timedelta(hours=2))), cast.organization_a],
        )
        assert seal(installation.database, is_waiting=True) == 0
        late.commit()
    assert seal(installation.database) == 1
    assert verify(cast).fault_count == 0


def test_long_trail_has_a_seal_for_each_ten_thousand_rows(installation: Installation, cast: Cast) -> None:
    with doors.admin(installation.database) as connection:
        connection.execute(
            "INSERT INTO audit_logs (id, organization_id, action) SELECT overlay(api.uuid7()::text PLACING "
            "left(api.first_id(now() - interval '3 hours' + n * interval '1 millisecond')::text, 13) FROM 1 FOR 13)"
            "::uuid, %s, 'projects.update' FROM generate_series(1, 25000) n",
            [cast.organization_a],
        )
    while seal(installation.database, most=1):
        pass
    found = rows(installation, "SELECT row_count FROM audit_seals ORDER BY number")
    assert [row["row_count"] for row in found[:2]] == [10_000, 10_000]
    steps, state = 1, verify_seals(cast.alice)
    while not state.is_done:
        steps, state = steps + 1, verify_seals(cast.alice, state)
    assert (state.fault_count, state.number) == (0, 3)
    assert steps == 3, "twenty thousand rows at a time, the rest, and the end"


def test_all_of_many_faults_are_counted_and_some_are_told(
    installation: Installation, cast: Cast, tamper: Tamper, monkeypatch: pytest.MonkeyPatch
) -> None:
    _seal_again(installation, cast, times=3)
    tamper("UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day'")
    monkeypatch.setattr(sealing, "MOST_FAULTS", 2)
    done = verify(cast)
    assert (done.fault_count, [fault.number for fault in done.faults]) == (3, [1, 2])


def test_seals_are_nobodys_to_make_change_or_remove(
    installation: Installation, cast: Cast, entries: list[UUID]
) -> None:
    change = ("UPDATE audit_seals SET row_count = 0", "DELETE FROM audit_seals", "TRUNCATE audit_seals")
    insert = "INSERT INTO audit_seals SELECT * FROM audit_seals"
    with doors.person(installation.database, cast.alice) as connection:
        assert {doors.refusal(connection, each) for each in (insert, *change)} == {"42501"}
    for who in (Login.WEB, Login.IDENTITY, Login.WORKER):
        with doors.login(installation.database, who) as connection:
            assert {doors.refusal(connection, each) for each in (insert, *change)} == {"42501"}
    with doors.login(installation.database, Login.OWNER) as connection:
        assert {doors.refusal(connection, each) for each in change} == {"42501"}
    with doors.admin(installation.database) as connection:  # with its triggers
        assert {doors.refusal(connection, each) for each in change} == {"42501"}


def test_only_who_may_read_the_trail_verifies_it(cast: Cast, entries: list[UUID]) -> None:
    for actor in (cast.mona, cast.max, cast.vera):
        for use_case in (verify_seals, get_seal_status):
            with pytest.raises(NotPermitted):
                use_case(actor)
    assert get_seal_status(cast.charlie).number == 0


def _seal_again(installation: Installation, cast: Cast, *, times: int) -> None:
    """As if hours went by, with an entry in each."""
    for number in range(times):
        hours_ago = 6 - 1.5 * number
        write_entries(installation.database, cast.alice, hours_ago=hours_ago)
        assert seal(installation.database, hours_ago=hours_ago - 1.2) == 1


def _id_of(moment: datetime) -> int:
    milliseconds = int(moment.timestamp() * 1000)
    return (milliseconds << 80) | (0x7 << 76) | (0x8 << 60)
