"""What people see and do: what would go is what goes, holds, and what the command line and the operator have of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from lib import clock
from lib.access.actor import Actor, command_line
from lib.cli.commands import app
from lib.db.session import identity_session
from lib.errors import InvalidInput, NotFound
from lib.health.service import list_removals
from lib.models.retention import RetentionKind
from lib.organizations.operator import CommandLine
from lib.retention import queries, service
from lib.retention.operator import read_retention
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import seal, write_entries
from tests.made_retention import make_hold, removals, remove_all, set_retention, settle_retention, write_runs
from tests.made_usage import make_calls
from tests.operated import cast, olga, together
from tests.records import rows, signature, trail

__all__ = ["cast", "olga", "together"]


@pytest.fixture
def filled(installation: Installation, cast: Cast) -> None:
    """Something old of each kind, and something that is not."""
    database, now = installation.database, clock.now()
    held, free = (make_project(database, cast.alice, name=name) for name in ("Held", "Free"))
    make_hold(database, cast.alice, project_id=held)
    old = {"completed_at": now - timedelta(days=90)}
    parent = uuid4()
    runs = [{**old, "id": parent, "project_id": free}, {"parent_run_id": parent, "project_id": free}]
    runs += [{**old, "project_id": free} for _ in range(12)] + [{**old, "project_id": held}]
    write_runs(database, cast.alice, runs)
    make_calls(
        database,
        cast.organization_a,
        [{"created_at": now - timedelta(days=90), "project_id": each} for each in (held, free, None)]
        + [{"created_at": now}],
    )
    write_entries(database, cast.alice, count=4, hours_ago=80 * 24)
    assert seal(database, hours_ago=70 * 24) == 1


_DAYS = {"retention.run_days": 60, "retention.usage_days": 60, "retention.audit_days": 60}


def test_what_would_go_is_shown_with_examples_and_with_what_stays(cast: Cast, filled: None) -> None:
    assert service.preview_retention(cast.alice) == [], "nothing is set"
    runs, usage, audit = service.preview_retention(cast.alice, _DAYS)
    assert (runs.kind, runs.count, runs.held, runs.retried, len(runs.runs)) == (RetentionKind.RUNS, 12, 1, 1, 10)
    assert (usage.kind, usage.count, usage.held) == (RetentionKind.USAGE, 2, 1)
    assert (audit.kind, audit.count, audit.seals, audit.held) == (RetentionKind.AUDIT, 0, 0, 4), "a hold is open"
    assert runs.oldest is not None
    assert runs.oldest < runs.before < clock.now() - timedelta(days=60)


def test_nothing_is_changed_by_looking_and_what_was_shown_goes(
    installation: Installation, cast: Cast, filled: None
) -> None:
    before = rows(installation, "SELECT count(*) AS n FROM orchestration_runs")
    service.release_hold(cast.alice, service.list_holds(cast.alice)[0].id)
    runs, usage, audit = service.preview_retention(cast.alice, _DAYS)
    assert (audit.count, audit.seals, audit.ranges[0].number, audit.ranges[0].entries) == (4, 1, 1, 4)
    assert rows(installation, "SELECT count(*) AS n FROM orchestration_runs") == before
    set_retention(installation.database, cast.organization_a, run_days=60, usage_days=60, audit_days=60)
    assert service.preview_retention(cast.alice) == [runs, usage, audit]
    remove_all(installation.database)
    counts = {each.kind: each.counts for each in service.list_removals(cast.alice)}
    assert counts[RetentionKind.RUNS] == {"runs": runs.count, "phases": runs.count}
    assert counts[RetentionKind.USAGE] == {"calls": usage.count}
    assert counts[RetentionKind.AUDIT] == {"entries": audit.count}
    assert [each.count for each in service.preview_retention(cast.alice)] == [0, 0, 0]


def test_batches_of_a_removal_are_told_as_one(installation: Installation, cast: Cast, olga: Actor) -> None:
    for days in (90, 85, 80):
        write_entries(installation.database, cast.alice, count=4, hours_ago=days * 24)
        seal(installation.database, hours_ago=(days - 1) * 24)
    set_retention(installation.database, cast.organization_a, audit_days=82)
    remove_all(installation.database)
    set_retention(installation.database, cast.organization_a, audit_days=70)
    remove_all(installation.database)
    assert len(removals(installation)) == 3
    assert [each.counts for each in service.list_removals(cast.alice)] == [{"entries": 4}, {"entries": 8}]
    assert [each.counts for each in list_removals(olga)] == [{"entries": 12}], "of one day"


def test_days_have_to_be_days(cast: Cast) -> None:
    for days in (0, -3, "seven"):
        with pytest.raises(InvalidInput, match="a whole number of days"):
            service.preview_retention(cast.alice, {"retention.run_days": days})


@pytest.mark.parametrize(
    ("seen", "entered", "shortened"),
    [
        (None, 30, True),
        (60, 30, True),
        (30, 30, False),
        (30, 60, False),
        (30, None, False),
        (None, None, False),
    ],
)
def test_shorter_is_what_lets_more_go(seen: int | None, entered: int | None, shortened: bool) -> None:
    setting = "retention.usage_days"
    found = service.find_shortened({setting: entered}, seen={setting: seen})
    assert list(found) == ([RetentionKind.USAGE] if shortened else [])


def test_hold_is_placed_and_released_and_the_trail_says_who(installation: Installation, cast: Cast) -> None:
    project_id = make_project(installation.database, cast.max, name="Hinges")
    hold_id = service.place_hold(cast.alice, project_id, reason="  A  lawsuit ")
    (hold,) = service.list_holds(cast.alice)
    assert (hold.id, hold.project, hold.reason, hold.placed_by) == (hold_id, "Hinges", "A lawsuit", "Alice")
    service.place_hold(cast.alice, None, reason="An inquiry")
    service.release_hold(cast.alice, hold_id)
    whole, released = service.list_holds(cast.alice)
    assert (whole.project_id, whole.released_at) == (None, None)
    assert (released.id, released.released_by) == (hold_id, "Alice")
    for action in ("legal_holds.create", "legal_holds.update"):
        (entry,) = trail(installation, action, hold_id)
        assert signature(cast.alice).items() <= entry.items()
    with pytest.raises(NotFound):
        service.release_hold(cast.alice, hold_id)


def test_hold_needs_a_reason_and_a_project_that_is_there(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="Reason"):
        service.place_hold(cast.alice, None, reason=" ")
    with pytest.raises(NotFound):
        service.place_hold(cast.alice, uuid4(), reason="A lawsuit")


def test_operator_sees_what_is_set_and_done(installation: Installation, cast: Cast, olga: Actor, filled: None) -> None:
    set_retention(installation.database, cast.organization_a, run_days=60)
    remove_all(installation.database)
    for operator in (olga, CommandLine()):
        states = {each.id: each for each in read_retention(operator)}
        acme = states[cast.organization_a]
        assert (acme.holds, [each.days for each in acme.kinds]) == (1, [60, None, None])
        assert acme.kinds[0].counts == {"runs": 12, "phases": 12}
        assert acme.kinds[0].ended_at is not None
        assert states[cast.organization_b].holds == 0


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["retention", *arguments])
    assert result.exit_code == 0, result.output
    return result.output


def test_command_line_says_what_would_go_and_does_it(installation: Installation, cast: Cast, filled: None) -> None:
    assert "acme: everything is kept for ever." in run("--organization", "acme", "--dry-run")
    set_retention(installation.database, cast.organization_a, run_days=60, usage_days=60, audit_days=60)
    said = run("--dry-run")
    assert "acme: 12 runs from before" in said
    assert "kept by a legal hold: 1" in said
    assert "kept because a retry of theirs stays: 1" in said
    assert "borealis: everything is kept for ever." in said
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 15
    assert "acme: removed 24 rows" in run("--organization", "acme")
    assert len(rows(installation, "SELECT 1 FROM orchestration_runs")) == 3
    (entry,) = rows(
        installation,
        "SELECT user_id, user_agent FROM audit_logs "
        "WHERE action = 'retention.remove' AND new_values ->> 'kind' = 'runs'",
    )
    assert entry == {"user_id": None, "user_agent": "orchestrator retention"}
    assert "acme: 0 runs" in run("--organization", "acme"), "and may be done again"


def test_command_line_waits_as_workers_do_unless_it_is_told_not_to(
    installation: Installation, cast: Cast, filled: None
) -> None:
    count = "SELECT 1 FROM orchestration_runs"
    settle_retention(installation.database, cast.organization_a, run_days=60)
    assert "waits until" in run("--dry-run")
    assert "removed" not in run()
    with identity_session(command_line("retention")) as session:
        gone = queries.remove_now(session, cast.organization_a, "runs", most=10, without_waiting=False)
    assert gone == 0, "somebody shortened it after it was looked at"
    assert len(rows(installation, count)) == 15
    assert "acme: removed 24 rows" in run("--without-waiting")
    assert len(rows(installation, count)) == 3
    assert "waits" not in run("--dry-run"), "there is nothing left to wait for"
