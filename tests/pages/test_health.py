"""The operator's page of the installation's health."""

from streamlit.testing.v1 import AppTest

from lib.access.actor import Actor
from lib.runs.queries import RunFilter
from lib.runs.service import list_runs
from lib.ui.navigation import OPERATIONS
from tests import doors
from tests.cast import Cast
from tests.conftest import Installation
from tests.factories import make_project
from tests.made_retention import make_hold, set_retention
from tests.made_runs import make_run
from tests.operated import cast, olga, together
from tests.pages.conftest import OpenAs
from tests.pages.reading import headings, press, shown, table

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


def test_looking_again_reads_again(open_as: OpenAs, installation: Installation, cast: Cast, olga: Actor) -> None:
    at = open_as(olga, OPERATIONS)
    make_run(installation.database, cast.max, project_id=make_project(installation.database, cast.max))
    assert metric(press(at, "Look again"), "In the queue") == "1"


def test_admin_who_is_no_operator_is_told_so(open_as: OpenAs, cast: Cast) -> None:
    assert "This page is not open to you" in headings(open_as(cast.alice, OPERATIONS))


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
