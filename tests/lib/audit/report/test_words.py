"""What was done, as a compliance report tells it: in words, with names, without ids and JSON."""

import re
from datetime import timedelta
from typing import Any

import pytest

from lib import clock
from lib.audit.report.lines import Trail, list_holds
from lib.audit.report.words import say_changes
from lib.db.session import identity_session
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_archives import make_archive_row
from tests.made_audit import write_entries
from tests.made_retention import make_hold, release_hold
from tests.read_report import pro, read, read_by_command

__all__ = ["pro"]


@pytest.mark.usefixtures("pro")
def test_holds_say_which_also_where_they_were_placed_before(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice, name="Hinges")
    holds = [
        make_hold(database, cast.alice, project_id=project_id, reason="Smith against Acme"),
        make_hold(database, cast.alice, reason="An inquiry"),
    ]
    for hold_id in holds:
        release_hold(database, cast.alice, hold_id)
    with doors.admin(database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE audit_logs SET created_at = now() - interval '90 days' WHERE action = 'legal_holds.create'"
        )
    which = ["Hinges: Smith against Acme", "The whole organization: An inquiry"]
    for page in (read(cast.alice), read_by_command(cast)):
        told = [(each["Who"], each["Did"], each["Which"]) for each in page.rows("Legal holds")]
        assert told == [("Alice", "released a legal hold", each) for each in which]


@pytest.mark.usefixtures("pro")
def test_events_are_told_without_ids_microseconds_and_json(installation: Installation, cast: Cast) -> None:
    database = installation.database
    project_id = make_project(database, cast.alice, name="Hinges")
    archive = make_archive_row(database, cast.alice, project_id=project_id, project_name="Hinges", bytes=12_345_678)
    with doors.admin(database) as connection:
        connection.execute("UPDATE archives SET status = 'removing' WHERE id = %s", [archive])
    write_entries(
        database,
        cast.mona,
        action="audit.export",
        new_values={
            "format": "csv",
            "rows": 3,
            "filters": {"by": str(cast.max.user_id), "from": "2026-07-01 00:00:00+00:00", "search": "2026-99-99 00:00"},
        },
    )
    about = {"resource_type": "retention", "user_id": None}
    said = {"kind": "audit", "before": "2026-10-31T00:00:00+00:00", "entries": 9, "first_seal": 1, "last_seal": 3}
    write_entries(database, cast.alice, action="retention.remove", new_values=said, **about)
    said = {"project_id": str(project_id), "sha256": "0" * 64, "bytes": 12_345_678, "runs": 4}
    about = {"resource_type": "archives", "resource_id": archive}
    write_entries(database, cast.mona, action="archives.export", new_values=said, **about)
    page = read(cast.alice)
    removed, asked, deleted = page.rows("Removals and archives")
    assert (asked["Of"], asked["Did"]) == ("Hinges", "asked for the runs to be moved to an archive")
    assert asked["What"] == "Bytes: 12,345,678"
    assert (deleted["Of"], deleted["Did"], deleted["What"]) == ("Hinges", "asked for the archive to be deleted", "")
    assert (removed["Of"], removed["What"]) == (
        "Audit trail",
        "9 entries of the audit trail, under seals 1 to 3, from before 31 Oct 2026, 00:00 UTC",
    )
    export, taken = sorted(page.rows("Exports"), key=lambda each: each["Did"])
    assert taken["With"] == "Project: Hinges; Runs: 4; Bytes: 12,345,678"
    assert export["With"] == "By: Max; From: 1 Jul 2026, 00:00; Search: 2026-99-99 00:00"
    for heading in ("Removals and archives", "Legal holds", "Exports"):
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|\d\d\.\d{6}|[{}]", str([*map(dict.values, page.rows(heading))]))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"status": "made"}, {"status": "removed"}, "Status: made → removed"),
        ({"failure": "No room"}, {}, "Failure: No room → not set"),
        ({}, {"settings": {"is_cut": True}}, "Settings: Is cut: yes"),
        ({}, {"at": "2026-13-13T00:00:00+00:00"}, "At: 2026-13-13T00:00:00+00:00"),
        ({}, {"at": "2026-11-29T00:00:00.123456+00:00"}, "At: 29 Nov 2026, 01:00"),
        ({"a": 1}, {"a": 1}, ""),
    ],
)
def test_what_differs_is_told_as_before_and_after(old: dict[str, Any], new: dict[str, Any], said: str) -> None:
    assert say_changes(old, new, names={}, zone="Europe/Berlin") == said


@pytest.mark.usefixtures("pro")
def test_actions_that_begin_alike_are_told_but_exports(installation: Installation, cast: Cast) -> None:
    for action in ("legal_holds.create", "legal_holds.export"):
        write_entries(installation.database, cast.alice, action=action, new_values={"reason": "Case 7"})
    with identity_session() as session:
        trail = Trail(
            session=session,
            organization_id=cast.organization_a,
            since=clock.now() - timedelta(days=1),
            before=clock.now(),
            names={},
            zone="UTC",
        )
        counted = {"legal_holds.create": 1, "legal_holds.export": 1}
        assert [each.what for each in list_holds(trail, counted)] == ["Case 7"]
