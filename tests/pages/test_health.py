"""The operator's page of the installation's health."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lib import clock
from lib.access.actor import Actor
from lib.config import ROOT, get_settings
from lib.health.service import list_statements, read_growth
from lib.runs.queries import RunFilter
from lib.runs.service import list_runs
from lib.ui import words
from lib.ui.navigation import OPERATIONS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_audit import write_entries
from tests.made_backups import put_backup
from tests.made_retention import make_hold, set_retention
from tests.made_runs import make_run
from tests.operated import cast, olga, together
from tests.pages.conftest import OpenAs
from tests.pages.reading import facts, headings, press, shown, table
from tests.pages.used import figure
from tests.records import rows

__all__ = ["cast", "olga", "together"]


def metric(at: AppTest, label: str) -> str:
    (one,) = (each for each in at.metric if each.label == label)
    return str(one.value)


def test_operator_sees_what_waits_and_nothing_of_what_it_is(
    open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor
) -> None:
    project_id = make_project(installation.database, cast.charlie, name="Zeppelin")
    make_run(installation.database, cast.charlie, project_id=project_id, title="Zeppelin survey")
    at = open_as(olga, OPERATIONS)
    assert metric(at, "In the queue") == "1"
    assert metric(at, "Workers") == "0"
    assert "nothing is overdue" in shown(at)
    assert table(at, "Kind")[:2] == ["Runs going on", "Runs in the queue"]
    assert "Pages" in table(at, "Who")
    assert "Zeppelin" not in shown(at)


def test_statement_opens_with_its_plan(open_as: OpenAs, cast: Cast, olga: Actor) -> None:
    for _ in range(200):
        list_runs(cast.alice, RunFilter(search="A word that nobody finds"))
    at = open_as(olga, OPERATIONS)
    (way_in,) = (one for one in at.selectbox if one.label == "Open one of: Statements")
    number = next(row for row, said in enumerate(table(at, "Statement")) if "orchestration_runs" in said)
    way_in.set_value(number).run()
    assert not at.exception
    said = "\n".join(code.value for code in at.code)
    assert "orchestration_runs" in said
    assert "Scan" in said, "its plan"
    assert "nobody finds" not in said
    assert facts(at)["In /metrics"] in {each.key for each in list_statements(olga)}, "as Prometheus has it"


def test_statement_that_calls_a_function_of_ours_says_where_its_text_is(
    open_as: OpenAs, cast: Cast, olga: Actor
) -> None:
    while not any("api.read_" in each.statement for each in list_statements(olga)[:10]):  # under load others take long
        read_growth(olga)
    at = open_as(olga, OPERATIONS)
    (way_in,) = (one for one in at.selectbox if one.label == "Open one of: Statements")
    number = next(row for row, said in enumerate(table(at, "Statement")) if "api.read_" in said)
    way_in.set_value(number).run()
    assert not at.exception
    (name,) = set(re.findall(r"All of it happens within api\.(\w+),", shown(at)))
    assert (ROOT / f"migrations/sql/api_{name}.sql").is_file()
    assert {"Pages", "Sign-in"} <= set(table(at, "By"))


def test_storage_is_shown_as_tables_indexes_and_what_nobody_reads(open_as: OpenAs, cast: Cast, olga: Actor) -> None:
    at = open_as(olga, OPERATIONS)
    assert "orchestration_runs" in table(at, "Table")
    for what in ("Indexes", "Unused indexes"):
        (switch,) = (one for one in at.segmented_control if one.label == "What")
        at = switch.set_value(what).run()
        assert not at.exception
        assert any(name.startswith("idx_") for name in table(at, "Index"))
    assert set(table(at, "Holds a rule")) == {"no"}
    assert set(table(at, "Read")) == {"0"}


def test_size_of_the_database_is_the_same_wherever_it_stands(
    open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor
) -> None:
    at = open_as(olga, OPERATIONS)
    whole, said = metric(at, "Database").replace("\\", ""), shown(at).replace("\\", "")
    assert f"{whole} now" in said, "as Growth has it"
    (found,) = rows(
        installation,
        "SELECT pg_database_size(current_database()) AS whole, sum(pg_total_relation_size(relid))::bigint AS tables "
        "FROM pg_stat_user_tables WHERE schemaname = 'public'",
    )
    assert float(whole.removesuffix(" MB")) * 1e6 == pytest.approx(found["whole"], rel=0.02)
    assert f"{words.size(found['tables'])} in " in said, "Storage says what it counts"


def test_looking_again_reads_again(open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor) -> None:
    at = open_as(olga, OPERATIONS)
    make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    assert metric(press(at, "Look again"), "In the queue") == "1"


def test_admin_who_is_no_operator_is_told_so(open_as: OpenAs, cast: Cast) -> None:
    assert "This page is not open to you" in headings(open_as(cast.alice, OPERATIONS))


def test_growth_begins_with_the_second_day_and_says_its_pace(
    open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor
) -> None:
    assert "from the second day on growth stands here" in shown(open_as(olga, OPERATIONS))
    today = clock.now().date()
    with doors.admin(installation.database) as connection:
        for days, size in ((0, 450_000_000), (7, 330_000_000), (30, 100_000_000)):
            for name, part in (("", 1), ("audit_logs", 2)):
                connection.execute(
                    "INSERT INTO size_samples (taken_on, name, bytes, live_rows) VALUES (%s, %s, %s, %s)",
                    [today - timedelta(days=days), name, size // part, size // 1_000],
                )
    at = open_as(olga, OPERATIONS)
    assert "It grows by 81.7 MB a week." in shown(at)
    assert figure(at, "health-growth")["data"][0]["y"] == [100, 330, 450], "MB"
    assert table(at, "In a week") == ["+60.0 MB"]
    assert table(at, "In a month") == ["+175 MB"]
    assert table(at, "Rows in a week") == ["+120,000"]


def test_missing_and_late_backups_are_warned_of(
    open_as: OpenAs, cast: Cast, olga: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_BACKUP_DIR", str(tmp_path))
    get_settings.cache_clear()
    assert "No backup was ever made" in shown(open_as(olga, OPERATIONS))
    put_backup(tmp_path, hours_ago=72)
    assert "The last backup is older than two days." in shown(open_as(olga, OPERATIONS))
    put_backup(tmp_path, hours_ago=1)
    at = open_as(olga, OPERATIONS)
    assert "older than two days" not in shown(at)
    assert table(at, "Took") == ["4.2 s", "4.2 s"]
    assert table(at, "Verified") == ["never", "never"]
    assert table(at, "At the next daily one") == ["stays", "stays"]


def test_removals_are_told_in_numbers(open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor) -> None:
    assert "Nothing in the last 30 days" in shown(open_as(olga, OPERATIONS))
    write_entries(
        installation.database,
        cast.charlie,
        action="retention.remove",
        new_values={"kind": "runs", "runs": 1200, "title": "Zeppelin"},
        user_id=None,
    )
    at = open_as(olga, OPERATIONS)
    assert table(at, "Organization") == ["Borealis"]
    assert table(at, "Of") == ["Runs"]
    assert "1,200 rows in 30 days" in shown(at)
    assert "Zeppelin" not in shown(at)


def test_retention_says_at_which_seal_a_removal_has_stopped(
    open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor
) -> None:
    set_retention(installation.database, cast.organization_a, audit_days=60)
    with doors.admin(installation.database) as connection:
        connection.execute("UPDATE retention_progress SET broken_seal = 1003 WHERE kind = 'audit'")
    said = shown(open_as(olga, OPERATIONS))
    assert "1 could not be done" in said
    assert "Audit trail of Acme Research: Seal 1,003 does not hold: nothing from there on is removed" in said


def test_retention_says_what_is_kept_held_and_could_not_be_removed(
    open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor
) -> None:
    at = open_as(olga, OPERATIONS)
    assert "Every organization keeps everything for ever." in shown(at)
    set_retention(installation.database, cast.organization_a, run_days=60)
    make_hold(installation.database, cast.charlie, reason="Zeppelin")
    with doors.admin(installation.database) as connection:
        connection.execute(
            "UPDATE retention_progress SET failed_at = now(), failure = 'a disk is sick' WHERE organization_id = %s",
            [cast.organization_a],
        )
    at = open_as(olga, OPERATIONS)
    assert table(at, "Organization") == ["Acme Research", "Borealis"], "what failed comes first"
    assert table(at, "Runs") == ["60 days", "for ever"]
    assert table(at, "Legal holds") == ["0", "1"]
    said = shown(at)
    assert "1 could not be done" in said
    assert "Runs of Acme Research could not be removed, just now: a disk is sick. It is tried again" in said
    assert "Zeppelin" not in said
